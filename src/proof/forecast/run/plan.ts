import type { EstimatedLog } from '../estimate.ts';
import { flipOf, type Ladder } from '../statistics/ladder.ts';
import { drawStrata, type Stratum } from '../statistics/sample.ts';
import type { PairRunner } from './runner.ts';

export interface RunPlan {
  strata: Stratum[];
  /** Indexes of drawn requests in random order, so that whatever a run gets done is a sample of all. */
  order: number[];
  expectedUsd: number;
}

/** Bands of the allowance at which requests go to a cheaper candidate. */
const flipBands = 5;
/** With fewer, no interval is worth its calls. */
export const pairsMin = 20;

/**
 * Draws whom to judge: strata by language and by how readily the ladder sends a request away, because losses differ between those. As many as asked for, or as
 * the budget pays for by what calls and judging are expected to cost; undefined where it pays for fewer than `pairsMin`.
 */
export function planRun(
  log: EstimatedLog,
  ladder: Ladder,
  {
    pairs,
    budgetUsd,
    runner,
    random,
  }: { pairs: number; budgetUsd: number; runner: PairRunner; random: () => number },
): RunPlan | undefined {
  const costs = log.requests.map((_, i) => expectedUsd(log, ladder, i, runner));
  const mean = costs.reduce((sum, each) => sum + each, 0) / Math.max(1, costs.length);
  const payable = mean > 0 ? Math.floor(budgetUsd / mean) : pairs;
  const draws = Math.min(pairs, payable, log.requests.length);
  if (draws < Math.min(pairsMin, log.requests.length)) return undefined;
  const strata = drawStrata(strataKeys(log), draws, random);
  const order = strata.flatMap(({ drawn }) => drawn);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return { strata, order, expectedUsd: order.reduce((sum, i) => sum + costs[i]!, 0) };
}

function strataKeys({ requests }: EstimatedLog): string[] {
  const flips = requests.map(({ row }) => flipOf(row) ?? Number.POSITIVE_INFINITY);
  const sorted = [...flips].sort((a, b) => a - b);
  const bounds = Array.from(
    { length: flipBands - 1 },
    (_, k) => sorted[Math.floor(((k + 1) / flipBands) * sorted.length)]!,
  );
  return requests.map(
    ({ shape }, i) => `${shape.language}\0${bounds.filter((bound) => flips[i]! >= bound).length}`,
  );
}

/** Options that some rung would call for the request, in their order: nobody else needs to be asked. */
export function wantedOptions(ladder: Ladder, row: number): number[] {
  const wanted = new Set(ladder.picks.map((picks) => picks[row]!));
  wanted.delete(-1);
  return [...wanted].sort((a, b) => a - b);
}

function expectedUsd(log: EstimatedLog, ladder: Ladder, index: number, runner: PairRunner): number {
  const { row, entry, shape } = log.requests[index]!;
  const wanted = wantedOptions(ladder, index);
  const answerTokens = entry.outputTokens ?? 500;
  const own = row.referenceKnown && entry.answer !== undefined ? 0 : row.referenceUsd;
  const called = wanted.reduce((sum, at) => sum + row.options[at]!.usd, 0);
  return wanted.length === 0
    ? 0
    : own + called + wanted.length * runner.gradeUsd(shape.inputTokensEstimate, answerTokens);
}
