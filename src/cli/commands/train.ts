import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { createCatalog } from '../../catalog/index.ts';
import {
  OutcomesFileError,
  readOutcomes,
  TasksFileError,
  TrainingError,
  type TrainingReport,
  type TrainingSet,
  train,
  trainingTasks,
} from '../../evaluation/index.ts';
import { CommandError, type CommandIo } from '../io.ts';
import { packageVersion } from '../version.ts';

interface TrainFlags {
  data: string;
  tasks?: string;
  out: string;
  date?: string;
  seed: number;
  json?: boolean;
}

const endings = ['.jsonl.gz', '.jsonl'];

/** Fits the router's artefact. Only sets that the tasks file marks «train» are read; a set without a recorded licence is refused. */
export function register(program: Command, io: CommandIo): void {
  program
    .command('train')
    .description('Fit the router on recorded outcomes and write its artefact')
    .requiredOption('--data <folder>', 'folder with outcomes files')
    .option(
      '--tasks <file>',
      'tasks file that says what may be fitted (default: tasks.json in the data folder)',
    )
    .requiredOption('--out <file>', 'where to write the artefact')
    .option('--date <date>', 'ISO date for the record (default: today)', isoDate)
    .option('--seed <n>', 'partition of the prompts into folds', wholeNumber, 1)
    .option('--json', 'print one JSON document')
    .action((flags: TrainFlags) => run(flags, io));
}

async function run(flags: TrainFlags, io: CommandIo): Promise<void> {
  try {
    const folder = resolve(io.cwd, flags.data);
    const tasks = trainingTasks(readJson(resolve(io.cwd, flags.tasks ?? join(folder, 'tasks.json'))));
    const sets: TrainingSet[] = [];
    for (const name of tasks.files) {
      const file = findFile(folder, name);
      const { rows, contaminated } = await readOutcomes(file);
      io.err(
        `${name}: ${rows.length} rows${contaminated > 0 ? `, ${contaminated} contaminated left out` : ''}\n`,
      );
      sets.push({ name, rows, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') });
    }
    const { artefact, report } = train(sets, {
      pairs: tasks.pairs,
      seed: flags.seed,
      date: flags.date ?? new Date().toISOString().slice(0, 10),
      code: packageVersion(),
      published: createCatalog({ providers: [] }).models(),
      progress: (text) => io.err(`${text}\n`),
    });
    const out = resolve(io.cwd, flags.out);
    const text = `${JSON.stringify(artefact, null, 2)}\n`;
    writeFileSync(out, text);
    io.err(`Wrote ${out}: ${Math.round(text.length / 1024)} KiB, ${artefact.id}\n`);
    io.out(flags.json === true ? `${JSON.stringify({ artefact: artefact.id, ...report })}\n` : shown(report));
  } catch (error) {
    const expected =
      error instanceof OutcomesFileError || error instanceof TasksFileError || error instanceof TrainingError;
    throw expected ? new CommandError(error.message, 1, { cause: error }) : error;
  }
}

function findFile(folder: string, name: string): string {
  const file = endings.map((ending) => join(folder, `${name}${ending}`)).find((path) => existsSync(path));
  if (file !== undefined) return file;
  throw new CommandError(
    `${folder} has no ${name}.jsonl.gz; --data must name the folder of the outcomes files.`,
  );
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CommandError(`${file} cannot be read as JSON; --tasks must name the tasks file.`, 1, { cause });
  }
}

function shown(report: TrainingReport): string {
  const lines = [`${report.rows} rows of ${report.models} models`, '', 'evidence (work|language): rows'];
  for (const [cell, rows] of Object.entries(report.evidence)) lines.push(`  ${cell.padEnd(24)} ${rows}`);
  lines.push('', 'pair                         n   in-domain APGR save@95/98   left-out APGR save@95/98');
  for (const [id, { n, inDomain, leftOut }] of Object.entries(report.pairs)) {
    const part = (figures: typeof inDomain) =>
      `${figures.apgr.toFixed(3)}  ${figures.save95.toFixed(2)}/${figures.save98.toFixed(2)}`;
    lines.push(`${id.padEnd(24)} ${String(n).padStart(5)}   ${part(inDomain).padEnd(26)} ${part(leftOut)}`);
  }
  const { coverage } = report;
  lines.push(
    '',
    `intervals hold for ${percent(coverage.folded)} of groups of unseen prompts, ${percent(coverage.leftOut)} of unseen benchmarks`,
  );
  return `${lines.join('\n')}\n`;
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function isoDate(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text))
    throw new InvalidArgumentError('give an ISO date such as 2026-11-23.');
  return text;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('give a whole number.');
  return value;
}
