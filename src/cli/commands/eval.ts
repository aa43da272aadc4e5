import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type Evaluation,
  EvaluationError,
  type EvaluationRow,
  evaluate,
  type Interval,
  type NamedRows,
  OutcomesFileError,
  type PriceTable,
  readOutcomes,
} from '../../evaluation/index.ts';
import { isObject } from '../../protocol/index.ts';
import {
  ArtefactError,
  decodeArtefact,
  loadShippedPredictor,
  type PredictorParameters,
} from '../../router/index.ts';
import { CommandError, type CommandIo } from '../io.ts';

interface EvalFlags {
  reference: string;
  candidates: string[];
  train?: string[];
  artefact?: string | true;
  prices?: string;
  folds: number;
  seed: number;
  bootstrap: number;
  leaveOut?: 'source' | 'sub';
  json?: boolean;
}

/** Measures routing on recorded outcomes: any file in the outcomes format works, the user's own above all. */
export function register(program: Command, io: CommandIo): void {
  program
    .command('eval')
    .description('Measure quality and cost of routing on recorded outcomes')
    .argument('<file...>', 'outcomes files: JSONL, gzip or plain')
    .requiredOption('--reference <model>', 'the model that quality is relative to, as the files call it')
    .requiredOption('--candidates <models>', 'cheaper models, separated by commas', namesOf)
    .option('--train <files...>', 'fit on these files and test on the others, instead of on folds')
    .option('--artefact [file]', 'test this artefact as it is; without a file, the shipped one')
    .option('--prices <file>', 'JSON: model to [input, output] in USD per 1M tokens, for rows without a cost')
    .option('--folds <n>', 'folds by prompt text', atLeast(2), 5)
    .option('--seed <n>', 'of folds and bootstrap', atLeast(0), 1)
    .option('--bootstrap <n>', 'replicates for the intervals', atLeast(20), 1000)
    .addOption(
      new Option('--leave-out <by>', 'also fit without each group in turn').choices(['source', 'sub']),
    )
    .option('--json', 'print one JSON document')
    .action((files: string[], flags: EvalFlags) => run(files, flags, io));
}

async function run(paths: string[], flags: EvalFlags, io: CommandIo): Promise<void> {
  if (flags.train !== undefined && flags.artefact !== undefined) {
    throw new CommandError(
      'Give --train or --artefact, not both: one fits anew, the other tests what is there.',
      2,
    );
  }
  try {
    const prices = flags.prices === undefined ? undefined : readPrices(resolve(io.cwd, flags.prices));
    const tested = await readAll(paths, io, prices);
    const train = flags.train === undefined ? undefined : (await readAll(flags.train, io, prices)).files;
    const artefact = flags.artefact === undefined ? undefined : loadArtefact(flags.artefact, io);
    const evaluation = evaluate(tested.files, {
      reference: flags.reference,
      candidates: flags.candidates,
      folds: flags.folds,
      seed: flags.seed,
      bootstrap: flags.bootstrap,
      leaveOut: flags.leaveOut,
      train,
      artefact,
      progress: (text) => io.err(`${text}\n`),
    });
    const overlap = paths.filter((path) => artefact?.trainedOn.has(digestOf(resolve(io.cwd, path))) === true);
    const notes = [...evaluation.notes, ...overlap.map(seenNote)];
    const { excluded_because: because } = evaluation;
    const result = {
      ...evaluation,
      notes,
      excluded: evaluation.excluded + tested.contaminated,
      excluded_because: { ...because, contaminated: tested.contaminated },
    };
    for (const note of notes) io.err(`${note}\n`);
    io.out(flags.json === true ? `${JSON.stringify(result)}\n` : shown(result));
  } catch (error) {
    const expected =
      error instanceof OutcomesFileError ||
      error instanceof EvaluationError ||
      error instanceof ArtefactError;
    throw expected ? new CommandError(error.message, 1, { cause: error }) : error;
  }
}

