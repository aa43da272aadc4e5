/**
 * What daily budgets come to on replayed days: how much of the budget is spent, and what it buys against the simple ways of keeping
 * a budget, over several seeds. Prompts, scores and costs are recorded ones; the losses are predicted by a fit that has not seen
 * the prompt. `npm run bench:pacing [-- SEEDS]`
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { canonicalModels } from '../src/evaluation/known-models.ts';
import { readOutcomes } from '../src/evaluation/outcomes/read.ts';
import { defaultFit, fitPredictor } from '../src/evaluation/training/fit.ts';
import { foldOf, trainingRow } from '../src/evaluation/training/row.ts';
import { BudgetPacer, createPredictor, type PredictedModel } from '../src/router/index.ts';
import {
  type Arrival,
  arrivalsOf,
  carefulRule,
  choiceResult,
  type DayResult,
  expectedRule,
  experiencedPacer,
  fixedDay,
  greedyDay,
  hindsightLambda,
  normalOf,
  ordinaryDay,
  pacedDay,
  type Rule,
  randomOf,
  type SimulatedAsk,
  stoppedDay,
  type TrafficPlan,
} from '../test/router/pacing-simulation.ts';

const sets = [
  { file: 'core24', cheap: 'deepseek-v2.5', reference: 'gpt-4o-2024-08-06' },
  { file: 'mmlu_pro', cheap: 'DeepSeek-Coder-V2', reference: 'gemini-1.5-pro-002' },
];
const budgets = [0.1, 0.3, 0.5, 0.7];
const folds = 2;
const daysBefore = 2;
const dayMs = 86_400_000;
const firstDayMs = 20_000 * dayMs;
const seeds = Number(process.argv[2] ?? 4);

interface Scenario {
  name: string;
  plan: Partial<TrafficPlan>;
  firstDay?: boolean;
  rule?: Rule;
}

const scenarios: Scenario[] = [
  { name: 'ordinary day', plan: {} },
  { name: 'first day', plan: {}, firstDay: true },
  { name: '20 bursts', plan: { bursts: 20 } },
  { name: 'easy to hard', plan: { drift: true } },
  { name: 'doubled, whole day', plan: { change: { atHour: 0, factor: 2 } } },
  { name: 'doubles at 12:00', plan: { change: { atHour: 12, factor: 2 } } },
  { name: 'doubles at 18:00', plan: { change: { atHour: 18, factor: 2 } } },
  { name: 'halved, whole day', plan: { change: { atHour: 0, factor: 0.5 } } },
  { name: 'halves at 12:00', plan: { change: { atHour: 12, factor: 0.5 } } },
  { name: 'by upper bound', plan: {}, rule: carefulRule },
];

/** A recorded prompt with what the decision would know of it. */
interface Recorded {
  ask: SimulatedAsk;
  /** Share of all models that got it wrong. */
  hardness: number;
}

const folder = new URL('../../shared/data/routing/', import.meta.url);
if (!existsSync(folder)) {
  console.error('The recorded outcomes are not on this machine; there is nothing to replay.');
  process.exit(1);
}
for (const set of sets) {
  const prompts = await recordedAsks(set);
  console.log(`\n${set.file}: ${set.cheap} → ${set.reference}, ${prompts.length} prompts, ${seeds} seeds`);
  console.log(
    'budget: share of the way from always cheap to the best expected answer to everything, of the replayed day',
  );
  console.log('spent: share of the budget, least to most; within 2 %: days of all');
  console.log(
    'quality: mean score in points; best = the best single price, known only afterwards; after @ the share of the budget',
  );
  console.log('it took: once the money is gone the cheap candidate still costs\n');
  console.log(
    `${'scenario'.padEnd(20)}${'budget'.padStart(7)}${'spent'.padStart(16)}${'within 2 %'.padStart(12)}${'paced'.padStart(8)}${'best'.padStart(7)}${'yesterday'.padStart(12)}${'with stop'.padStart(12)}${'greedy'.padStart(12)}${'cheap'.padStart(7)}${'ref.'.padStart(7)}`,
  );
  for (const scenario of scenarios)
    for (const share of budgets) console.log(lineOf(scenario, share, prompts));
}

function lineOf(scenario: Scenario, share: number, prompts: Recorded[]): string {
  const days = Array.from({ length: seeds }, (_, seed) => replay(scenario, share, prompts, seed + 1));
  const mean = (of: (day: Replayed) => number) => days.reduce((sum, day) => sum + of(day), 0) / days.length;
  const points = (of: (day: Replayed) => number, width: number) =>
    (100 * mean(of)).toFixed(1).padStart(width);
  const bought = (of: (day: Replayed) => DayResult) => {
    const share = mean((day) => of(day).spentNano / day.budgetNano).toFixed(2);
    return `${points((day) => of(day).quality, 0)}@${share}`.padStart(12);
  };
  const spent = days.map((day) => day.paced.spentNano / day.budgetNano);
  const inside = spent.filter((one) => Math.abs(one - 1) <= 0.02).length;
  const range = `${Math.min(...spent).toFixed(3)}–${Math.max(...spent).toFixed(3)}`;
  const line = [
    scenario.name.padEnd(20),
    share.toFixed(1).padStart(7),
    range.padStart(16),
    `${inside}/${days.length}`.padStart(12),
    points((day) => day.paced.quality, 8),
    points((day) => day.best.quality, 7),
    bought((day) => day.yesterday),
    bought((day) => day.stopped),
    bought((day) => day.greedy),
    points((day) => day.cheap.quality, 7),
    points((day) => day.reference.quality, 7),
  ];
  return line.join('');
}

