/**
 * Cascades on recorded answers: fixed votes, ways of answering weighed by expected cost and loss, and mixed traffic, in domain and with benchmarks left out.
 * `node bench/routing/cascades.ts [FOLDER]`; the folder holds the outcomes files and tasks.json.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchCascades, type CascadeBench } from '../../src/evaluation/cascades/bench.ts';
import { cascadeTasks } from '../../src/evaluation/cascades/tasks.ts';
import type { NamedRows } from '../../src/evaluation/evaluate.ts';
import { readOutcomes } from '../../src/evaluation/outcomes/read.ts';
import { ourRouter } from '../../src/evaluation/routers/ours.ts';

/** Files that may be fitted and shipped, and those that are fitted for their own measurement only. */
const fittedFiles = ['core24', 'routellm', 'mmlu_pro', 'ulab_llmrouter'];
const measuredFiles = ['bfcl'];

export async function runCascades(folder: string): Promise<CascadeBench> {
  const files: NamedRows[] = [];
  for (const name of [...fittedFiles, ...measuredFiles]) {
    files.push({ name, rows: (await readOutcomes(join(folder, `${name}.jsonl.gz`))).rows });
  }
  const tasks = cascadeTasks(JSON.parse(readFileSync(join(folder, 'tasks.json'), 'utf8')));
  return benchCascades(files, tasks, {
    router: ourRouter,
    folds: 5,
    seed: 1,
    bootstrap: 400,
    fittedFiles,
    progress: (text) => process.stderr.write(`${text}\n`),
  });
}

const two = (value: number) => value.toFixed(2);
const three = (value: number) => value.toFixed(3);

export function printCascades(bench: CascadeBench): void {
  console.log(
    'Quality against the reference and saving, with 95 % intervals; s95/98/100: saving on the curve',
  );
  for (const row of bench.rows) {
    const curve =
      row.save === undefined ? '' : `s ${two(row.save[95])}/${two(row.save[98])}/${two(row.save[100])}  `;
    const honest = Object.entries(row.honest).map(([target, { qualityRatio, save, ci }]) => {
      const [low, high] = ci.qualityRatio;
      const label = row.split === 'none' && target === '100' ? '' : `@${target} `;
      return `${label}${three(qualityRatio)} [${three(low)},${three(high)}] ${two(save)}`;
    });
    const name = `${row.task} (${row.n})`.padEnd(24);
    console.log(`${name} ${row.split.padEnd(10)} ${row.plans.padEnd(17)} ${curve}${honest.join('  ')}`);
  }
  console.log(
    '\nMixed traffic, one price of quality for all, chosen elsewhere (rehearsed: aimed as high as the others showed to be needed)',
  );
  for (const { split, plans, target, rehearsed, point, ci, tasks } of bench.claim) {
    const own = Object.entries(tasks).map(([id, one]) => `${id} ${three(one.qualityRatio)} ${two(one.save)}`);
    const [low, high] = ci.save;
    console.log(
      `${split.padEnd(10)} ${plans.padEnd(17)} aim ${two(target)}${rehearsed ? ' rehearsed' : ' plain    '}: quality ${three(point.qualityRatio)} [${ci.qualityRatio.map(three).join(',')}], saved ${two(point.save)} [${two(low)},${two(high)}]  (${own.join('; ')})`,
    );
  }
  console.log('\nCalibration of P(right): before the answers, and after two of three');
  for (const { split, source, figures } of bench.calibration) {
    const bins = figures.bins.map(({ expected, observed, n }) => `${two(expected)}→${two(observed)} (${n})`);
    console.log(
      `${split.padEnd(10)} ${source.padEnd(24)} right ${three(figures.right)}  error ${three(figures.priorError)} → ${three(figures.posteriorError)}  Brier ${three(figures.priorBrier)} → ${three(figures.posteriorBrier)}  ${bins.join(' ')}`,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? fileURLToPath(new URL('../../../shared/data/routing', import.meta.url));
  if (existsSync(folder)) printCascades(await runCascades(folder));
  else console.error('The recorded outcomes are not on this machine; there is nothing to measure.');
}
