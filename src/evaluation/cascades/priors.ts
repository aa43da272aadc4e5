import sets from '../data/training-sets.json' with { type: 'json' };
import type { NamedRows } from '../evaluate.ts';
import { canonicalModels } from '../known-models.ts';
import type { OutcomeRow } from '../outcomes/outcome.ts';
import { type OfflineRouter, type PromptRow, promptRow, trainingPrompts } from '../routers/router.ts';
import { foldOf } from '../training/row.ts';

export type CascadeSplit = 'in-domain' | 'left-out';

/** Estimates for every row of a file by a fit that did not see it, nor, left out, anything of its benchmark or subject. */
export interface OutOfSamplePriors {
  /** What the row was left out with. */
  held: Map<OutcomeRow, string>;
  /** P(right) in the order of `models`. */
  quality: Map<OutcomeRow, Float64Array>;
  models: string[];
}

export interface PriorOptions {
  router: OfflineRouter;
  folds: number;
  seed: number;
  progress: (text: string) => void;
}

interface Entry {
  file: string;
  row: OutcomeRow;
  prompt: PromptRow;
}

/** Rows as routers read them, once for all fits. */
export function readEntries(files: readonly NamedRows[]): Entry[] {
  const canonical = canonicalModels();
  return files.flatMap(({ name, rows }) =>
    rows.map((row) => ({ file: name, row, prompt: promptRow(name, row, canonical) })),
  );
}

/**
 * Out-of-sample estimates of `models` on the rows of `file`. `entries` are what may be fitted on; those of the file itself must be among them. Left out are
 * whole sources, or subjects where the file has but one source; a benchmark that stands in other files too is left out of these as well.
 */
export function outOfSample(
  file: string,
  models: string[],
  entries: readonly Entry[],
  split: CascadeSplit,
  options: PriorOptions,
): OutOfSamplePriors {
  const canonical = canonicalModels();
  const ids = models.map(canonical);
  const own = entries.filter((entry) => entry.file === file);
  const keyOf = split === 'in-domain' ? foldKey(options) : groupKey(file, own);
  const held = new Map(own.map((entry) => [entry.row, keyOf(entry)]));
  const quality = new Map<OutcomeRow, Float64Array>();
  for (const key of [...new Set(held.values())].sort()) {
    options.progress(`${split}, ${file}: without ${key}`);
    const tested = own.filter((entry) => held.get(entry.row) === key);
    const router = options.router.fit(
      trainingPrompts(seenWithout(entries, tested, split, keyOf, key), options.seed),
      ids,
      { seed: options.seed },
    );
    for (const { row, prompt } of tested) quality.set(row, router.quality(prompt, 0));
  }
  return { held, quality, models };
}

const foldKey =
  ({ folds, seed }: PriorOptions) =>
  ({ prompt }: Entry) =>
    `fold ${foldOf(prompt.training.promptHash, folds, seed)}`;

function groupKey(file: string, own: readonly Entry[]): (entry: Entry) => string {
  const sources = new Set(own.map(({ row }) => row.source));
  return ({ row }) => `${file}/${sources.size > 1 ? row.source : (row.sub ?? row.source)}`;
}

function seenWithout(
  entries: readonly Entry[],
  tested: readonly Entry[],
  split: CascadeSplit,
  keyOf: (entry: Entry) => string,
  key: string,
): PromptRow[] {
  if (split === 'in-domain')
    return entries.filter((entry) => keyOf(entry) !== key).map(({ prompt }) => prompt);
  const hashes = new Set(tested.map(({ prompt }) => prompt.training.promptHash));
  const wholeSource = tested.every(({ row }) => key.endsWith(`/${row.source}`));
  const benchmark = wholeSource ? benchmarkOf(tested[0]!) : undefined;
  return entries
    .filter((entry) => !hashes.has(entry.prompt.training.promptHash))
    .filter((entry) => benchmark === undefined || benchmarkOf(entry) !== benchmark)
    .map(({ prompt }) => prompt);
}

const benchmarks: { [group: string]: string | undefined } = sets.benchmarks;
const benchmarkOf = ({ prompt }: Entry) => benchmarks[prompt.training.group] ?? prompt.training.group;
