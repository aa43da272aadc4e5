import type { TaskFamily } from '../decision.ts';
import { type Cue, type CueBits, cueBit } from './cues.ts';
import type { Scan } from './scan.ts';

/** Families whose answers can be checked against the ask itself; a small model is mostly enough for them. */
export const checkableTasks: ReadonlySet<TaskFamily> = new Set([
  'translate',
  'extraction',
  'rewrite',
  'summarise',
  'utility',
]);

/** The family of work an ask belongs to, from its structure first and its words second. */
export function taskOfAsk(scan: Scan, bits: CueBits): TaskFamily {
  const has = (cue: Cue) => (bits & cueBit(cue)) !== 0;
  const options = scan.linesOption >= 3;
  const fenced = scan.backticks >= 6;
  const indented = scan.linesIndented >= 3 && scan.brackets >= 6;
  const looksLikeCode = fenced || indented || (scan.semicolons >= 3 && scan.brackets >= 8);

  const aboutCode = has('code') && (looksLikeCode || scan.brackets >= 4);
  if (looksLikeCode && aboutCode) return 'code';
  // «translate» and «summary» are also names of functions.
  if (!options && !aboutCode) {
    if (has('translate')) return 'translate';
    if (has('summarise')) return 'summarise';
    if (has('rewrite') && !looksLikeCode) return 'rewrite';
  }
  const symbols = scan.mathSymbols + scan.backslashes;
  const isMaths =
    has('proof') ||
    (has('maths') && (scan.numbers >= 1 || symbols >= 2)) ||
    (has('quantity') && scan.numbers >= 2) ||
    (symbols >= 4 && symbols * 25 > scan.chars);
  if (has('code') && (!isMaths || scan.brackets >= 10) && !options) return 'code';
  if (isMaths) return 'maths';
  if (!options && has('extract')) return 'extraction';
  if (!options && has('creative')) return 'creative';
  if (options) return has('reason') || scan.words > 110 ? 'reasoning' : 'lookup';
  if (has('reason') || has('stepwise')) return 'reasoning';
  if (has('lookup') && scan.chars < 400) return 'lookup';
  return looksLikeCode ? 'code' : 'chat';
}
