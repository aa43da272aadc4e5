/**
 * How well the length of answers is forecast on recorded outcomes: predict, then learn, in random order, beside the fixed table by family of
 * work and beside the running mean of each model. `npm run bench:lengths [FOLDER]`
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readOutcomes } from '../src/evaluation/outcomes/read.ts';
import { readAsk } from '../src/router/features/vector.ts';
import type { TaskFamily } from '../src/router/index.ts';
import { OutputLengths } from '../src/router/lengths/output-lengths.ts';
import { type AnswerFormat, usualOutputTokens } from '../src/router/lengths/prior.ts';

const folder = process.argv[2] ?? join('..', 'shared', 'data', 'routing');
const files = ['core24', 'mmlu_pro', 'bfcl', 'lawbench'];
const group = 100;
const modelRowsMin = 300;

interface Answer {
  model: string;
  task: TaskFamily;
  format: AnswerFormat;
  askChars: number;
  tokens: number;
}

const answers: Answer[] = [];
for (const file of files) {
  const path = join(folder, `${file}.jsonl.gz`);
  if (!existsSync(path)) {
    console.log(`${path} is absent: skipped`);
    continue;
  }
  for (const row of (await readOutcomes(path)).rows) {
    const ask = readAsk(row.prompt);
    const format = 'free';
    for (const [model, { outTokens }] of row.outcomes) {
      if (outTokens === undefined || outTokens <= 0) continue;
      answers.push({
        model: `${file}/${model}`,
        task: ask.task,
        format,
        askChars: row.prompt.length,
        tokens: outTokens,
      });
    }
  }
}
shuffle(answers, 1);

class Errors {
  count = 0;
  squares = 0;
  predicted = 0;
  actual = 0;
  groups = 0;
  groupError = 0;
  #predicted = 0;
  #actual = 0;

  add(predicted: number, actual: number): void {
    this.count += 1;
    this.squares += Math.log(predicted / actual) ** 2;
    this.predicted += predicted;
    this.actual += actual;
    this.#predicted += predicted;
    this.#actual += actual;
    if (this.count % group > 0) return;
    this.groups += 1;
    this.groupError += Math.abs(this.#predicted - this.#actual) / this.#actual;
    this.#predicted = 0;
    this.#actual = 0;
  }

  get figures(): [number, number, number] {
    return [
      (100 * this.groupError) / this.groups,
      Math.sqrt(this.squares / this.count),
      (100 * this.predicted) / this.actual - 100,
    ];
  }
}

type Method = 'table' | 'model mean' | 'learned';
const methods: Method[] = ['table', 'model mean', 'learned'];
type Row = Record<Method, Errors>;
const newRow = (): Row => ({ table: new Errors(), 'model mean': new Errors(), learned: new Errors() });

const lengths = new OutputLengths();
const means = new Map<string, { count: number; sum: number }>();
const byModel = new Map<string, Row>();
const byTask = new Map<string, Row>();
const all = newRow();
const started = performance.now();
for (const answer of answers) {
  const question = { ...answer, thinking: 'off' as const };
  const mean = means.get(answer.model) ?? { count: 0, sum: 0 };
  const predicted: Record<Method, number> = {
    table: usualOutputTokens[answer.task],
    'model mean': mean.count === 0 ? usualOutputTokens[answer.task] : mean.sum / mean.count,
    learned: lengths.expected(question),
  };
  for (const row of [all, rowOf(byModel, answer.model), rowOf(byTask, answer.task)]) {
    for (const method of methods) row[method].add(predicted[method], answer.tokens);
  }
  means.set(answer.model, { count: mean.count + 1, sum: mean.sum + answer.tokens });
  lengths.observe({ ...question, whole: true });
}
const perAnswerUs = ((performance.now() - started) * 1000) / Math.max(1, answers.length);

if (answers.length > 0) {
  console.log(
    `${answers.length} answers of ${byModel.size} models; predict, then learn, in random order. Each cell:`,
  );
  console.log(
    `error of sums over ${group} requests, %  |  root mean square error of the logarithm  |  bias of the sum, %\n`,
  );
  print('all', [['', all]]);
  print('by family of work', sorted(byTask));
  print(`by model (at least ${modelRowsMin} answers)`, sorted(byModel));
  console.log(
    `predicting and learning: ${perAnswerUs.toFixed(1)} µs an answer; state ${JSON.stringify(lengths.state()).length} bytes`,
  );
}

function sorted(rows: Map<string, Row>): [string, Row][] {
  return [...rows]
    .filter(([, row]) => row.learned.count >= modelRowsMin)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function print(title: string, rows: [string, Row][]): void {
  console.log(
    `${title.padEnd(48)}${'n'.padStart(7)}   ${methods.map((method) => method.padEnd(22)).join('')}`,
  );
  for (const [name, row] of rows) {
    const cells = methods.map((method) => {
      const [sums, log, bias] = row[method].figures;
      return `${sums.toFixed(0).padStart(4)} | ${log.toFixed(2)} | ${bias.toFixed(1).padStart(6)}`.padEnd(22);
    });
    console.log(`${name.padEnd(48)}${String(row.learned.count).padStart(7)}   ${cells.join('')}`);
  }
  const wins = rows.filter(
    ([, row]) => row.learned.figures[0] < Math.min(row.table.figures[0], row['model mean'].figures[0]),
  ).length;
  const middle = methods.map((method) => {
    const errors = rows.map(([, row]) => row[method].figures[0]).sort((a, b) => a - b);
    return `${method} ${errors[Math.floor(errors.length / 2)]?.toFixed(1)}`;
  });
  console.log(`median error of sums: ${middle.join(', ')}; learned is best on ${wins} of ${rows.length}\n`);
}

function rowOf(rows: Map<string, Row>, name: string): Row {
  const row = rows.get(name) ?? newRow();
  rows.set(name, row);
  return row;
}

function shuffle<T>(items: T[], seed: number): void {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}
