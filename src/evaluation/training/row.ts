import { type AskVector, type Language, readAsk, type TaskFamily } from '../../router/index.ts';
import type { OutcomeRow } from '../outcomes/outcome.ts';

/** A recorded prompt as training sees it: features and scores; the text is left behind. */
export interface TrainingRow {
  /** File and source, e.g. `core24/gsm`: what is left out together. */
  group: string;
  task: TaskFamily;
  language: Language;
  vector: AskVector;
  scores: Map<string, number>;
  /** A hash of the prompt's text without case and blanks: the same prompt has it in every file. */
  promptHash: number;
}

export function trainingRow(
  file: string,
  row: OutcomeRow,
  canonicalModel: (name: string) => string,
): TrainingRow {
  const reading = readAsk(row.prompt);
  const scores = new Map<string, number>();
  for (const [name, { score }] of row.outcomes) scores.set(canonicalModel(name), score);
  return {
    group: `${file}/${row.source}`,
    task: reading.task,
    language: reading.language,
    vector: reading.vector,
    scores,
    promptHash: promptHash(row.prompt),
  };
}

/** 32-bit hash of the text without case and blanks, so that a prompt has one fold whatever file it stands in. */
export function promptHash(prompt: string): number {
  const text = prompt.toLowerCase();
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= 32 || c === 0xa0 || c === 0x3000) continue;
    hash = Math.imul(hash ^ c, 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** The fold of a prompt: duplicates of a prompt never straddle folds. `seed` gives another partition. */
export function foldOf(hash: number, folds: number, seed: number): number {
  let mixed = Math.imul(hash ^ Math.imul(seed + 1, 0x9e3779b1), 0x85ebca6b);
  mixed ^= mixed >>> 15;
  return (mixed >>> 0) % folds;
}
