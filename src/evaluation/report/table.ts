import type { ManySample } from '../metrics/many.ts';
import type { OutcomeRow } from '../outcomes/outcome.ts';
import type { EvaluationRow, RoutedRows, Split } from '../result.ts';
import type { PromptRow } from '../routers/router.ts';

/** What the rows of a result are made from. */
export interface Table {
  /** The reference first. */
  names: string[];
  rows: OutcomeRow[];
  prompts: PromptRow[];
  routed: RoutedRows[];
  bootstrap: number;
  seed: number;
  /** Draw curves too. */
  curves: boolean;
}

export function sampleOf({ names, rows }: Table): ManySample {
  return {
    score: names.map((name) => Float64Array.from(rows, (row) => row.outcomes.get(name)!.score)),
    usd: names.map((name) => Float64Array.from(rows, (row) => row.outcomes.get(name)!.costUsd!)),
    reference: 0,
  };
}

/** The group that a benchmark's own authors put a prompt in. */
export const groupOf = (row: OutcomeRow) => `${row.source}/${row.sub ?? ''}`;

export function mean(values: Float64Array, weight?: Float64Array): number {
  let total = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const w = weight === undefined ? 1 : weight[i]!;
    total += w;
    sum += w * values[i]!;
  }
  return sum / total;
}

/** A policy that always calls one model: it has one operating point, and saves at a target only if that point reaches it. */
export function fixedRow(
  name: string,
  split: Split,
  point: { quality: number; cost: number },
  reference: { quality: number; cost: number },
  n: number,
): Omit<EvaluationRow, 'ci'> {
  const saved = reference.cost === 0 ? 0 : 1 - point.cost / reference.cost;
  const at = (target: number) => (point.quality >= (target / 100) * reference.quality - 1e-12 ? saved : null);
  return {
    name,
    split,
    n,
    quality: point.quality,
    cost_usd: point.cost,
    save: { '95': at(95), '98': at(98), '100': at(100) },
    apgr: null,
    cpt50: null,
    cpt80: null,
    aiq: null,
  };
}
