import { lastAnnounced, lastBoxed, lastLine, withoutMarks } from './final-answer.ts';
import { unitBeside } from './unit.ts';

/** Digits of a number that is not whole: rounding differs from model to model beyond them. */
const significantDigits = 6;
const expressionCharsMax = 120;

/** What an answer says in numbers, and in what unit, where it names one that is told apart from others. */
export interface NumberSaid {
  key: string;
  unit?: string | undefined;
}

/**
 * The number an answer ends with, in one spelling: «1,234.50», «$1234.5» and «1234.5 dollars» are one; «1/2» is 0.5, «50 %» is 50. Where the final answer
 * is an expression («2\sqrt{3}»), its text without blanks and dressing.
 */
export function numberSaid(answer: string): NumberSaid | undefined {
  const text = plainNumbers(answer);
  const boxed = lastBoxed(text);
  if (boxed !== undefined) return valueKey(boxed);
  const announced = lastAnnounced(text);
  const said = announced === undefined ? undefined : firstSentence(announced);
  const value = said === undefined ? undefined : (valueKey(said) ?? firstNumber(said));
  if (value !== undefined) return value;
  // «no solution» is an answer; a number before it is none.
  if (said !== undefined && !/\d/.test(said)) return expression(said);
  const line = lastLine(text);
  if (text === line && (isExpression(line) || several(line) !== undefined)) return valueKey(line);
  return (
    namedValues(line) ?? numberIn(afterEquals(line)) ?? lastBold(text) ?? lastNumber(line) ?? lastNumber(text)
  );
}

/** Dashes, powers and words of size in one spelling: else «–5» would be 5, «10⁶» would be 10, and «5 million» and «5万» would be 5. */
function plainNumbers(text: string): string {
  return text
    .replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, (power) => `^${[...power].map((digit) => powers.indexOf(digit)).join('')}`)
    .replace(/(?<!\d\s?|\p{L})[–—﹣－−](?=\s?\d)/gu, '-')
    .replace(/(?<![\p{L}\d])(?:minus|negative) (?=\d)|负(?=\d)/giu, '-')
    .replace(sized, (whole, digits: string, word?: string, letter?: string, sign?: string) => {
      const value = Number(digits.replaceAll(',', '')) * sizes[(word ?? letter ?? sign)!.toLowerCase()]!;
      return Number.isSafeInteger(value) ? String(value) : whole;
    });
}

const powers = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const sizes: { [word: string]: number } = {
  dozen: 12,
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  trillion: 1e12,
  k: 1e3,
  m: 1e6,
  b: 1e9,
  千: 1e3,
  万: 1e4,
  亿: 1e8,
  億: 1e8,
  천: 1e3,
  만: 1e4,
  억: 1e8,
};
const sized =
  /(?<![\d.,])(\d[\d,]{0,20}(?:\.\d{1,10})?)(?:\s?(dozen|thousand|million|billion|trillion)s?\b|(?-i:([KMB]))\b|\s?(千(?![克米瓦卡升])|万|亿|億|천|만|억))(?![万亿億만억]|\s?\d)/gi;

/** What stands for a value as a whole: a number, several where several are right, or an expression. */
function valueKey(raw: string): NumberSaid | undefined {
  const last = afterEquals(raw);
  // A pair in brackets has an order: a point, an interval.
  const isPair = /^\W{0,4}[([].*,.*[)\]]/.test(raw.trim());
  return (
    namedValues(raw) ??
    (isPair ? expression(raw) : several(raw)) ??
    numberIn(last) ??
    (isExpression(last) ? expression(last) : undefined)
  );
}

/** «x = 5, y = 3»: which is which is part of the answer. */
function namedValues(raw: string): NumberSaid | undefined {
  if (raw.length > numberCharsMax) return undefined;
  const values = new Map<string, string>();
  for (const [, name, value] of raw.matchAll(/(?<![\w\\])([a-zA-Z]\w{0,2})\s?=\s?([^=,;\s]+)/g)) {
    values.set(name!, bareNumber(value!) ?? value!);
  }
  if (values.size < 2) return undefined;
  const key = [...values]
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(',');
  return { key: `=${key}` };
}

/** «x = 3 or x = -1» */
function several(raw: string): NumberSaid | undefined {
  if (raw.length > numberCharsMax) return undefined;
  const parts = raw.split(/,\s|\bor\b|\band\b|或|和|または|또는|\\text\{ ?(?:or|and) ?\}/);
  const values = parts.map((part) => bareNumber(afterEquals(part)));
  return parts.length < 2 || values.includes(undefined) ? undefined : { key: `=${values.sort().join(',')}` };
}

