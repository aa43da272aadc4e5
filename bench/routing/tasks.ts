import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EvaluationTask,
  type NamedRows,
  type OutcomeRow,
  type PriceTable,
  readOutcomes,
} from '../../src/evaluation/index.ts';

/** A pair or a pool of the tasks file. */
export interface RoutingTask {
  id: string;
  kind: 'pair' | 'pool';
  file: string;
  sources: string[] | undefined;
  /** Names of a pair: [cheap, reference]; of a pool all, or «all complete». */
  models: string[] | 'all complete';
  leaveOut: 'source' | 'sub';
  /** `measure`: fitted inside the evaluation of its own file only, never for another file and never shipped. */
  use: 'train' | 'measure';
}

interface Entry {
  id: string;
  file: string;
  source?: string[];
  cheap?: string;
  reference?: string;
  models?: string[] | 'all complete';
  leave_out?: 'source' | 'sub';
  use: 'train' | 'measure';
  prices_usd_per_1m?: { [model: string]: [number, number] };
}

/** Files with subjects in one source: where the tasks file does not say what to leave out, these are. */
const filesOfSubjects = new Set(['mmlu_pro']);

export interface TasksFile {
  tasks: RoutingTask[];
  prices: Map<string, PriceTable>;
}

export function readTasks(folder: string): TasksFile {
  const file = JSON.parse(readFileSync(join(folder, 'tasks.json'), 'utf8')) as {
    pairs: Entry[];
    pools: Entry[];
  };
  const prices = new Map<string, PriceTable>();
  const taskOf = (entry: Entry, kind: 'pair' | 'pool'): RoutingTask => {
    const { prices_usd_per_1m: listed } = entry;
    if (listed !== undefined) {
      prices.set(
        entry.file,
        new Map(Object.entries(listed).map(([model, [input, output]]) => [model, { input, output }])),
      );
    }
    return {
      id: entry.id,
      kind,
      file: entry.file,
      sources: entry.source,
      models: kind === 'pair' ? [entry.cheap!, entry.reference!] : entry.models!,
      leaveOut: entry.leave_out ?? (filesOfSubjects.has(entry.file) ? 'sub' : 'source'),
      use: entry.use,
    };
  };
  return {
    tasks: [
      ...file.pairs.map((entry) => taskOf(entry, 'pair')),
      ...file.pools.map((entry) => taskOf(entry, 'pool')),
    ],
    prices,
  };
}

/** No cost is recorded for this model. The price ratio to GPT-4 is the one that routing-data.md assumes for the pair. */
const assumed = [{ file: 'lawbench', model: 'qwen-7b-chat-hf', of: 'GPT4', ratio: 50 }];

/** Files that have prices and the tokens of prompts, but not how long answers were. */
const assumedOutput = [{ file: 'ulab_llmrouter', outTokens: 200 }];

export const assumptions = [
  ...assumed.map(
    ({ file, model, of, ratio }) =>
      `${file}: an answer of ${model} is taken to cost 1/${ratio} of ${of}'s, for want of a recorded cost`,
  ),
  ...assumedOutput.map(
    ({ file, outTokens }) =>
      `${file}: every answer is taken to be ${outTokens} tokens long, for want of recorded lengths`,
  ),
];

export async function readFile(
  folder: string,
  name: string,
  prices: PriceTable | undefined,
): Promise<NamedRows> {
  const { rows } = await readOutcomes(join(folder, `${name}.jsonl.gz`), prices);
  for (const { file, model, of, ratio } of assumed) {
    if (file !== name) continue;
    for (const { outcomes } of rows) {
      const cheap = outcomes.get(model);
      const costUsd = outcomes.get(of)?.costUsd;
      if (cheap !== undefined && costUsd !== undefined)
        outcomes.set(model, { ...cheap, costUsd: costUsd / ratio });
    }
  }
  const length = assumedOutput.find(({ file }) => file === name);
  if (length !== undefined && prices !== undefined) priceAnswers(rows, prices, length.outTokens);
  return { name, rows };
}

function priceAnswers(rows: readonly OutcomeRow[], prices: PriceTable, outTokens: number): void {
  for (const { outcomes } of rows) {
    for (const [model, outcome] of outcomes) {
      const price = prices.get(model);
      if (price === undefined || outcome.costUsd !== undefined || outcome.inTokens === undefined) continue;
      const costUsd = (outcome.inTokens * price.input + outTokens * price.output) / 1_000_000;
      outcomes.set(model, { ...outcome, costUsd });
    }
  }
}

/** The task in the evaluation's terms. A pool's reference is its best single model on the rows that all of its models answered. */
export function evaluationTask(task: RoutingTask, rows: readonly OutcomeRow[]): EvaluationTask {
  const { models, sources, kind } = task;
  if (kind === 'pair') return { reference: models[1]!, candidates: [models[0]!], sources };
  const named = models === 'all complete' ? completeModels(rows) : models;
  if (named.length < 2)
    throw new Error(`${task.id}: fewer than two models have outcomes and costs on every row.`);
  const common = rows.filter(({ outcomes }) =>
    named.every((model) => outcomes.get(model)?.costUsd !== undefined),
  );
  const total = (model: string) => common.reduce((sum, { outcomes }) => sum + outcomes.get(model)!.score, 0);
  const totals = named.map(total);
  const reference = named[totals.indexOf(Math.max(...totals))]!;
  return { reference, candidates: named.filter((model) => model !== reference), sources };
}

/** Models with an outcome and a cost on every row. */
function completeModels(rows: readonly OutcomeRow[]): string[] {
  const [first] = rows;
  return [...(first?.outcomes.keys() ?? [])]
    .filter((model) => rows.every(({ outcomes }) => outcomes.get(model)?.costUsd !== undefined))
    .sort();
}
