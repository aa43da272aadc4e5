import type { AnswerComparison } from '../../router/index.ts';
import type { NamedRows } from '../evaluate.ts';
import type { Outcome, OutcomeRow } from '../outcomes/outcome.ts';
import type { RecordedAnswer } from '../training/acceptance.ts';

/** Recorded answers of some models to the same prompts, as a simulated cascade meets them. Model by model, then row by row. */
export interface RecordedAnswers {
  file: string;
  models: string[];
  rows: OutcomeRow[];
  comparison: AnswerComparison[];
  score: Float64Array[];
  usd: Float64Array[];
  /** Models with the same number gave the same answer; `noAnswer` where none could be read. */
  group: Int16Array[];
}

export const noAnswer = -1;

/** The rows on which every one of the models has an outcome with a cost. */
export function recordedAnswers({ name, rows }: NamedRows, models: string[]): RecordedAnswers {
  const comparisons = comparisonBySource(rows);
  const usable = rows.filter((row) =>
    models.every((model) => row.outcomes.get(model)?.costUsd !== undefined),
  );
  const group = models.map(() => new Int16Array(usable.length));
  usable.forEach((row, i) => {
    const numbers = new Map<string, number>();
    models.forEach((model, m) => {
      group[m]![i] = groupOf(row.outcomes.get(model)!.answer, numbers);
    });
  });
  return {
    file: name,
    models,
    rows: usable,
    comparison: usable.map((row) => comparisons.get(row.source)!),
    score: models.map((model) => Float64Array.from(usable, (row) => row.outcomes.get(model)!.score)),
    usd: models.map((model) => Float64Array.from(usable, (row) => row.outcomes.get(model)!.costUsd!)),
    group,
  };
}

/** Models that have an outcome with a cost on nearly every row, so that asking for all of them loses hardly any row. */
export function pricedModels(rows: OutcomeRow[], shareMin = 0.99): string[] {
  const counts = new Map<string, number>();
  for (const { outcomes } of rows) {
    for (const [model, { costUsd }] of outcomes)
      if (costUsd !== undefined) counts.set(model, (counts.get(model) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count >= shareMin * rows.length).map(([model]) => model);
}

/** The number of an answer among those seen so far. An empty one is an answer: some questions ask what an empty list prints. */
export function groupOf(answer: string | undefined, numbers: Map<string, number>): number {
  if (answer === undefined) return noAnswer;
  const known = numbers.get(answer) ?? numbers.size;
  numbers.set(answer, known);
  return known;
}

/** Who was right and whose answers coincide, among models asked the same, beside what was expected of each. */
export function comparedAnswers(answered: readonly { prior: number; outcome: Outcome }[]): RecordedAnswer[] {
  const numbers = new Map<string, number>();
  return answered.map(({ prior, outcome: { score, answer } }) => {
    const group = groupOf(answer, numbers);
    return { prior, right: score >= 0.5, group: group === noAnswer ? undefined : group };
  });
}

const choice = /^[A-Z]$/;
const number = /^-?[\d,]*\.?\d+%?$/;
/** Share of a source's answers that must look like it. */
const mostly = 0.8;

/**
 * What kind of answers a source asks for, read off all of them: a served request says so itself, a recorded one does not. The same for every row of a
 * source, so that nothing of a row's own answers is known before they come.
 */
export function comparisonBySource(rows: readonly OutcomeRow[]): Map<string, AnswerComparison> {
  const counts = new Map<string, { all: number; choice: number; number: number; call: number }>();
  for (const { source, outcomes } of rows) {
    const count = counts.get(source) ?? { all: 0, choice: 0, number: 0, call: 0 };
    counts.set(source, count);
    for (const { answer } of outcomes.values()) {
      if (answer === undefined || answer === '') continue;
      count.all += 1;
      if (choice.test(answer)) count.choice += 1;
      else if (number.test(answer)) count.number += 1;
      else if (answer.startsWith('[["')) count.call += 1;
    }
  }
  const kindOf = (count: { all: number; choice: number; number: number; call: number }): AnswerComparison => {
    if (count.all === 0) return 'text';
    if (count.choice >= mostly * count.all) return 'choice';
    if (count.number >= mostly * count.all) return 'number';
    return 2 * count.call >= count.all ? 'tool-call' : 'short-text';
  };
  return new Map([...counts].map(([source, count]) => [source, kindOf(count)]));
}
