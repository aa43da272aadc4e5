import type { Language, TaskFamily } from '../decision.ts';
import { askCore } from './core.ts';
import { cuesOf, instructionZone } from './cues.ts';
import { languageOf } from './language.ts';
import { capped, type Scan, scan } from './scan.ts';
import { structuralFeatures } from './structural.ts';
import { taskOfAsk } from './task.ts';

/** An ask as the predictor sees it: numbers only, no text. */
export interface AskVector {
  structural: Float64Array;
  /** Distinct n-gram buckets, each as `bucket * 2 + sign bit`. */
  active: Int32Array;
}

export interface AskReading {
  scan: Scan;
  language: Language;
  /** The family by the ask alone. */
  task: TaskFamily;
  vector: AskVector;
}

/** Reads an ask once. Cost is bounded by `askCharsMax`. */
export function readAsk(ask: string): AskReading {
  const core = askCore(ask);
  const scanned = scan(capped(core));
  const language = languageOf(scanned);
  const hasCjk = scanned.han + scanned.kana + scanned.hangul > 0;
  const cues = cuesOf(instructionZone(core), hasCjk);
  const task = taskOfAsk(scanned, cues);
  const structural = structuralFeatures({ scan: scanned, cues, task, language });
  return { scan: scanned, language, task, vector: { structural, active: scanned.active } };
}
