import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  costQualitySvg,
  type Evaluation,
  EvaluationError,
  type EvaluationRow,
  evaluate,
  type Interval,
  type NamedRows,
  OutcomesFileError,
  type PriceTable,
  readOutcomes,
  routerIds,
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
  routers?: string[];
  newModel?: number;
  plot?: string;
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
    .option(
      '--train <files...>',
      'fit on these files and test on the others, instead of on folds; with --leave-out, fit on them too',
    )
    .option('--artefact [file]', 'test this artefact as it is; without a file, the shipped one')
    .option('--prices <file>', 'JSON: model to [input, output] in USD per 1M tokens, for rows without a cost')
    .option('--folds <n>', 'folds by prompt text', atLeast(2), 5)
    .option('--seed <n>', 'of folds and bootstrap', atLeast(0), 1)
    .option('--bootstrap <n>', 'replicates for the intervals', atLeast(20), 1000)
    .addOption(
      new Option('--leave-out <by>', 'also fit without each group in turn').choices(['source', 'sub']),
    )
    .option('--routers <ids>', `routers to measure, separated by commas: ${routerIds.join(', ')}`, namesOf)
    .option(
      '--new-model <n>',
      'also route with each candidate as if it were new, known by n prompts',
      atLeast(1),
    )
    .option('--plot <file>', 'write cost and quality of every policy as SVG')
    .option('--json', 'print one JSON document (docs/eval.schema.json)')
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
      probes: flags.newModel,
      routers: flags.routers,
      curves: flags.plot !== undefined,
      progress: (text) => io.err(`${text}\n`),
    });
    const overlap = paths.filter((path) => artefact?.trainedOn.has(digestOf(resolve(io.cwd, path))) === true);
    const notes = [...evaluation.notes, ...overlap.map(seenNote)];
    const { excluded_because: because } = evaluation;
    const result: Evaluation = {
      ...evaluation,
      notes,
      excluded: evaluation.excluded + tested.contaminated,
      excluded_because: { ...because, contaminated: tested.contaminated },
    };
    for (const note of notes) io.err(`${note}\n`);
    if (flags.plot !== undefined) {
      const title = `${flags.candidates.join(', ')} → ${flags.reference}`;
      writePlot(resolve(io.cwd, flags.plot), costQualitySvg(result, title));
    }
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

function writePlot(file: string, svg: string): void {
  try {
    writeFileSync(file, svg);
  } catch (cause) {
    throw new CommandError(`${file} cannot be written; --plot must name a file in a folder that exists.`, 1, {
      cause,
    });
  }
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

function shown(evaluation: Evaluation): string {
  const cells = [columns, ...evaluation.rows.map(cellsOf)];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  for (const row of evaluation.rows) lines.push(...detailsOf(row));
  lines.push(`${evaluation.n} rows, ${evaluation.excluded} excluded`);
  return `${lines.join('\n')}\n`;
}

function detailsOf(row: EvaluationRow): string[] {
  const who = `${row.name} (${row.split})`;
  const lines: string[] = [];
  for (const [metric, { difference, ci }] of Object.entries(row.ours_ahead ?? {})) {
    if (metric !== 'apgr' && metric !== 'aiq' && metric !== 'save98') continue;
    const verdict = ci[0] > 0 ? 'ahead' : ci[1] < 0 ? 'behind' : 'no difference shown';
    lines.push(
      `ours less ${who}, ${metric}: ${signed(difference)} [${signed(ci[0])}, ${signed(ci[1])}] ${verdict}`,
    );
  }
  if (row.unseen !== undefined) {
    for (const [metric, { difference, ci }] of Object.entries(row.unseen.loss)) {
      lines.push(
        `${row.unseen.model} known by ${row.unseen.probes} prompts costs ${metric} ${signed(difference)} [${signed(ci[0])}, ${signed(ci[1])}]`,
      );
    }
  }
  if (row.router !== 'ours' || row.unseen !== undefined) return lines;
  for (const [target, { quality_ratio, save, random_save, ci }] of Object.entries(row.honest ?? {})) {
    const mix = random_save === null ? '' : `; a random mix of equal quality saves ${percent(random_save)}`;
    lines.push(
      `${who}, honest threshold for ${target} %: kept ${percent(quality_ratio)}${range(ci['quality_ratio'])} of the quality, saved ${percent(save)}${range(ci['save'])}${mix}`,
    );
  }
  for (const [group, { n, apgr }] of Object.entries(row.groups ?? {})) {
    lines.push(`${who} ${group}: APGR ${apgr?.toFixed(3) ?? '–'}, ${n} rows`);
  }
  for (const [model, { ece, brier, brier_constant }] of Object.entries(row.calibration ?? {})) {
    lines.push(
      `${who} ${model}: calibration error ${percent(ece)}, Brier ${brier.toFixed(3)} (of its mean ${brier_constant.toFixed(3)})`,
    );
  }
  for (const [by, slices] of Object.entries(row.slices ?? {})) {
    for (const [name, { n, apgr, honest98, ci }] of Object.entries(slices)) {
      const gap = apgr === null ? '' : `, APGR ${apgr.toFixed(3)}${interval(ci['apgr'], apgr)}`;
      const kept =
        honest98 === null
          ? ''
          : `, at 98 % kept ${percent(honest98.quality_ratio)}${range(ci['quality_ratio'])}, saved ${percent(honest98.save)}`;
      lines.push(`${who} ${by} ${name}: ${n} rows${gap}${kept}`);
    }
  }
  return lines;
}

function cellsOf(row: EvaluationRow): string[] {
  const save = (target: '95' | '98' | '100') => figure(row.save[target], 2);
  return [
    row.unseen === undefined ? row.name : `${row.name}, new ${row.unseen.model}`,
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
const range = (value: Interval | undefined) =>
  value === undefined ? '' : ` [${(100 * value[0]).toFixed(1)}, ${(100 * value[1]).toFixed(1)}]`;
const signed = (value: number) => `${value < 0 ? '' : '+'}${value.toFixed(3)}`;
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
