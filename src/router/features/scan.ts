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
  /** Characters read, at most `askCharsMax`. */
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

/** Scans `text`, which the caller has already `capped`. */
export function scan(text: string): Scan {
  const counts: Omit<Scan, 'active'> = {
    chars: text.length,
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
    lines: text.length === 0 ? 0 : 1,
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
  const seen = new Uint8Array(bucketsMax);
  const active = new Int32Array(Math.min(bucketsMax, 2 * text.length + 2));
  let activeCount = 0;

  function add(hash: number): void {
    const h = mix(hash);
    const bucket = h & (bucketsMax - 1);
    if (seen[bucket] !== 0) return;
    seen[bucket] = 1;
    active[activeCount++] = (bucket << 1) | (h >>> 31);
  }

  let word = fnvStart;
  let wordLength = 0;
  let wordDigits = 0;
  let previousWord = 0;
  let previousCjk = 0;
  let lineLength = 0;
  let lineFirst = 0;
  let lineSecond = 0;

  function endWord(): void {
    if (wordLength === 0) return;
    counts.words += 1;
    counts.wordChars += wordLength;
    if (wordDigits === wordLength) {
      // The value of a number says little about the prompt, its size something: 7, 42 and 1984 become three tokens.
      counts.numbers += 1;
      if (wordLength >= 3) counts.numbersLong += 1;
      word = fnvStart ^ (0x1000 + Math.min(wordLength, 4));
    }
    add(word);
    if (previousWord !== 0) add(Math.imul(previousWord, 0x9e3779b1) ^ word);
    previousWord = word | 1;
    word = fnvStart;
    wordLength = 0;
    wordDigits = 0;
  }

  function endLine(): void {
    if (lineLength === 0) counts.linesEmpty += 1;
    // «A. », «b) », «3: »: the shape of an answer option; «- » and «* » of a list.
    if ((lineSecond === 46 || lineSecond === 41 || lineSecond === 58) && isOptionMark(lineFirst)) {
      counts.linesOption += 1;
    } else if ((lineFirst === 45 || lineFirst === 42 || lineFirst === 0x2022) && lineSecond === 32) {
      counts.linesBullet += 1;
    }
    lineLength = 0;
    lineFirst = 0;
    lineSecond = 0;
  }

  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10) {
      endWord();
      endLine();
      previousCjk = 0;
      counts.lines += 1;
      continue;
    }
    if (lineLength === 0) {
      lineFirst = c;
      if (c === 9 || (c === 32 && text.charCodeAt(i + 1) === 32)) counts.linesIndented += 1;
    } else if (lineLength === 1) lineSecond = c;
    lineLength += 1;

    if (c >= 97 && c <= 122) {
      counts.latin += 1;
      word = Math.imul(word ^ c, fnvPrime);
      wordLength += 1;
      continue;
    }
    if (c >= 65 && c <= 90) {
      counts.latin += 1;
      counts.upper += 1;
      word = Math.imul(word ^ (c + 32), fnvPrime);
      wordLength += 1;
      continue;
    }
    if (c >= 48 && c <= 57) {
      counts.digits += 1;
      word = Math.imul(word ^ c, fnvPrime);
      wordLength += 1;
      wordDigits += 1;
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
    if (c > 127) {
      const kana = isKana(c);
      if (kana || isCjk(c) || isHangul(c)) {
        endWord();
        if (kana) counts.kana += 1;
        else if (c >= 0xac00 || c < 0x1200) counts.hangul += 1;
        else counts.han += 1;
        add(0x20000 + c);
        if (previousCjk !== 0) add(Math.imul(previousCjk, 0x9e3779b1) ^ c);
        previousCjk = c;
        previousWord = 0;
        continue;
      }
      previousCjk = 0;
      if (isOtherLetter(c)) {
        if (c < 0x250) counts.latinMarked += 1;
        else counts.otherLetters += 1;
        word = Math.imul(word ^ lowered(c), fnvPrime);
        wordLength += 1;
        continue;
      }
    }
    endWord();
    if (c !== 32) previousCjk = 0;
    countMark(counts, c);
  }
  endWord();
  endLine();
  return { ...counts, active: active.slice(0, activeCount) };
}

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
