/**
 * One pass over the user's ask: counts of scripts, digits, symbols and lines, and the hashed n-grams. Everything else about the
 * text is derived from what this returns, so a long prompt is walked once. Words give uni- and bigrams; CJK scripts, which do
 * not separate words by blanks, give character uni- and bigrams.
 */

/** Buckets of the hashed n-gram table. Part of the artefact format: weights trained on one size mean nothing on another. */
export const bucketsMax = 1 << 14;

/** Longer asks are cut to their head and tail before anything reads them, so that the cost of a decision is bounded. */
const askCharsMax = 8000;

export interface Scan {
  /** Characters read, at most `askCharsMax`, without repeated marks and blanks. */
  chars: number;
  words: number;
  wordChars: number;
  latin: number;
  latinMarked: number;
  otherLetters: number;
  upper: number;
  digits: number;
  numbers: number;
  numbersLong: number;
  han: number;
  kana: number;
  hangul: number;
  spaces: number;
  lines: number;
  linesEmpty: number;
  linesOption: number;
  linesBullet: number;
  linesIndented: number;
  questionMarks: number;
  sentences: number;
  commas: number;
  mathSymbols: number;
  brackets: number;
  quotes: number;
  backslashes: number;
  backticks: number;
  semicolons: number;
  blanksToFill: number;
  currency: number;
  /** Distinct buckets, each as `bucket * 2 + sign bit`. */
  active: Int32Array;
}

const fnvStart = 0x811c9dc5;
const fnvPrime = 0x01000193;

