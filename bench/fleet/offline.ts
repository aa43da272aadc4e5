import type { RecordedAnswers } from '../../src/evaluation/cascades/recorded.ts';
import { type RowOutcome, rowPlayer } from '../../src/evaluation/cascades/simulate.ts';
import type { OutcomeRow } from '../../src/evaluation/index.ts';
import type { ExpectedCosts } from './expected-costs.ts';
import type { Part } from './predictors.ts';

/** Mean score and mean cost of a policy over all rows. */
export interface Outcome {
  quality: number;
  usd: number;
}

export interface PlayedRoute extends Outcome {
  /** By row of the task. */
  rows: RowOutcome[];
}

/** What the route is to reach, as its configuration spells it. A quality target is for routes without votes. */
export type Target = { usd_per_quality: number } | { quality: number };

/** A recorded task: the cheap models, then the reference. */
export interface OfflineTask {
  recorded: RecordedAnswers;
  /** By row. */
  partOf: readonly Part[];
  votes: boolean;
  /** Whether a single answer would be looked at and replaced by the reference's. Absent = nothing is looked at. */
  isRefused?: ((row: number, model: number) => boolean) | undefined;
}

/**
 * Plays a route on recorded outcomes as the evaluation plays its tasks: each row judged by the fit that did not see it, by the rule of pairs and pools or,
 * with votes, by that of cascades. Rows come in the order given.
 */
export function playOffline(
  task: OfflineTask,
  order: readonly number[],
  target: Target,
  costs: (part: Part) => ExpectedCosts,
): PlayedRoute {
  const rows: RowOutcome[] = new Array(task.recorded.rows.length);
  let quality = 0;
  let usd = 0;
  for (const i of order) {
    const part = task.partOf[i]!;
    const expected = costs(part);
    const outcome = lookedAt(task, i, playRow(task, i, part, expected.of(i), target));
    expected.observe(i, outcome.asked);
    rows[i] = outcome;
    quality += outcome.score / order.length;
    usd += outcome.usd / order.length;
  }
  return { quality, usd, rows };
}

/** An answer that its checks refuse is paid for, and so is the reference's that is given out instead. */
function lookedAt({ recorded, isRefused }: OfflineTask, i: number, outcome: RowOutcome): RowOutcome {
  const last = recorded.models.length - 1;
  const only = outcome.asked.length === 1 ? recorded.models.indexOf(outcome.asked[0]!) : last;
  if (only === last || isRefused?.(i, only) !== true) return outcome;
  return {
    score: recorded.score[last]![i]!,
    usd: outcome.usd + recorded.usd[last]![i]!,
    asked: [...outcome.asked, recorded.models[last]!],
  };
}

function playRow(
  { recorded, votes }: OfflineTask,
  i: number,
  part: Part,
  costUsd: Float64Array,
  target: Target,
): RowOutcome {
  const members = recorded.models.map((_, m) => m);
  if ('quality' in target)
    return single(recorded, i, surest(part, recorded.rows[i]!, costUsd, target.quality));
  const lambdaUsd = target.usd_per_quality;
  const quality = part.quality(recorded.rows[i]!);
  if (votes) {
    const row = { quality, costUsd, parameters: part.acceptance };
    return rowPlayer(recorded, i, row, { members, last: members.at(-1)!, votes })(lambdaUsd);
  }
  // The model with the most quality less cost, as where pairs and pools are swept.
  const worth = members.map((m) => lambdaUsd * quality[m]! - costUsd[m]!);
  const best = worth.indexOf(Math.max(...worth));
  return single(recorded, i, best);
}

const single = ({ score, usd, models }: RecordedAnswers, i: number, m: number): RowOutcome => ({
  score: score[m]![i]!,
  usd: usd[m]![i]!,
  asked: [models[m]!],
});

/** The cheapest model whose loss is within the allowance even at its upper bound, else the reference, which is the last. */
function surest(part: Part, row: OutcomeRow, costUsd: Float64Array, target: number): number {
  const high = part.lossHigh(row);
  const last = costUsd.length - 1;
  const sure = [...costUsd.keys()].filter((m) => costUsd[m]! < costUsd[last]! && high[m]! <= 1 - target);
  return sure.reduce((best, m) => (costUsd[m]! < costUsd[best]! ? m : best), last);
}
