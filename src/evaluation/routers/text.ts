import { complexityOf, dimensions } from './complexity.ts';

/** Buckets of hashed terms: so many that two terms of one corpus hardly ever meet. */
export const termBuckets = 1 << 18;

/** Longer prompts are read at both ends. */
const charsMax = 8000;

/** A prompt as the baselines see it. */
export interface PromptText {
  /** Distinct hashed terms, words and word pairs, characters and character pairs where words are not separated, and how often each occurs. */
  terms: Int32Array;
  counts: Float32Array;
  /** Measures of the text's form, see `surfaceOf`. */
  surface: Float64Array;
  /** Characters, with CJK characters as three. */
  extent: number;
  /** The keyword rule's score, 0..1. */
  complexity: number;
  /** Distinct hashes of runs of `runLength` words, by which a reworded copy of a prompt is known. */
  runs: Int32Array;
}

const runLength = 8;

/** Reads a text once; the work is bounded by `charsMax`. */
export function readText(prompt: string): PromptText {
  const text =
    prompt.length <= charsMax ? prompt : `${prompt.slice(0, charsMax / 2)}\n${prompt.slice(-charsMax / 2)}`;
  const counts = new Map<number, number>();
  const add = (term: string) => {
    const bucket = hashOf(term) & (termBuckets - 1);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  };
  let previous = '';
  const runs = new Set<number>();
  const newest: number[] = [];
  for (const [token] of text.toLowerCase().matchAll(tokens)) {
    newest.push(hashOf(token));
    if (newest.length > runLength) newest.shift();
    if (newest.length === runLength) runs.add(newest.reduce((run, hash) => Math.imul(run, 31) + hash, 7) | 0);
    // The size of a number matters more than its value.
    const term = digits.test(token) ? `#${Math.min(token.length, 5)}` : token;
    add(term);
    if (previous !== '') add(`${previous} ${term}`);
    previous = term;
  }
  const complexity = complexityOf(text);
  return {
    terms: Int32Array.from(counts.keys()),
    counts: Float32Array.from(counts.values()),
    surface: surfaceOf(text, complexity.dimensions),
    extent: text.length + 2 * countOf(text, cjk),
    complexity: complexity.score,
    runs: Int32Array.from(runs),
  };
}

const cjk = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/g;
/** Words of any script that separates them; single characters of those that do not. */
const tokens =
  /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[\p{L}\p{N}_]+?(?=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])|[\p{L}\p{N}_]+/gu;
const digits = /^\d+$/;

function hashOf(term: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < term.length; i++) hash = Math.imul(hash ^ term.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return hash ^ (hash >>> 16);
}

const countOf = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

const marks = 20;
/** How many measures `surface` has. */
export const surfaceSize = marks + dimensions.length;

/** Lengths, marks and shares, then the dimensions of the keyword rule. */
function surfaceOf(text: string, keywords: readonly number[]): Float64Array {
  const chars = Math.max(1, text.length);
  const words = countOf(text, /[\p{L}\p{N}]+/gu);
  const ln = Math.log1p;
  return Float64Array.of(
    ln(chars),
    ln(words),
    chars / (words + 1) / 10,
    ln(countOf(text, /\n/g)),
    ln(countOf(text, /\n\s*\n/g)),
    (10 * countOf(text, /\d/g)) / chars,
    ln(countOf(text, /\d+/g)),
    (10 * countOf(text, /[A-Z]/g)) / chars,
    ln(countOf(text, /[?？]/g)),
    ln(countOf(text, /[.!。！]/g)),
    ln(countOf(text, /[,，、]/g)),
    ln(countOf(text, /[=+*/<>^%]/g)),
    ln(countOf(text, /\\/g)),
    ln(countOf(text, /[()[\]{}]/g)),
    ln(countOf(text, /[`;]/g)),
    ln(countOf(text, /["“”「」']/g)),
    Math.min(12, countOf(text, /^\s?\(?[A-Ja-j1-9][.):]\s/gm)) / 4,
    countOf(text, /__+/g) > 0 ? 1 : 0,
    ln(countOf(text, /[$€£¥]/g)),
    countOf(text, cjk) / chars,
    ...keywords,
  );
}
