/**
 * Every pair and pool of the recorded outcomes, in domain and left out, ours beside the re-implemented routers, then cascades and the claim line;
 * which targets hold and which do not. `npm run bench:routing -- [--only TASK,…] [--routers a,b] [--quick] [--data FOLDER] [--out FILE] [--markdown FILE]`
 */
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { routerIds } from '../../src/evaluation/index.ts';
import { printCascades, runCascades } from './cascades.ts';
import { claimVerdicts } from './claim.ts';
import { groupsOf, type MeasuredTask } from './measure.ts';
import { markdownOf, printTask, printVerdicts } from './print.ts';
import { targets } from './targets.ts';
import { assumptions, readTasks } from './tasks.ts';
import { verdictsOf } from './verdicts.ts';
import { measureAll } from './workers.ts';

const { values: flags } = parseArgs({
  options: {
    data: {
      type: 'string',
      default: fileURLToPath(new URL('../../../shared/data/routing', import.meta.url)),
    },
    only: { type: 'string' },
    routers: { type: 'string' },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
    markdown: { type: 'string' },
  },
});

if (existsSync(flags.data)) await main();
else console.error('The recorded outcomes are not on this machine; there is nothing to measure.');

async function main(): Promise<void> {
  const startedMs = performance.now();
  const { tasks } = readTasks(flags.data);
  const only = flags.only?.split(',');
  const wanted = only === undefined ? tasks : tasks.filter(({ id }) => only.includes(id));
  // A quick look: pairs, few replicates, no cascades and no new models.
  const chosen = flags.quick ? wanted.filter(({ kind }) => kind === 'pair') : wanted;
  const routers = flags.routers?.split(',') ?? routerIds;
  for (const assumption of assumptions) console.log(`Assumed: ${assumption}`);
  const settings = {
    folds: 5,
    seed: Number(flags.seed),
    bootstrap: flags.quick ? 60 : 300,
    routers,
    probes: flags.quick ? undefined : targets.newModel.probes,
  };
  const found: MeasuredTask[] = [];
  await measureAll(
    groupsOf(chosen).map((group) => ({ data: flags.data, tasks: group, settings })),
    (done) => {
      done.forEach(printTask);
      found.push(...done);
    },
  );
  const measured = chosen.flatMap(({ id }) => found.filter(({ task }) => task.id === id));
  const cascades = flags.quick || only !== undefined ? undefined : await runCascades(flags.data);
  if (cascades !== undefined) printCascades(cascades);
  const verdicts = [
    ...verdictsOf(measured, routers),
    ...(cascades === undefined ? [] : claimVerdicts(cascades)),
  ];
  const markdown = markdownOf(measured, routers);
  console.log(`\n${markdown}`);
  printVerdicts(verdicts);
  if (flags.markdown !== undefined) writeFileSync(flags.markdown, markdown);
  if (flags.out !== undefined) {
    writeFileSync(
      flags.out,
      `${JSON.stringify({ assumptions, measured, cascades, verdicts }, undefined, 1)}\n`,
    );
  }
  console.log(`\n${((performance.now() - startedMs) / 60_000).toFixed(1)} minutes`);
}
