/**
 * What a judge's rating is worth: on recorded outcomes a judge is simulated that ranks asks which the cheap model answers right above others with a
 * given probability (AUC), is asked where its rating could change the choice, for at most a share of the requests, and is read as
 * requests are decided. `npm run bench:signals [FOLDER]`
 */
import { existsSync } from 'node:fs';
import { canonicalModels, publishedScores } from '../src/evaluation/known-models.ts';
import { defaultFit, fitPredictor } from '../src/evaluation/training/fit.ts';
import { foldOf, type TrainingRow, trainingRow } from '../src/evaluation/training/row.ts';
import {
  createPredictor,
  loadShippedPredictor,
  logistic,
  logit,
  type Predictor,
} from '../src/router/index.ts';
import { judged } from '../src/router/predictor/judged.ts';
import { type RoutingTask, readFile, readTasks } from './routing/tasks.ts';

const folder = process.argv[2] ?? '../shared/data/routing';
if (!existsSync(folder)) {
  console.error(`${folder} is absent: there is nothing to measure on.`);
  process.exit(1);
}

const seed = 1;
const folds = 5;
const replicates = 200;
const aucs = [0.6, 0.7, 0.8];
const shares = [0.1, 0.2, 0.3];
/** Price of asking, as a share of the mean price of an answer of the reference. */
const askingPrice = 0.01;
const thresholds = 41;
/** As the router takes it: what only a rarer rating could change is settled. */
const usual = { low: 0.1, high: 0.9 };

/** Mulberry32. */
function randomSource(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The distance of two normal distributions of deviation 1 of which the one is above the other with this probability. */
function distanceOf(auc: number): number {
  let [low, high] = [0, 6];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle / Math.SQRT2) < auc) low = middle;
    else high = middle;
  }
  return low;
}

/** Abramowitz and Stegun 26.2.17. */
function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * poly;
  return x >= 0 ? 1 - tail : tail;
}

interface Row {
  cheap: number;
  reference: number;
  cheapUsd: number;
  referenceUsd: number;
  /** Expected loss by the prompt alone, and after a rating of this quantile. */
  loss: number;
  lossAt(rating: number): number;
  /** P(the cheap model is right) by the prompt alone. */
  quality: number;
}

async function rowsOf(task: RoutingTask, tasks: ReturnType<typeof readTasks>): Promise<Row[]> {
  const canonical = canonicalModels();
  const [cheapName, referenceName] = task.models as [string, string];
  const [cheap, reference] = [canonical(cheapName), canonical(referenceName)];
  const { rows } = await readFile(folder, task.file, tasks.prices.get(task.file));
  const all = rows.map((row) => trainingRow(task.file, row, canonical));
  const predictors = fitted(task, all);
  const model = (id: string) => ({ id, aliases: [], scores: publishedScores(id) });
  const [cheapModel, referenceModel] = [model(cheap), model(reference)];
  const found: Row[] = [];
  for (const [i, { source, outcomes }] of rows.entries()) {
    const [ofCheap, ofReference] = [outcomes.get(cheapName), outcomes.get(referenceName)];
    if (ofCheap?.costUsd === undefined || ofReference?.costUsd === undefined) continue;
    if (task.sources !== undefined && !task.sources.includes(source)) continue;
    const training = all[i]!;
    const predictor = predictors(training);
    const ask = predictor.read(training.vector);
    const asked = { ask, task: training.task, language: training.language };
    const models = [referenceModel, cheapModel];
    const [own, other] = predictor.predict(asked, referenceModel, models) as [
      ReturnType<Predictor['predict']>[number],
      ReturnType<Predictor['predict']>[number],
    ];
    found.push({
      cheap: ofCheap.score,
      reference: ofReference.score,
      cheapUsd: ofCheap.costUsd,
      referenceUsd: ofReference.costUsd,
      loss: other.loss.mean,
      lossAt: (rating) => judged(other, own, rating).loss.mean,
      quality: Math.max(0.02, Math.min(0.98, other.quality.mean)),
    });
  }
  return found;
}

/** The shipped artefact for files it never saw; for the others fits that did not see the row. */
function fitted(task: RoutingTask, all: TrainingRow[]): (row: TrainingRow) => Predictor {
  if (task.use === 'measure') {
    const shipped = loadShippedPredictor();
    return () => shipped;
  }
  const parts = Array.from({ length: folds }, (_, held) =>
    createPredictor(
      fitPredictor(
        all.filter((row) => foldOf(row.promptHash, folds, seed) !== held),
        defaultFit,
      ),
    ),
  );
  return (row) => parts[foldOf(row.promptHash, folds, seed)]!;
}

/** How the ratings are read: as requests are decided, or by weights that are right for this judge, as own outcomes would teach them. */
type Reading = 'assumed' | 'learned';

interface Judge {
  distance: number;
  share: number;
  reading: Reading;
}

interface Measured {
  apgr: number;
  save95: number;
  asked: number;
}

interface Drawn {
  row: Row;
  /** Expected loss with the rating, and with the least and the most favourable that is usual. */
  rated: number;
  best: number;
  worst: number;
  /** In which order they come: a share that is used up is used up by whoever came first. */
  turn: number;
}

