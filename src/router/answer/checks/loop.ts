import { capped } from '../../features/scan.ts';
import type { FaultCode } from './faults.ts';
import type { AnswerView } from './view.ts';

const loopCharsMax = 20_000;
/** A text that ends in this many copies of one unit, over at least `tailCharsMin` characters, does not end on purpose. */
const tailCopiesMin = 6;
const tailCharsMin = 240;
const unitCharsMax = 600;
const tailCharsMax = 6000;
/** Lines shorter than this repeat in tables, lists and verse. */
const lineCharsMin = 20;
const lineCopiesMin = 8;
const runTokens = 12;
const windowsMin = 200;
/** The share of distinct runs of `runTokens` words below which a text goes round in circles. */
const distinctShareMin = 0.35;

/** Where repetition is asked for, it is no fault. */
const asksForRepetition =
  /\b(?:repeat|\d+ times|times in a row|hundred times|over and over|chant|lyrics|song|poem)\b|重复|重複|遍|次数|歌词|诗|繰り返|回書|歌詞|반복|번 써|가사/i;

/** An answer that goes round in circles: one unit over and over to the end, the same lines, or hardly a new run of words. */
export function checkLoop(view: AnswerView): FaultCode | undefined {
  const prose = capped(view.prose, loopCharsMax);
  if (prose.length < tailCharsMin) return undefined;
  if (!endsInCopies(prose) && !repeatsLines(prose) && !repeatsRuns(prose)) return undefined;
  return asksForRepetition.test(view.instructions) ? undefined : 'loop';
}

/** One comparison pass for each possible length of the unit; most end at once. */
export function endsInCopies(text: string): boolean {
  const end = text.slice(-tailCharsMax).trimEnd();
  for (let unit = 2; unit <= Math.min(unitCharsMax, end.length / tailCopiesMin); unit++) {
    let at = end.length - 1;
    while (at >= unit && end.charCodeAt(at) === end.charCodeAt(at - unit)) at -= 1;
    const covered = end.length - 1 - at + unit;
    if (covered < Math.max(tailCharsMin, unit * tailCopiesMin)) continue;
    // Rules and fill characters are drawn so.
    if ((end.slice(-unit).match(/\p{L}/gu)?.length ?? 0) >= 2) return true;
  }
  return false;
}

function repeatsLines(text: string): boolean {
  const copies = new Map<string, number>();
  let chars = 0;
  let most = 0;
  let mostChars = 0;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    chars += line.length;
    if (line.length < lineCharsMin || !/\p{L}{2}/u.test(line)) continue;
    const count = (copies.get(line) ?? 0) + 1;
    copies.set(line, count);
    if (count * line.length > mostChars) {
      most = count;
      mostChars = count * line.length;
    }
  }
  return most >= lineCopiesMin && mostChars * 2 > chars;
}

function repeatsRuns(text: string): boolean {
  const tokens = text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}]+/gu) ?? [];
  const windows = tokens.length - runTokens + 1;
  if (windows < windowsMin) return false;
  const seen = new Set<string>();
  for (let i = 0; i < windows; i++) seen.add(tokens.slice(i, i + runTokens).join(' '));
  return seen.size < distinctShareMin * windows;
}
