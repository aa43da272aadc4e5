import {
  type AcceptanceParameters,
  type Calibration,
  type CellKey,
  cellKey,
  type Language,
  type PredictorParameters,
} from '../../router/index.ts';
import { abilitiesOf } from './abilities.ts';
import { publishedAbilities } from './benchmarks.ts';
import { designOf, standardOf } from './design.ts';
import { type Answer, fitModels } from './fit-models.ts';
import { defaultFit, type FitOptions } from './fit-options.ts';
import { fitPooled, scaleOf } from './fit-pooled.ts';
import type { TrainingRow } from './row.ts';
import { fitSpace } from './space.ts';

export { defaultFit, type FitOptions };

/** Before any answer was compared: some shared difficulty, and wrong answers that hardly coincide. */
export const assumedAcceptance: AcceptanceParameters = {
  prior: { intercept: 0, slope: 1 },
  difficulty: 1.5,
  suggestionPerLogit: 0,
  comparisons: {},
  otherwise: { suggestion: 0, rewording: 0.05 },
  faults: { wrong: 0.01, right: 0.001 },
};

/** Before anything is measured: wide. `calibrate` replaces it. */
export const uncalibrated: Calibration = {
  within: 0.05,
  transfer: 0.2,
  transferPerGap: 0.8,
  model: 0.1,
  untestedFactor: 1.5,
  halfRows: 200,
  lossFactor: 1.96,
  qualityFactor: 1.96,
  unknownAbilitySd: 1,
};

/**
 * Fits the three levels as logistic regressions with graded targets. The pooled blocks say how the chance of a right answer depends on the ask for
 * a model of a given ability, so they hold for models without rows; cells and heads say what is left of a model's own
 * outcomes. Deterministic.
 */
export function fitPredictor(
  rows: TrainingRow[],
  options: FitOptions = defaultFit,
  extra: { calibration?: Calibration } = {},
): PredictorParameters {
  const space = options.space ?? fitSpace(rows);
  const standard = { ...standardOf(rows), embedding: space.embedding };
  const design = designOf(rows, standard);
  const bare = abilitiesOf(rows);
  const abilities = abilitiesOf(rows, publishedAbilities(rows, bare));
  const scale = scaleOf([...abilities.values()]);
  const scaled = new Map([...abilities].map(([id, value]) => [id, (value - scale.centre) / scale.spread]));
  const answers = rows.map((row) =>
    [...row.scores].map(([model, score]) => ({
      model,
      score,
      scaled: scaled.get(model)!,
    })),
  );
  const { pooled, expected } = fitPooled({ design, answers, standard, models: abilities.size }, options);
  const own = new Map<string, Answer[]>();
  answers.forEach((row, i) => {
    const logits = expected(i);
    for (const [k, { model, score }] of row.entries()) {
      const list = own.get(model) ?? [];
      list.push({ row: i, score, offset: logits[k]! });
      own.set(model, list);
    }
  });
  const models = fitModels({ rows, design, space, abilities, own }, options);
  return {
    id: 'fitted',
    ...standard,
    prototypes: space.prototypes,
    pooled,
    scale,
    ...evidenceOf(rows),
    models,
    benchmarks: [],
    calibration: extra.calibration ?? uncalibrated,
    acceptance: assumedAcceptance,
    trainedOn: new Set(),
  };
}

function evidenceOf(rows: TrainingRow[]): Pick<PredictorParameters, 'cells' | 'languages'> {
  const cells = new Map<CellKey, number>();
  const languages = new Map<Language, number>();
  for (const row of rows) {
    const key = cellKey(row.task, row.language);
    cells.set(key, (cells.get(key) ?? 0) + 1);
    languages.set(row.language, (languages.get(row.language) ?? 0) + 1);
  }
  return { cells, languages };
}
