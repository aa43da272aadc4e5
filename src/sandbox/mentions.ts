/** Things that a text mentions, found without understanding it: enough to fill a tool's arguments sensibly. */
export interface Mentions {
  /** Names, quoted phrases and listed things, in order of appearance. */
  names: string[];
  numbers: number[];
  dates: string[];
  emails: string[];
  urls: string[];
}

const searchedCharsMax = 2000;
const foundMax = 12;

/** Capitalised words that begin sentences rather than name things. */
const notNames = new Set(
  (
    'I What Whats When Where Which Who Why How Is Are Was Were Do Does Did Can Could Will Would Should Please Tell Give Show Find Get Look ' +
    'Compare Check Search Use Call The A An And Or In On At For To From Of With My Our Your It Its This That These Those Hello Hi Thanks ' +
    'Return Extract Write Translate Summarise Summarize Weather Today Tomorrow Celsius Fahrenheit If Then Now Also Both Make List Generate ' +
    'JSON API SQL HTML CSV XML YAML URL ID Book Forecast Send Create Add Remove Update Delete Explain Describe Calculate Compute'
  ).split(' '),
);

/** Cities and countries that examples use, in scripts that mark no names. */
const knownPlaces = [
  '北京',
  '上海',
  '广州',
  '深圳',
  '杭州',
  '成都',
  '重庆',
  '武汉',
  '西安',
  '南京',
  '香港',
  '台北',
  '东京',
  '東京',
  '大阪',
  '京都',
  '首尔',
  '新加坡',
  '巴黎',
  '伦敦',
  '纽约',
  '柏林',
  '敦煌',
  '서울',
  '부산',
  '도쿄',
  '파리',
  '런던',
  '뉴욕',
  'ロンドン',
  'パリ',
  'ニューヨーク',
  'ソウル',
  '札幌',
  '福岡',
];

export function mentionsOf(text: string): Mentions {
  const sample = text.slice(0, searchedCharsMax);
  return {
    names: namesIn(sample),
    numbers: all(sample, /(?<![\w.])-?\d{1,12}(?:\.\d{1,6})?(?![\w])/g)
      .map(Number)
      .slice(0, foundMax),
    dates: all(sample, /\b\d{4}-\d{2}-\d{2}\b/g).slice(0, foundMax),
    emails: all(sample, /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}/g).slice(
      0,
      foundMax,
    ),
    urls: all(sample, /https?:\/\/[^\s<>"')\]]{1,300}/g).slice(0, foundMax),
  };
}

function namesIn(text: string): string[] {
  const found: { at: number; name: string; opens: boolean }[] = [];
  for (const match of text.matchAll(/["“«「『]([^"”»」』\n]{1,80})["”»」』]/g)) {
    found.push({ at: match.index, name: match[1]!.trim(), opens: false });
  }
  for (const match of text.matchAll(/\p{Lu}[\p{L}\p{N}'’-]{1,30}(?: \p{Lu}[\p{L}\p{N}'’-]{1,30}){0,3}/gu)) {
    const words = match[0].split(' ').filter((word) => !notNames.has(word.replace(/['’]s?$/, '')));
    if (words.length === 0) continue;
    const name = words.join(' ').replace(/['’]s$/, '');
    found.push({ at: match.index, name, opens: opensSentence(text, match.index, match[0]) });
  }
  for (const place of knownPlaces) {
    const at = text.indexOf(place);
    if (at >= 0) found.push({ at, name: place, opens: false });
  }
  found.sort((a, b) => Number(a.opens) - Number(b.opens) || a.at - b.at);
  const certain = found.some(({ opens }) => !opens);
  const kept = found.filter(({ name, opens }) => name !== '' && (!certain || !opens));
  return [...new Set(kept.map(({ name }) => name))].slice(0, foundMax);
}

/** A lone capitalised word at the beginning of a sentence may owe its capital to its place, unless it begins a list. */
function opensSentence(text: string, at: number, phrase: string): boolean {
  if (phrase.includes(' ')) return false;
  const before = text.slice(Math.max(0, at - 3), at).trimEnd();
  const after = text.slice(at + phrase.length, at + phrase.length + 5);
  return (before === '' || /[.!?:\n]$/.test(before)) && !/^(,| and| or| vs)/.test(after);
}

function all(text: string, pattern: RegExp): string[] {
  return [...new Set(text.match(pattern) ?? [])];
}
