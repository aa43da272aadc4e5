import {
  type CellKey,
  cellKey,
  embed,
  type Guess,
  logistic,
  type ModelParameters,
  modelKey,
  nearness,
  splitPreset,
  type TaskFamily,
  type Weights,
} from '../../router/index.ts';
import { addRow, type Design, dotRow } from './design.ts';
import { effortPriors, withUnseenCells } from './efforts.ts';
import type { FitOptions } from './fit-options.ts';
import { minimiseSmooth } from './lbfgs.ts';
import { logLoss, ridge, weightsOf } from './logistic.ts';
import type { TrainingRow } from './row.ts';
import type { Space } from './space.ts';

/**
 * Rows that the mean of a cell must have before it counts more than the model's ability. The kind of work is a feature of the head as well; where
 * cells were trusted sooner, rankings of rows not seen got worse on every small file.
 */
const cellPriorRows = 2_000;

/** One outcome of one model: the row, the score, and what the levels above expect, in logits. */
export interface Answer {
  row: number;
  score: number;
  offset: number;
}

export interface ModelsData {
  rows: TrainingRow[];
  design: Design;
  space: Space;
  abilities: ReadonlyMap<string, number>;
  /** Answers by model. */
  own: ReadonlyMap<string, Answer[]>;
}

/** What is left of each model's own outcomes when its ability and the pooled weights are taken off: cells, head, and where it was tested. */
export function fitModels(data: ModelsData, options: FitOptions): Map<string, ModelParameters> {
  const { rows, abilities, own } = data;
  const effortOf = effortPriors(rows, abilities);
  const cellsOf = new Map([...own].map(([model, mine]) => [model, fitCells(rows, mine, effortOf(model))]));
  const families = new Map<string, Pick<ModelParameters, 'head' | 'near'>>();
  // What an ask changes is learned once for the presets of a model: apart they would differ by noise, and a pick between them is all difference.
  const familyOf = (name: string) => {
    const family = splitPreset(name).model;
    let fitted = families.get(family);
    if (fitted === undefined) {
      const answers = [...own]
        .filter(([other]) => splitPreset(other).model === family)
        .flatMap(([other, mine]) => withCells(rows, mine, cellsOf.get(other)!));
      fitted = { head: fitHead(data.design, answers, options), near: nearOf(data, answers) };
      families.set(family, fitted);
    }
    return fitted;
  };
  const models = new Map<string, ModelParameters>();
  for (const model of [...abilities.keys()].sort()) {
    const effort = effortOf(model);
    const cells = cellsOf.get(model)!;
    const wanted = options.headsFor === undefined || options.headsFor.has(model);
    models.set(modelKey(model), {
      names: [modelKey(model)],
      ability: abilities.get(model)!,
      rows: own.get(model)!.length,
      cells: effort === undefined ? cells : withUnseenCells(cells, effort),
      ...(wanted ? familyOf(model) : { head: undefined, near: new Uint8Array(0) }),
    });
  }
  return models;
}

/** Answers per prototype, up to 255. */
function nearOf({ rows, space: { embedding, prototypes } }: ModelsData, answers: Answer[]): Uint8Array {
  const near = new Uint8Array(prototypes.rows.length / prototypes.dimensions);
  for (const { row } of answers) {
    const { prototype } = nearness(embed(rows[row]!.vector.active, embedding), prototypes);
    if (prototype >= 0 && near[prototype]! < 255) near[prototype]! += 1;
  }
  return near;
}

interface CellSums {
  rows: number;
  error: number;
  information: number;
  prior: Guess | undefined;
}

/** One Newton step from «no better and no worse than its ability says», or than its effort does, shrunk by rows that nobody gave. */
function fitCells(
  rows: TrainingRow[],
  answers: Answer[],
  priorOf?: (task: TaskFamily) => Guess,
): ModelParameters['cells'] {
  const sums = new Map<CellKey, CellSums>();
  for (const { row, score, offset } of answers) {
    const { task, language } = rows[row]!;
    const key = cellKey(task, language);
    const cell = sums.get(key) ?? { rows: 0, error: 0, information: 0, prior: priorOf?.(task) };
    const expected = logistic(offset + (cell.prior?.mean ?? 0));
    cell.rows += 1;
    cell.error += score - expected;
    cell.information += expected * (1 - expected);
    sums.set(key, cell);
  }
  return new Map(
    [...sums].map(([key, { rows: count, error, information, prior }]) => {
      const shrunk =
        prior === undefined ? information * (1 + cellPriorRows / count) : information + 1 / prior.sd ** 2;
      return [key, { rows: count, offset: (prior?.mean ?? 0) + error / Math.max(1e-6, shrunk) }];
    }),
  );
}

/** Answers with what their cells add to what is expected of them. */
function withCells(rows: TrainingRow[], answers: Answer[], cells: ModelParameters['cells']): Answer[] {
  return answers.map((answer) => {
    const { task, language } = rows[answer.row]!;
    return { ...answer, offset: answer.offset + (cells.get(cellKey(task, language))?.offset ?? 0) };
  });
}

function fitHead(design: Design, answers: Answer[], options: FitOptions): Weights {
  const penalty = (index: number) => (index === 0 ? 1 : options.penalty.head);
  const objective = (x: Float64Array, gradient: Float64Array) => {
    let value = ridge(x, gradient, undefined, penalty);
    for (const { row, score, offset } of answers) {
      const logit = offset + dotRow(design, row, x, 0);
      value += logLoss(logit, score);
      addRow(design, row, gradient, 0, logistic(logit) - score);
    }
    return value;
  };
  const solution = minimiseSmooth(objective, new Float64Array(design.columns), options.iterationsMax.head);
  return weightsOf(solution, 0, design);
}
