import { withoutBlanks } from './code.ts';
import { lastAnnounced, lastBoxed, withoutMarks } from './final-answer.ts';

const shortCharsMax = 200;

/** Words that mean yes or no, true or false, whichever was asked. */
const sameWord: { [word: string]: string } = {
  yes: 'yes',
  no: 'no',
  true: 'true',
  false: 'false',
  是: 'yes',
  是的: 'yes',
  否: 'no',
  不是: 'no',
  はい: 'yes',
  いいえ: 'no',
  네: 'yes',
  예: 'yes',
  아니요: 'no',
  아니오: 'no',
};

/**
 * A short answer without case, marks, articles and blanks at its ends. A longer one counts by what it announces as its answer, and has no key where it
 * announces nothing.
 */
export function shortTextKey(text: string): string | undefined {
  const announced = lastBoxed(text) ?? lastAnnounced(text);
  if (announced !== undefined) return normalised(announced);
  const fenced = /^```[^\n]*\n([^\n]+)\n```$/.exec(text.trim())?.[1];
  return normalised(fenced ?? text);
}

function normalised(raw: string): string | undefined {
  const text = withoutMarks(raw)
    .replace(/<\/?[a-z]{1,10}>/gi, '')
    .replace(/^\[[^\]\d]{1,20}\](?=\s*[^\s[\](){},.])/, '')
    .trim();
  if (text.length > shortCharsMax || text.includes('\n')) return undefined;
  if (/^[[({]/.test(text)) return withoutBlanks(text);
  const word = unquoted(text.replace(/(?:[.。,，;；\s]|(?<!\d)[!！])+$/, '').trim())
    .replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, '^$&')
    .normalize('NFKC');
  if (word === '') return undefined;
  const folded = isWording(word) ? word.toLowerCase().replace(/^(?:the|an?) (?=\S)/, '') : word;
  const plain = folded.replace(/\s+/g, ' ');
  if (Object.hasOwn(sameWord, plain)) return sameWord[plain];
  const number = /^-?(?:[1-9]\d{0,2}(?:,\d{3})+|0|[1-9]\d*)(?:\.\d+)?$/.test(plain)
    ? plain.replaceAll(',', '')
    : undefined;
  // Long numbers are names rather than values: they keep their digits.
  return number === undefined || number.length > 15 ? plain : String(Number(number));
}

/** Case says nothing in words as people write them («Paris», «NO»), and everything in a value («aBc1»). */
const isWording = (text: string) =>
  text.split(/[\s-]+/).every((word) => /^(?:\p{Lu}?[^\p{Lu}]*|\p{Lu}+)$/u.test(word)) &&
  !/\d\p{L}|\p{L}\d|_/u.test(text);

const pairs: { [open: string]: string } = {
  '"': '"',
  "'": "'",
  '“': '”',
  '「': '」',
  '『': '』',
  '《': '》',
  '‘': '’',
};

function unquoted(text: string): string {
  const close = pairs[text[0] ?? ''];
  return close !== undefined && text.length > 2 && text.endsWith(close) ? text.slice(1, -1).trim() : text;
}
