import { comparisonBySource, noAnswer, recordedAnswers } from '../../src/evaluation/cascades/recorded.ts';
import { prices as qualityPrices } from '../../src/evaluation/cascades/simulate.ts';
import type { NamedRows } from '../../src/evaluation/index.ts';
import { answerReply } from './answers.ts';
import type { RecordedAsk } from './asks.ts';
import { learnedCosts, mean, meanCosts } from './expected-costs.ts';
import { startFleet } from './fleet.ts';
import { type OfflineTask, type Outcome, playOffline, type Target } from './offline.ts';
import type { Part } from './predictors.ts';
import { priceOf, type RecordedPrice } from './prices.ts';
import { asRead, readAsk, readOtherwise } from './readings.ts';
import { type Replayed, replay, routeName, shuffled } from './replay.ts';

export interface FleetTask {
  id: string;
  file: string;
  asks: readonly RecordedAsk[];
  /** Recorded names: the cheap models, then the reference. */
  models: string[];
  votes: boolean;
  parts: readonly Part[];
}

/** One price of quality, three times: by the rule with mean costs, with costs as the gateway expects them, and through the gateway. */
export interface Compared {
  target: Target;
  /** Absent for a quality target, of which tables know nothing. */
  table: Outcome | undefined;
  offline: Outcome;
  gateway: Outcome;
  /** Of requests for which the gateway paid what the offline engine pays, so called the same models. */
  alike: number;
  /** Of requests whose answer was the reference's. */
  referenceShare: number;
  callsPerRequest: number;
  replayed: Replayed[];
}

export interface ComparedTask {
  n: number;
  reference: Outcome;
  prices: ReadonlyMap<string, RecordedPrice>;
  /** Asks whose answers the gateway tells apart otherwise than the records. */
  readOtherwise: number;
  at: Compared[];
}

/** Beside the prices of quality: what share of the reference's quality is to be sure, not expected. */
const qualityTarget = 0.9;
/** Asks that each model answers before anything is measured. */
const asksBefore = 200;

/** Replays a task at the prices of quality at which the table comes closest to keeping these shares of the reference's quality. */
export async function compareTask(
  task: FleetTask,
  shares: readonly number[],
  atOnce: number,
): Promise<ComparedTask> {
  const { asks, models, votes, parts } = task;
  const file: NamedRows = { name: task.file, rows: asks.map((ask) => ask.row) };
  const recorded = recordedAnswers(file, models);
  const prices = new Map(models.map((model) => [model, priceOf(file.rows, model)]));
  const partByRow = new Map(parts.flatMap((part) => part.rows.map((row) => [row, part] as const)));
  const partOf = recorded.rows.map((row) => partByRow.get(row)!);
  const offline: OfflineTask = { recorded, partOf, votes };
  const last = models.length - 1;
  const reference = { quality: mean(recorded.score[last]!), usd: mean(recorded.usd[last]!) };

  const means = new Map(
    parts.map((part) => [part, meanCosts(recorded, (i) => parts.length === 1 || partOf[i] !== part)]),
  );
  const order = parts.flatMap((part) => shuffled(part.rows.map((row) => recorded.rows.indexOf(row))));
  const curve = qualityPrices.map((price) => {
    const lambdaUsd = price * reference.usd;
    return {
      lambdaUsd,
      table: playOffline(offline, order, { usd_per_quality: lambdaUsd }, (part) => means.get(part)!),
    };
  });
  const chosen: { target: Target; table?: Outcome }[] = shares.map((share) => {
    const { lambdaUsd, table } = closest(curve, share * reference.quality);
    return { target: { usd_per_quality: lambdaUsd }, table };
  });
  if (!votes) chosen.push({ target: { quality: qualityTarget } });

  const readings = asks.map((ask) => readAsk(ask, routeName));
  const forms = comparisonBySource(file.rows);
  const replyOf = (i: number, model: string) => answerReply(asks[i]!, model, forms.get(asks[i]!.row.source)!);
  const read = asRead(recorded, readings, replyOf);
  // Unusable answers are replaced on any route; poor ones where it looks at answers.
  const isRefused = (i: number, m: number) =>
    votes ? read.group[m]![i] === noAnswer : read.broken[m]![i] === 1;
  const asGateway: OfflineTask = { recorded: read, partOf, votes, isRefused };
  const fleet = await startFleet({ asks, prices, formOf: (ask) => forms.get(ask.row.source)! });
  const before = shuffled(asks).slice(0, asksBefore);
  try {
    const at: Compared[] = [];
    for (const { target, table } of chosen) {
      const learned = learnedCosts(
        recorded,
        readings,
        prices,
        (i, model) => replyOf(i, model).finish === undefined,
      );
      for (const model of models) for (const ask of before) learned.observe(asks.indexOf(ask), [model]);
      const replayed = await replay(
        fleet,
        { models, prices, target, cascade: { checks: votes, votes }, atOnce },
        parts.map((part, p) => ({
          predictor: part.predictor,
          before: p === 0 ? before : [],
          asks: shuffled(part.rows).map((row) => asks[recorded.rows.indexOf(row)]!),
        })),
      );
      const played = playOffline(asGateway, order, target, () => learned);
      at.push({
        target,
        table,
        offline: played,
        alike:
          replayed.filter(({ ask, usd }) => sameUsd(played.rows[asks.indexOf(ask)]!.usd, usd)).length /
          asks.length,
        gateway: outcomeOf(replayed),
        referenceShare: replayed.filter(({ model }) => model === models[last]).length / replayed.length,
        callsPerRequest: replayed.reduce((sum, { attempts }) => sum + attempts, 0) / replayed.length,
        replayed,
      });
    }
    return { n: asks.length, reference, prices, readOtherwise: readOtherwise(recorded, read), at };
  } finally {
    await fleet.close();
  }
}

/** The ledger's least amount, and what made-up tokens may miss a cost by. */
const sameUsd = (a: number, b: number) => Math.abs(a - b) <= 1e-9 + a / 1000;

function outcomeOf(replayed: readonly Replayed[]): Outcome {
  const score = Float64Array.from(replayed, ({ ask, model }) => ask.row.outcomes.get(model)!.score);
  return { quality: mean(score), usd: mean(Float64Array.from(replayed, ({ usd }) => usd)) };
}

function closest<Point extends { table: Outcome }>(curve: readonly Point[], quality: number): Point {
  const away = ({ table }: Point) => Math.abs(table.quality - quality);
  return curve.reduce((best, one) => (away(one) < away(best) ? one : best));
}
