/**
 * How far a forecast can be trusted, on recorded outcomes that play the models. First with judged requests: of 200 splits of the prompts into a log and the traffic
 * after it, how often the next traffic's saving and quality lie within the forecast's joint 95 % interval, and how wide that is. Then by priors alone, on benchmarks
 * that the router had not learned from. `npm run bench:forecast [-- --write]`: with --write the errors on unseen benchmarks are written to where the forecast
 * reads them. Fails where fewer than 183 of 200 are covered.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadShippedPredictor } from '../../src/router/index.ts';
import { hasData, type RecordedPair, recordedPairs } from './data.ts';
import { judgedCoverage } from './judged.ts';
import { priorCoverage, transferErrors } from './priors.ts';

const runs = 200;
const coveredMin = 183;
const pairsJudged = 300;
const target = 0.98;
/** Requests of the log, and of the traffic after it. */
const sizeMax = 2000;
const tasks = [
  {
    name: 'mmlu',
    benchmarks: ['mmlu'],
    reference: 'gpt-4-1106-preview',
    cheap: 'mistralai/Mixtral-8x7B-Instruct-v0.1',
  },
  { name: 'mmlu-pro', benchmarks: ['mmlu-pro'], reference: 'gemini-1.5-pro-002', cheap: 'DeepSeek-Coder-V2' },
  {
    name: 'maths and code',
    benchmarks: ['gsm8k', 'math', 'crux'],
    reference: 'gpt-4o-2024-08-06',
    cheap: 'deepseek-v2.5',
  },
  { name: 'law, Chinese', benchmarks: ['lawbench'], reference: 'GPT4', cheap: 'GPT-3.5-turbo-0613' },
];
const errorsFile = fileURLToPath(
  new URL('../../src/proof/forecast/data/transfer-errors.json', import.meta.url),
);

if (!hasData()) {
  console.log(
    'The recorded outcomes are not on this machine (../shared/data/routing); nothing was measured.',
  );
} else {
  const started = Date.now();
  const pairs = await recordedPairs((text) => process.stderr.write(`${text}\n`));
  process.stderr.write(`${pairs.length} pairs of models, ${Math.round((Date.now() - started) / 1000)} s\n`);
  const failed = printJudged(pairs);
  printPriors(pairs);
  console.log(`\n${Math.round((Date.now() - started) / 1000)} s`);
  if (failed) process.exitCode = 1;
}

function printJudged(pairs: readonly RecordedPair[]): boolean {
  console.log(
    `${pairsJudged} judged requests of a log; ${runs} splits; covered: next traffic within the joint 95 % interval at the rung recommended for ${100 * target} %`,
  );
  console.log(
    row(
      ['traffic', 'log', 'both', 'saving', 'quality', 'all rungs', 'saved', 'width', 'kept', 'width'].map(
        String,
      ),
    ),
  );
  let failed = false;
  for (const task of tasks) {
    const pair = joined(pairs, task);
    const found = judgedCoverage(pair, { runs, pairs: pairsJudged, size: sizeMax, target });
    if (found.joint < coveredMin) failed = true;
    console.log(
      row([
        task.name,
        String(Math.min(sizeMax, Math.floor(pair.rows.length / 2))),
        `${found.joint}/${runs}`,
        `${found.saving}/${runs}`,
        `${found.quality}/${runs}`,
        `${found.all}/${runs}`,
        percent(found.savingMean),
        percent(found.savingWidth),
        percent(found.qualityMean),
        percent(found.qualityWidth),
      ]),
    );
  }
  return failed;
}

function joined(
  pairs: readonly RecordedPair[],
  { name, benchmarks, reference, cheap }: (typeof tasks)[number],
): RecordedPair {
  const own = pairs.filter(
    (pair) => benchmarks.includes(pair.benchmark) && pair.reference === reference && pair.cheap === cheap,
  );
  if (own.length !== benchmarks.length)
    throw new Error(`The sets lack ${reference} and ${cheap} on ${benchmarks.join(', ')}.`);
  return { ...own[0]!, benchmark: name, rows: own.flatMap(({ rows }) => rows) };
}

function printPriors(pairs: readonly RecordedPair[]): void {
  const errors = transferErrors(pairs.filter(({ mayTeach }) => mayTeach));
  if (process.argv.includes('--write')) {
    const artefact = loadShippedPredictor().parameters.id;
    const note =
      'Written by bench/forecast (--write): errors of the router on benchmarks that it was fitted without.';
    writeFileSync(errorsFile, `${JSON.stringify({ note, artefact, ...errors }, null, 2)}\n`);
  }
  console.log(
    '\nby priors alone, each benchmark by the errors on the others; covered: pairs of models × rungs',
  );
  console.log(
    row([
      'benchmark',
      'pairs',
      'both',
      'saving',
      'quality',
      'width saved',
      'width kept',
      'error',
      'cost error',
    ]),
  );
  const covered = priorCoverage(pairs, errors);
  for (const one of covered)
    console.log(
      row([
        one.mayTeach ? one.benchmark : `${one.benchmark} *`,
        String(one.pairs),
        percent(one.joint),
        percent(one.saving),
        percent(one.quality),
        percent(one.savingWidth),
        percent(one.qualityWidth),
        (errors.loss[one.benchmark] ?? Number.NaN).toFixed(2),
        (errors.cost[one.benchmark] ?? Number.NaN).toFixed(2),
      ]),
    );
  const most = covered.filter(({ joint }) => joint >= 0.95).length;
  console.log(
    `${most} of ${covered.length} benchmarks covered on at least 95 % of their pairs and rungs; * = only measured`,
  );
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(18) : cell.padStart(13))).join('');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