async function readAll(
  paths: string[],
  io: CommandIo,
  prices: PriceTable | undefined,
): Promise<{ files: NamedRows[]; contaminated: number }> {
  const files: NamedRows[] = [];
  let contaminated = 0;
  for (const path of paths) {
    const file = await readOutcomes(resolve(io.cwd, path), prices);
    contaminated += file.contaminated;
    files.push({ name: basename(path).replace(/\.jsonl(\.gz)?$/, ''), rows: file.rows });
  }
  return { files, contaminated };
}

function loadArtefact(given: string | true, io: CommandIo): PredictorParameters {
  if (given === true) return loadShippedPredictor().parameters;
  const file = resolve(io.cwd, given);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CommandError(
      `${file} cannot be read as JSON; --artefact must name what \`yumen train\` wrote.`,
      1,
      {
        cause,
      },
    );
  }
  return decodeArtefact(value);
}

const digestOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

const seenNote = (path: string) =>
  `The artefact was trained on ${basename(path)} itself: its figures there say how well it remembers, not how well it routes.`;

function readPrices(file: string): PriceTable {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CommandError(`${file} cannot be read as JSON; --prices must name a price file.`, 1, { cause });
  }
  const entries = isObject(value) ? Object.entries(value) : [];
  const table = new Map<string, { input: number; output: number }>();
  for (const [model, price] of entries) {
    const [input, output] = Array.isArray(price)
      ? price
      : isObject(price)
        ? [price['input'], price['output']]
        : [];
    if (typeof input !== 'number' || typeof output !== 'number' || input < 0 || output < 0) {
      throw new CommandError(
        `The price of ${model} in ${file} must be [input, output] in USD per 1M tokens.`,
      );
    }
    table.set(model, { input, output });
  }
  if (table.size === 0) {
    throw new CommandError(
      `${file} must be a JSON object from model name to [input, output] in USD per 1M tokens.`,
    );
  }
  return table;
}

const columns = [
  'row',
  'split',
  'quality',
  'usd/1k',
  'save@95',
  '@98',
  '@100',
  'APGR [95 %]',
  'CPT50',
  'CPT80',
  'AIQ',
];

function shown(evaluation: Omit<Evaluation, 'excluded_because'>): string {
  const cells = [columns, ...evaluation.rows.map(cellsOf)];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  for (const row of evaluation.rows) {
    for (const [target, { quality_ratio, save }] of Object.entries(row.honest ?? {})) {
      lines.push(
        `${row.name} (${row.split}), honest threshold for ${target} %: kept ${percent(quality_ratio)} of the quality, saved ${percent(save)}`,
      );
    }
    for (const [group, { n, apgr }] of Object.entries(row.groups ?? {})) {
      lines.push(`${row.name} (${row.split}) ${group}: APGR ${apgr?.toFixed(3) ?? '–'}, ${n} rows`);
    }
  }
  lines.push(`${evaluation.n} rows, ${evaluation.excluded} excluded`);
  return `${lines.join('\n')}\n`;
}

function cellsOf(row: EvaluationRow): string[] {
  const save = (target: '95' | '98' | '100') => figure(row.save[target], 2);
  return [
    row.name,
    row.split,
    row.quality.toFixed(3),
    (1000 * row.cost_usd).toFixed(4),
    save('95'),
    save('98'),
    save('100'),
    `${figure(row.apgr, 3)}${interval(row.ci['apgr'], row.apgr)}`,
    figure(row.cpt50, 2),
    figure(row.cpt80, 2),
    figure(row.aiq, 3),
  ];
}

const figure = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits));
const interval = (value: Interval | undefined, of: number | null) =>
  value === undefined || of === null ? '' : ` [${value[0].toFixed(3)}, ${value[1].toFixed(3)}]`;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function namesOf(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === ''))
    throw new InvalidArgumentError('give model names separated by commas.');
  return names;
}

function atLeast(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least) {
      throw new InvalidArgumentError(`give a whole number of at least ${least}.`);
    }
    return value;
  };
}