function mix(hash: number): number {
  let h = hash;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The head and the tail of a text: instructions stand at either end, pasted material between. */
export function capped(text: string, charsMax: number = askCharsMax): string {
  if (text.length <= charsMax) return text;
  const half = charsMax >> 1;
  return `${text.slice(0, half)}\n${text.slice(text.length - half)}`;
}

const isCjk = (c: number) =>
  (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0xf900 && c <= 0xfaff);
const isKana = (c: number) => (c >= 0x3040 && c <= 0x30ff) || (c >= 0x31f0 && c <= 0x31ff);
const isHangul = (c: number) => (c >= 0xac00 && c <= 0xd7af) || (c >= 0x1100 && c <= 0x11ff);

/** Letters of scripts that separate words, outside ASCII: Latin with marks, Greek, Cyrillic, Hebrew, Arabic, Indic, Thai. */
function isOtherLetter(c: number): boolean {
  if (c < 0x1e00) return c >= 0xc0 && c !== 0xd7 && c !== 0xf7;
  return c <= 0x1fff || (c >= 0xd800 && c <= 0xdfff);
}

function lowered(c: number): number {
  if ((c >= 0x410 && c <= 0x42f) || (c >= 0x391 && c <= 0x3a9) || (c >= 0xc0 && c <= 0xde)) return c + 32;
  return c;
}

/** Distinct buckets in the order in which they were first seen. */
class Buckets {
  /** One bit per bucket: small enough to be made for every ask. */
  readonly #seen = new Int32Array(bucketsMax >> 5);
  readonly #active: number[] = [];

  add(hash: number): void {
    const h = mix(hash);
    const bucket = h & (bucketsMax - 1);
    const bit = 1 << (bucket & 31);
    const bits = this.#seen[bucket >> 5]!;
    if ((bits & bit) !== 0) return;
    this.#seen[bucket >> 5] = bits | bit;
    this.#active.push((bucket << 1) | (h >>> 31));
  }

  active(): Int32Array {
    return new Int32Array(this.#active);
  }
}

const lower = 1;
const upper = 2;
const digit = 3;
/** What ASCII characters are within a word; 0 for those that end it. */
const kinds = Uint8Array.from({ length: 128 }, (_, c) => {
  if (c >= 97 && c <= 122) return lower;
  if (c >= 65 && c <= 90) return upper;
  return c >= 48 && c <= 57 ? digit : 0;
});

/** Scans `text`, which the caller has already `capped`. */
export function scan(text: string): Scan {
  const counts = nothing();
  const buckets = new Buckets();
  const end = text.length;
  // Local numbers, not fields: this loop is most of what a decision costs.
  let latin = 0;
  let uppers = 0;
  let digits = 0;
  let han = 0;
  let word = fnvStart;
  let wordLength = 0;
  let wordDigits = 0;
  let previousWord = 0;
  let previousCjk = 0;
  let uncounted = 0;
  let lineStart = 0;
  let emptyBefore = end === 0;

  for (let i = 0; i <= end; i++) {
    const c = i < end ? text.charCodeAt(i) : 10;
    let wide = false;
    if (c < 128) {
      const kind = kinds[c]!;
      if (kind !== 0) {
        if (kind === digit) {
          digits += 1;
          wordDigits += 1;
          word = Math.imul(word ^ c, fnvPrime);
        } else {
          latin += 1;
          if (kind === upper) uppers += 1;
          word = Math.imul(word ^ (c | 32), fnvPrime);
        }
        wordLength += 1;
        continue;
      }
      if (c === 95) {
        if (text.charCodeAt(i + 1) === 95) counts.blanksToFill += 1;
        else if (wordLength > 0) {
          word = Math.imul(word ^ c, fnvPrime);
          wordLength += 1;
        }
        continue;
      }
      if (c === 39 && wordLength > 0) continue;
    } else {
      wide = isCjk(c) || isKana(c) || isHangul(c);
      if (!wide) previousCjk = 0;
      if (!wide && !isEmoji(c) && isOtherLetter(c)) {
        if (c < 0x250) counts.latinMarked += 1;
        else counts.otherLetters += 1;
        word = Math.imul(word ^ lowered(c), fnvPrime);
        wordLength += 1;
        continue;
      }
    }

    if (wordLength > 0) {
      counts.words += 1;
      counts.wordChars += wordLength;
      if (wordDigits === wordLength) {
        // The value of a number says little about the prompt, its size something: 7, 42 and 1984 become three tokens.
        counts.numbers += 1;
        if (wordLength >= 3) counts.numbersLong += 1;
        word = fnvStart ^ (0x1000 + Math.min(wordLength, 4));
      }
      buckets.add(word);
      if (previousWord !== 0) buckets.add(Math.imul(previousWord, 0x9e3779b1) ^ word);
      previousWord = word | 1;
      word = fnvStart;
      wordLength = 0;
      wordDigits = 0;
    }
    if (i === end) break;
    if (wide) {
      if (isCjk(c)) han += 1;
      else if (isKana(c)) counts.kana += 1;
      else counts.hangul += 1;
      buckets.add(0x20000 + c);
      if (previousCjk !== 0) buckets.add(Math.imul(previousCjk, 0x9e3779b1) ^ c);
      previousCjk = c;
      previousWord = 0;
    } else if (c === 10) {
      const empty = countLine(counts, text, lineStart, i);
      // Several blank lines part no more than one does.
      if (empty && emptyBefore) uncounted += 1;
      else if (empty) counts.linesEmpty += 1;
      emptyBefore = empty;
      previousCjk = 0;
      counts.lines += 1;
      lineStart = i + 1;
    } else if (isEmoji(c) && i + 1 < end) {
      // Neither words nor marks of anything.
      uncounted += 2;
      i += 1;
    } else {
      if (c !== 32) previousCjk = 0;
      // A run of one mark or of blanks is one: anyone can make it as long as he likes.
      const before = i === 0 ? 0 : text.charCodeAt(i - 1);
      if (c === before || (isBlank(c) && isBlank(before)) || (isEnd(c) && isEnd(before))) uncounted += 1;
      else countMark(counts, c);
    }
  }
  if (end > 0) {
    counts.lines += 1;
    if (countLine(counts, text, lineStart, end)) {
      if (emptyBefore) uncounted += 1;
      else counts.linesEmpty += 1;
    }
  }
  counts.chars = end - uncounted;
  counts.latin = latin;
  counts.upper = uppers;
  counts.digits = digits;
  counts.han = han;
  if (counts.linesIndented >= counts.lines - counts.linesEmpty) counts.linesIndented = 0;
  return { ...counts, active: buckets.active() };
}

/** Counts what a line is by how it begins; true for one without anything. */
function countLine(counts: Omit<Scan, 'active'>, text: string, start: number, end: number): boolean {
  let first = start;
  while (first < end && isBlank(text.charCodeAt(first))) first += 1;
  const c = start < end ? text.charCodeAt(start) : 0;
  const next = start + 1 < end ? text.charCodeAt(start + 1) : 0;
  if (first < end && (c === 9 || (c === 32 && isBlank(next)))) counts.linesIndented += 1;
  // «A. », «b) », «3: »: the shape of an answer option; «- » and «* » of a list.
  if ((next === 46 || next === 41 || next === 58) && isOptionMark(c)) counts.linesOption += 1;
  else if ((c === 45 || c === 42 || c === 0x2022) && next === 32) counts.linesBullet += 1;
  return first === end;
}

function nothing(): Omit<Scan, 'active'> {
  return {
    chars: 0,
    words: 0,
    wordChars: 0,
    latin: 0,
    latinMarked: 0,
    otherLetters: 0,
    upper: 0,
    digits: 0,
    numbers: 0,
    numbersLong: 0,
    han: 0,
    kana: 0,
    hangul: 0,
    spaces: 0,
    lines: 0,
    linesEmpty: 0,
    linesOption: 0,
    linesBullet: 0,
    linesIndented: 0,
    questionMarks: 0,
    sentences: 0,
    commas: 0,
    mathSymbols: 0,
    brackets: 0,
    quotes: 0,
    backslashes: 0,
    backticks: 0,
    semicolons: 0,
    blanksToFill: 0,
    currency: 0,
  };
}

/** The first half of an emoji in UTF-16. */
const isEmoji = (c: number) => c >= 0xd83c && c <= 0xd83e;
const isBlank = (c: number) => c === 32 || c === 9 || c === 0x3000;
const isEnd = (c: number) => c === 63 || c === 33 || c === 46 || c === 0xff1f || c === 0xff01 || c === 0x3002;

const isOptionMark = (c: number) =>
  (c >= 65 && c <= 74) || (c >= 97 && c <= 106) || (c >= 48 && c <= 57) || (c >= 0x2460 && c <= 0x2469);

function countMark(counts: Omit<Scan, 'active'>, c: number): void {
  switch (c) {
    case 32:
    case 9:
    case 0x3000:
      counts.spaces += 1;
      return;
    case 63: // ?
    case 0xff1f:
      counts.questionMarks += 1;
      counts.sentences += 1;
      return;
    case 46: // .
    case 33: // !
    case 0x3002:
    case 0xff01:
      counts.sentences += 1;
      return;
    case 44: // ,
    case 0xff0c:
    case 0x3001:
      counts.commas += 1;
      return;
    case 59: // ;
      counts.semicolons += 1;
      return;
    case 36: // $
    case 0x20ac:
    case 0xa5:
    case 0xa3:
      counts.currency += 1;
      return;
    case 40:
    case 41:
    case 91:
    case 93:
    case 123:
    case 125:
      counts.brackets += 1;
      return;
    case 34:
    case 0x201c:
    case 0x201d:
    case 0x300c:
    case 0x300d:
      counts.quotes += 1;
      return;
    case 92:
      counts.backslashes += 1;
      return;
    case 96:
      counts.backticks += 1;
      return;
    case 37: // %
    case 42: // *
    case 43: // +
    case 47: // /
    case 60: // <
    case 61: // =
    case 62: // >
    case 94: // ^
    case 0xb0:
    case 0xb1:
    case 0xb2:
    case 0xb3:
    case 0xd7:
    case 0xf7:
      counts.mathSymbols += 1;
      return;
    default:
      if (c >= 0x2200 && c <= 0x22ff) counts.mathSymbols += 1;
  }
}