/** One term without words beside it, with an operator, a function or a letter in it. */
function isExpression(raw: string): boolean {
  const text = withoutMarks(raw.trim())
    .replace(/[.。]$/, '')
    .replace(/\\[a-z]+/gi, '#');
  if (
    text.length > expressionCharsMax ||
    /[A-Za-z]{2,}[\s,]+[A-Za-z]{2,}|[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}]/u.test(text)
  )
    return false;
  return (
    /[#^*/+(){}[\]√π∞]|\d[a-z]|^[a-z]$|-[a-z(]|[a-z]-\d/i.test(text) && !/\s[a-z]{2,}(?:\s|$)/i.test(text)
  );
}

const number = '[-+−]?\\s?(?:\\d{1,3}(?:,\\d{3})+|\\d+)(?:\\.\\d+)?|[-+−]?\\.\\d+';
const numbers = new RegExp(`(?<![\\d.])(?:${number})`, 'g');
const pureNumber = new RegExp(
  `^(${number})(?:\\s?[eE]([-+]?\\d{1,3})|\\s?(?:×|\\\\times|x)\\s?10\\^\\{?([-+]?\\d{1,3})\\}?)?$`,
);
const fraction = /^([-+−]?)\s?(\d+(?:\.\d+)?)\s?\/\s?(\d+(?:\.\d+)?)$/;
const texFraction = /\\[dt]?frac\s?\{?([\d.]+)\}?\s?\{?([\d.]+)\}?/g;
const mixed = /^([-+−]?\d+) (\d+)\/(\d+)$/;
const currency = /^(?:[A-Z]{2,3} ?)?[$€£¥￥₩]|[€£¥￥₩]$/g;
/** Up to six words or counters after a number. Words need blanks between them: repeated groups that can touch take exponential time. */
const unit =
  /(?:(?:\s?[a-zA-Z°µ][a-zA-Z°²³./-]*(?:\^\{?[23]\}?)?)(?:\s[a-zA-Z][a-zA-Z°²³./-]*(?:\^\{?[23]\}?)?){0,5}|\s?(?:%|％|퍼센트|元|块|个|個|円|人|天|日|小时|分钟|分|秒|米|公里|公斤|千克|岁|本|次|件|평|원|개|명|시간|마리|살|번|枚|匹|台|歳|時間|つ))$/;
/** A letter that stands at a number as a factor, not as its unit. */
const variable = /\d(?:[abceiknpqrtuxyz]|pi|sqrt|sin|cos|log|ln)(?![a-z\d])/;
const numberCharsMax = 200;

/** The number that a text is, with its unit; undefined where it is more than that. */
function numberIn(raw: string): NumberSaid | undefined {
  const key = bareNumber(raw);
  if (key === undefined) return undefined;
  const found = written.exec(raw);
  return found === null ? { key } : withUnit(key, raw, found.index, found[0]);
}

/** A value as a number, a fraction or a mixed number, or with an exponent. */
const written = /\d[\d.,]*(?:\s?\/\s?\d+|\s\d+\/\d+|[eE][-+]?\d+)?/;
/** Nothing further from a number is its unit. */
const besideMax = 40;

function withUnit(key: string, text: string, at: number, found: string): NumberSaid {
  const end = at + found.length;
  return {
    key,
    unit: unitBeside(text.slice(Math.max(0, at - besideMax), at), text.slice(end, end + besideMax)),
  };
}

/** Units and currency aside. */
function bareNumber(raw: string): string | undefined {
  if (raw.length > numberCharsMax) return undefined;
  let text = withoutMarks(
    raw
      .replaceAll('\\$', '$')
      .replaceAll('\\%', '%')
      .replace(/\\[,;! ]|\{,\}/g, ''),
  )
    .replace(/^[$\\(]+(?=[\d-])|[.。!！?？,，;；\s)$]+$/g, '')
    .replace(texFraction, '$1/$2')
    .replace(/^[a-zA-Z]\w{0,2}\s?=\s?/, '')
    .trim();
  text = text.replace(currency, '').trim();
  if (variable.test(text)) return undefined;
  const value = readNumber(text) ?? readNumber(text.replace(unit, '').replace(currency, '').trim());
  return value === undefined ? undefined : spelled(value);
}

function readNumber(text: string): number | string | undefined {
  const plain = pureNumber.exec(text);
  if (plain !== null) {
    const digits = plain[1]!.replace(/[\s,+]/g, '').replace('−', '-');
    const exponent = plain[2] ?? plain[3];
    if (exponent !== undefined) return Number(`${digits}e${exponent}`);
    // Beyond what a JavaScript number holds, the digits themselves are the value.
    return /^-?\d{16,}$/.test(digits) ? digits.replace(/^(-?)0+(?=\d)/, '$1') : Number(digits);
  }
  const parts = fraction.exec(text);
  if (parts !== null) {
    return ((parts[1] === '-' || parts[1] === '−' ? -1 : 1) * Number(parts[2])) / Number(parts[3]);
  }
  const whole = mixed.exec(text);
  if (whole === null) return undefined;
  const integer = Number(whole[1]!.replace('−', '-'));
  const rest = Number(whole[2]) / Number(whole[3]);
  return integer < 0 ? integer - rest : integer + rest;
}