/** Deciles of what the judge says, so that its digit is its place among its ratings. */
function drawn(rows: readonly Row[], { distance, reading }: Judge, random: () => number): Drawn[] {
  const signals = rows.map((row) => distance * row.cheap + normal(random));
  const order = signals.map((_, i) => i).sort((a, b) => signals[a]! - signals[b]!);
  const place = new Float64Array(rows.length);
  for (const [rank, i] of order.entries()) place[i] = (Math.floor((10 * rank) / rows.length) + 0.5) / 10;
  const learned = (row: Row, signal: number): number => {
    const likelihood = distance * signal - distance ** 2 / 2;
    return row.loss - (logistic(logit(row.quality) + likelihood) - row.quality);
  };
  const [least, most] = [usual.low, usual.high].map(
    (share) => signals[order[Math.floor(share * (rows.length - 1))]!]!,
  ) as [number, number];
  return rows.map((row, i) => ({
    row,
    turn: random(),
    ...(reading === 'assumed'
      ? { rated: row.lossAt(place[i]!), best: row.lossAt(usual.high), worst: row.lossAt(usual.low) }
      : { rated: learned(row, signals[i]!), best: learned(row, most), worst: learned(row, least) }),
  }));
}

/** The curve over thresholds: who is expected to lose more than the threshold goes to the reference. */
function measure(rows: readonly Drawn[], share: number): Measured {
  const inTurn = [...rows].sort((a, b) => a.turn - b.turn);
  const sorted = rows.map(({ row }) => row.loss).sort((a, b) => a - b);
  const cuts = [
    Number.NEGATIVE_INFINITY,
    ...Array.from(
      { length: thresholds },
      (_, i) => sorted[Math.floor((i * (sorted.length - 1)) / (thresholds - 1))]!,
    ),
    Number.POSITIVE_INFINITY,
  ];
  const sum = (of: (row: Row) => number): number => rows.reduce((total, { row }) => total + of(row), 0);
  const [cheapQuality, referenceQuality] = [sum((row) => row.cheap), sum((row) => row.reference)];
  const referenceUsd = sum((row) => row.referenceUsd);
  let most = 0;
  const points = cuts.map((cut) => {
    let credit = share * rows.length;
    let [sent, quality, usd, asked] = [0, 0, 0, 0];
    for (const one of inTurn) {
      const { row } = one;
      let loss = row.loss;
      if (one.worst > cut !== one.best > cut && credit >= 1) {
        credit -= 1;
        asked += 1;
        loss = one.rated;
      }
      const toReference = loss > cut;
      if (toReference) sent += 1;
      quality += toReference ? row.reference : row.cheap;
      usd += toReference ? row.referenceUsd : row.cheapUsd;
    }
    most = Math.max(most, asked);
    const asking = (asked * askingPrice * referenceUsd) / rows.length;
    return { sent: sent / rows.length, quality, usd: usd + asking };
  });
  points.sort((a, b) => a.sent - b.sent);
  let area = 0;
  let least = referenceUsd;
  for (const [i, point] of points.entries()) {
    const before = points[i - 1];
    if (point.quality >= 0.95 * referenceQuality) least = Math.min(least, point.usd);
    if (before !== undefined) area += ((point.sent - before.sent) * (point.quality + before.quality)) / 2;
  }
  return {
    apgr: (area - cheapQuality) / (referenceQuality - cheapQuality),
    save95: 1 - least / referenceUsd,
    asked: most / rows.length,
  };
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function told(values: number[], digits: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): string => sorted[Math.round(share * (sorted.length - 1))]!.toFixed(digits);
  return `${mean(values).toFixed(digits)} [${at(0.025)}, ${at(0.975)}]`;
}

const wanted = new Set(['core-deepseek-gpt4o', 'core-llama8b-gpt4o', 'bfcl-haiku-sonnet', 'law-gpt35-gpt4']);
const tasks = readTasks(folder);
console.log(
  `Change of APGR and of the saving at 95 % of the reference's quality, the judge's price (${100 * askingPrice} % of an answer of the reference) taken off; [95 %] of ${replicates} bootstraps with ratings of their own.`,
);
console.log('assumed: as requests are decided. learned: by weights that are right for this very judge.');
for (const task of tasks.tasks) {
  if (!wanted.has(task.id)) continue;
  const rows = await rowsOf(task, tasks);
  const where = task.use === 'measure' ? 'left out: the shipped artefact' : `in domain: ${folds} folds`;
  const plain = measure(drawn(rows, { distance: 0, share: 0, reading: 'assumed' }, randomSource(seed)), 0);
  console.log(
    `\n${task.id}, n ${rows.length}, ${where}; without signals APGR ${plain.apgr.toFixed(3)}, save@95 ${plain.save95.toFixed(3)}`,
  );
  console.log('  reading  AUC  share  asked   APGR change               save@95 change');
  for (const reading of ['assumed', 'learned'] as const)
    for (const auc of aucs)
      for (const share of shares) {
        const judge = { distance: distanceOf(auc), share, reading };
        const random = randomSource(seed);
        const changes = Array.from({ length: replicates }, () => {
          const sample = rows.map(() => rows[Math.floor(random() * rows.length)]!);
          const draw = drawn(sample, judge, random);
          const [without, withJudge] = [measure(draw, 0), measure(draw, share)];
          return {
            apgr: withJudge.apgr - without.apgr,
            save95: withJudge.save95 - without.save95,
            asked: withJudge.asked,
          };
        });
        const row = [
          reading.padEnd(7),
          auc.toFixed(2).slice(1),
          share.toFixed(1).padStart(5),
          mean(changes.map(({ asked }) => asked))
            .toFixed(2)
            .padStart(6),
          told(
            changes.map(({ apgr }) => apgr),
            3,
          ).padEnd(24),
          told(
            changes.map(({ save95 }) => save95),
            3,
          ),
        ];
        console.log(`  ${row.join('  ')}`);
      }
}