interface Replayed {
  budgetNano: number;
  paced: DayResult;
  /** The best single price, known only afterwards. */
  best: DayResult;
  /** The price that would have spent the budget yesterday; and the same with a stop when the money is gone. */
  yesterday: DayResult;
  stopped: DayResult;
  greedy: DayResult;
  cheap: DayResult;
  reference: DayResult;
}

function replay(
  { plan, firstDay, rule = expectedRule }: Scenario,
  share: number,
  prompts: Recorded[],
  seed: number,
): Replayed {
  const random = randomOf(seed * 7919 + 13);
  // A first day may begin at any hour of the users' day.
  const peakHour = firstDay === true ? 24 * random() : ordinaryDay.peakHour;
  const draw = drawFrom(prompts, random);
  const at = (day: number) => firstDayMs + day * dayMs;
  const past: Arrival[][] = [];
  for (let day = 0; day < daysBefore; day++)
    past.push(arrivalsOf({ ...ordinaryDay, peakHour }, at(day), random, draw));
  const today = arrivalsOf({ ...ordinaryDay, peakHour, ...plan }, at(daysBefore), random, draw);
  const cheap = fixedDay(today, 0);
  const most = choiceResult(today, ({ ask }) => rule(ask, 1e9));
  const budgetNano = cheap.spentNano + share * (most.spentNano - cheap.spentNano);
  const pacer =
    firstDay === true
      ? new BudgetPacer(budgetNano, at(daysBefore))
      : experiencedPacer(past, budgetNano, at(daysBefore), rule);
  const lambda = hindsightLambda(today, budgetNano, rule);
  const lambdaBefore = hindsightLambda(past[daysBefore - 1]!, budgetNano, rule);
  return {
    budgetNano,
    paced: pacedDay(pacer, today, rule),
    best: choiceResult(today, ({ ask }) => rule(ask, lambda)),
    yesterday: choiceResult(today, ({ ask }) => rule(ask, lambdaBefore)),
    stopped: stoppedDay(today, budgetNano, lambdaBefore, rule),
    greedy: greedyDay(today, budgetNano),
    cheap,
    reference: fixedDay(today, 1),
  };
}

/**
 * Recorded costs, times a context length that both candidates share and the estimate knows, times what no estimate knows: both
 * heavy-tailed, because real traffic is and examination questions are not.
 */
function drawFrom(prompts: Recorded[], random: () => number): (hardness: number | undefined) => SimulatedAsk {
  const sorted = [...prompts].sort((a, b) => a.hardness - b.hardness);
  return (hardness) => {
    const place = hardness === undefined ? random() : 0.4 * random() + 0.6 * hardness;
    const { ask } = sorted[Math.min(sorted.length - 1, Math.floor(place * sorted.length))]!;
    const length = Math.exp(normalOf(random) - 0.5);
    const [cheap, reference] = ask.options.map((option) => ({
      ...option,
      expectedNano: option.expectedNano * length,
      actualNano: option.actualNano * length * Math.exp(0.6 * normalOf(random) - 0.18),
    }));
    return { options: [cheap!, reference!] };
  };
}

async function recordedAsks(set: (typeof sets)[number]): Promise<Recorded[]> {
  const { rows } = await readOutcomes(fileURLToPath(new URL(`${set.file}.jsonl.gz`, folder)));
  const canonical = canonicalModels();
  const used = rows.filter(({ outcomes }) =>
    [set.cheap, set.reference].every((model) => outcomes.get(model)?.costUsd !== undefined),
  );
  const training = used.map((row) => trainingRow(set.file, row, canonical));
  const models = [set.reference, set.cheap].map(
    (model): PredictedModel => ({ id: canonical(model), aliases: [], scores: [] }),
  );
  // As a decision without learned lengths would have it: every prompt costs the mean of its candidate.
  const meanNano = (model: string) =>
    (1e9 * used.reduce((sum, { outcomes }) => sum + outcomes.get(model)!.costUsd!, 0)) / used.length;
  const expected = { cheap: meanNano(set.cheap), reference: meanNano(set.reference) };
  const found: Recorded[] = [];
  for (let held = 0; held < folds; held++) {
    const isHeld = (i: number) => foldOf(training[i]!.promptHash, folds, 1) === held;
    const seen = training.filter((_, i) => !isHeld(i));
    const headsFor = new Set(models.map(({ id }) => id));
    const predictor = createPredictor(fitPredictor(seen, { ...defaultFit, headsFor }));
    used.forEach(({ outcomes }, i) => {
      if (!isHeld(i)) return;
      const { loss } = predictor.predict(
        { ...training[i]!, ask: predictor.read(training[i]!.vector) },
        models[0]!,
        models,
      )[1]!;
      const option = (model: string, expectedNano: number, one: { mean: number; high: number }) => ({
        expectedNano,
        actualNano: 1e9 * outcomes.get(model)!.costUsd!,
        loss: one.mean,
        lossHigh: one.high,
        score: outcomes.get(model)!.score,
      });
      const scores = [...outcomes.values()].map(({ score }) => score);
      found.push({
        hardness: 1 - scores.reduce((sum, score) => sum + score, 0) / scores.length,
        ask: {
          options: [
            option(set.cheap, expected.cheap, loss),
            option(set.reference, expected.reference, { mean: 0, high: 0 }),
          ],
        },
      });
    });
  }
  return found;
}