function spelled(value: number | string): string | undefined {
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) return undefined;
  if (Number.isInteger(value)) return String(value === 0 ? 0 : value);
  // Of a large number all whole digits count.
  return Math.abs(value) >= 10 ** significantDigits
    ? String(Math.round(value))
    : String(Number(value.toPrecision(significantDigits)));
}

function firstNumber(text: string): NumberSaid | undefined {
  // A fraction is one number, not two.
  const whole = /[-−]?\d+(?:\.\d+)?\s?\/\s?\d+/.exec(text.replace(texFraction, '$1/$2'));
  const [found] = text.matchAll(numbers);
  const first = found?.[0];
  if (found !== undefined && isQualified(text, found.index)) return undefined;
  const [together] = text.matchAll(compound);
  if (together !== undefined && together.index <= found!.index + 1)
    return expression(together[0].replace(/[.,]$/, ''));
  if (whole !== null && first !== undefined && whole[0].startsWith(first)) return numberIn(whole[0]);
  return found === undefined ? undefined : foundNumber(text, found);
}

function foundNumber(text: string, { 0: found, index }: RegExpExecArray): NumberSaid | undefined {
  const key = bareNumber(found);
  return key === undefined ? undefined : withUnit(key, text, index, found);
}

function lastNumber(text: string): NumberSaid | undefined {
  const found = [...text.matchAll(numbers)].at(-1);
  if (found === undefined || isQualified(text, found.index)) return undefined;
  const together = [...text.matchAll(compound)].at(-1);
  const ends = found.index + found[0].length;
  if (together !== undefined && together.index + together[0].length >= ends)
    return expression(together[0].replace(/[.,]$/, ''));
  return foundNumber(text, found);
}

/** «12:30», «3-5», «between 3 and 5», «5 hours 30 minutes»: several numbers that are one value, of which no part says the same. */
const compound =
  /(?<![\d.,])\d[\d,.]{0,20}(?:\s?(?:[:：~～〜至到×-]|to|and|or|から|(?:years?|months?|weeks?|days?|hours?|hrs?|h|minutes?|mins?|m|feet|foot|ft|pounds?|lbs?|degrees?)(?:,| and|, and)?|(?:小时|时|点|分钟|分|天|日|月|年|時間|度|元|块|角|米|万|亿|千|億|시간|분|시|만|억|천)(?:又|零)?)\s?\d[\d,.]{0,20})+|(?<![\d.,])\d{1,3}(?:\.\d{3})*,\d{1,2}(?!\d)|(?<![\d.,])\d{1,3}(?: \d{3})+(?!\d)/gi;

/** «more than 5», «not 5»: the number alone is not what is said. */
const isQualified = (text: string, at: number) =>
  /(?:\b(?:not|than|least|most|over|under|above|below|up to)|[<>≤≥]|\\[gl]e?q?|不是|至少|至多|超过|不到|大于|小于|以上|以下)[\s$*]{0,3}$/i.test(
    text.slice(Math.max(0, at - 20), at),
  );

/** «… so she pays **$18**.» */
function lastBold(text: string): NumberSaid | undefined {
  const bold = [...text.matchAll(/\*\*([^*\n]{1,60})\*\*/g)].at(-1)?.[1];
  return bold === undefined ? undefined : numberIn(afterEquals(bold));
}

const afterEquals = (text: string) => text.slice(text.lastIndexOf('=') + 1).trim();

/** A full stop that ends a sentence, not one within a number. */
const firstSentence = (text: string) => text.split(/(?<=[^\d])\.\s|\.$|。/, 1)[0]!;

/** An expression is compared as written, apart from dressing that changes nothing. */
function expression(raw: string): NumberSaid | undefined {
  const text = withoutMarks(raw.replaceAll('\\$', ''))
    .replace(/\\(?:left|right|,|;|!|quad|displaystyle)/g, '')
    .replace(/\\[dt]frac/g, '\\frac')
    .replace(/\\cdot|\\times|×|·/g, '*')
    .replace(/^[a-zA-Z]\s?=/, '')
    .replace(/[\s$]+|\.(?!\d)/g, '')
    .toLowerCase();
  return text === '' || text.length > expressionCharsMax ? undefined : { key: `=${text}` };
}
