/**
 * Thinking on or off per request, on a simulated fleet of hybrid models whose truth is known and differs from what is assumed: beside each mode
 * alone, and beside whoever knew the truth; before any outcome, and after 300 and 1,000 labelled asks of one's own. Recorded prompts are asked where
 * they are on this machine, as hard as recorded models found them. `npm run bench:effort [-- DRAWS]`
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readOutcomes } from '../src/evaluation/outcomes/read.ts';
import { loadShippedPredictor } from '../src/router/index.ts';
import {
  type Ask,
  answersTo,
  askOf,
  bigModel,
  compare,
  type HybridModel,
  intervalOf,
  type Learned,
  learnFrom,
  smallModel,
  type Trial,
  truthOf,
  tryAll,
  untaught,
  worlds,
  writtenAsks,
} from '../test/router/effort-simulation.ts';
import { randomSource } from '../test/router/random-source.ts';

const draws = Number(process.argv[2] ?? 8);
const asksPerDraw = 600;
const lambdas = [0.05, 0.1, 0.2, 0.5];
const ownRows = [0, 300, 1000];
const fleets: { name: string; models: HybridModel[] }[] = [
  { name: 'one hybrid model', models: [bigModel] },
  { name: 'two hybrid models', models: [bigModel, smallModel] },
];

const asks = await allAsks();
const shipped = loadShippedPredictor();
for (const { name, models } of fleets) {
  const columns = models.flatMap(({ id }) => [`${id} off`, `${id} on`]);
  console.log(
    `\n${name}; ${draws} draws of the truth, ${asksPerDraw} asks each; quality in points @ USD per 1,000 asks`,
  );
  console.log(
    'gain: worth of picking less that of the best alone (seen afterwards), in points of quality, 95 % interval',
  );
  console.log('saved: cost against a coin between any two alone that reaches the same quality\n');
  console.log(
    [
      'truth'.padEnd(24),
      'λ, USD'.padStart(7),
      'own'.padStart(6),
      ...columns.map((each) => each.padStart(14)),
      'picked'.padStart(14),
      'oracle'.padStart(14),
      'gain'.padStart(22),
      'saved'.padStart(8),
    ].join(''),
  );
  for (const world of worlds) printWorld(world, models);
}

function printWorld(world: (typeof worlds)[number], models: HybridModel[]): void {
  const trials = new Map<string, Trial[][]>();
  for (let draw = 0; draw < draws; draw++) {
    const truth = truthOf(world, models, 1000 + draw);
    const mixed = shuffled(asks, 77 + draw);
    const tested = mixed.slice(0, asksPerDraw);
    const answers = answersTo(tested, truth);
    for (const rows of ownRows) {
      const learned: Learned =
        rows === 0 ? untaught(shipped) : learnFrom(mixed.slice(asksPerDraw, asksPerDraw + rows), truth);
      for (const lambda of lambdas) {
        const key = `${lambda} ${rows}`;
        trials.set(key, [...(trials.get(key) ?? []), tryAll(tested, answers, models, lambda, learned)]);
      }
    }
  }
  for (const lambda of lambdas) {
    for (const rows of ownRows) {
      const drawn = trials.get(`${lambda} ${rows}`)!;
      const { alone, picked, oracle, gainPoints, savedAtEqualQuality } = compare(drawn.flat(), lambda);
      const [low, high] = intervalOf(drawn, (sample) => compare(sample, lambda).gainPoints);
      const cell = ({ quality, costUsd }: { quality: number; costUsd: number }) =>
        `${(100 * quality).toFixed(1)} @ ${(1000 * costUsd).toFixed(2)}`.padStart(14);
      console.log(
        [
          world.name.padEnd(24),
          String(lambda).padStart(7),
          (rows === 0 ? 'prior' : String(rows)).padStart(6),
          ...alone.map(cell),
          cell(picked),
          cell(oracle),
          `${gainPoints.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`.padStart(22),
          (savedAtEqualQuality === undefined ? '–' : savedAtEqualQuality.toFixed(2)).padStart(8),
        ].join(''),
      );
    }
  }
}

/** Recorded prompts of examinations and code, and written ones of the kinds of work that are not recorded, in about equal parts. */
async function allAsks(): Promise<Ask[]> {
  const written = writtenAsks(4000, 5);
  const recorded: Ask[] = [];
  const random = randomSource(9);
  for (const file of ['core24', 'mmlu_pro', 'ulab_llmrouter']) {
    const path = fileURLToPath(new URL(`../../shared/data/routing/${file}.jsonl.gz`, import.meta.url));
    if (!existsSync(path)) continue;
    const { rows } = await readOutcomes(path);
    for (const { prompt, outcomes } of shuffled(rows, 3).slice(0, 1500)) {
      const scores = [...outcomes.values()].map(({ score }) => score);
      const share = (scores.reduce((sum, score) => sum + score, 0) + 0.5) / (scores.length + 1);
      // Recorded models are of ability 0.3 in the mean.
      recorded.push(askOf(prompt, 0.3 - Math.log(share / (1 - share)) + 0.5 * random.normal()));
    }
  }
  const kinds =
    recorded.length === 0 ? 'written' : `${recorded.length} recorded and ${written.length} written`;
  console.log(`asks: ${kinds}`);
  return [...recorded, ...written];
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = randomSource(seed);
  const list = [...items];
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}
