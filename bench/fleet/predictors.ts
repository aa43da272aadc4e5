import { acceptanceWithout, answeredAsks } from '../../src/evaluation/cascades/acceptance-fits.ts';
import { outOfSample, readEntries } from '../../src/evaluation/cascades/priors.ts';
import type { NamedRows, OutcomeRow } from '../../src/evaluation/index.ts';
import { canonicalModels } from '../../src/evaluation/known-models.ts';
import { artefactRouter } from '../../src/evaluation/routers/ours.ts';
import type { FittedRouter, OfflineRouter } from '../../src/evaluation/routers/router.ts';
import { defaultFit, fitPredictor } from '../../src/evaluation/training/fit.ts';
import {
  type AcceptanceParameters,
  createPredictor,
  loadShippedPredictor,
  type Predictor,
  type PredictorParameters,
  readAsk,
} from '../../src/router/index.ts';

/** A part of the rows and the predictor that decides them, on both sides of the comparison. */
export interface Part {
  key: string;
  rows: OutcomeRow[];
  predictor: Predictor;
  /** P(right) of the models asked for, as evaluation sees it. */
  quality(row: OutcomeRow): Float64Array;
  /** Upper bounds of their losses against the last of them. */
  lossHigh(row: OutcomeRow): number[];
  acceptance: AcceptanceParameters;
}

const seed = 1;

/**
 * Folds by prompt text, each decided by a fit on the file's other folds. `votes`: how answers agree is fitted on the other folds too; else nobody
 * compares answers. Intervals are calibrated as the shipped ones are.
 */
export function foldedParts(file: NamedRows, models: string[], votes: boolean, folds = 5): Part[] {
  const fits: { parameters: PredictorParameters; router: FittedRouter }[] = [];
  const { calibration, acceptance: shipped } = loadShippedPredictor().parameters;
  const ours: OfflineRouter = {
    id: 'ours',
    name: 'ours',
    fit(prompts, ids, options) {
      const training = prompts.rows.map((row) => row.training);
      const fitted = fitPredictor(training, { ...defaultFit, headsFor: new Set(ids) }, { calibration });
      const own = artefactRouter(fitted, () => {}).fit(prompts, ids, options);
      fits.push({ parameters: fitted, router: own });
      return own;
    },
  };
  const options = { router: ours, folds, seed, progress: () => {} };
  const entries = readEntries([file]);
  const prompts = new Map(entries.map(({ row, prompt }) => [row, prompt]));
  const priors = outOfSample(file.name, models, entries, 'in-domain', options);
  const acceptanceOf = votes ? acceptanceWithout(answeredAsks(priors)) : () => shipped;
  // In this order the fits were made.
  const keys = [...new Set(priors.held.values())].sort();
  return keys.map((key, k) => {
    const acceptance = acceptanceOf(key);
    const { parameters, router } = fits[k]!;
    const predictor = createPredictor({ ...parameters, acceptance });
    return {
      key,
      rows: file.rows.filter((row) => priors.held.get(row) === key),
      predictor,
      // A route's estimates are relative to its reference.
      quality: (row) => router.quality(prompts.get(row)!, models.length - 1),
      lossHigh: boundsOf(predictor, models),
      acceptance,
    };
  });
}

/** The shipped predictor as it is, which may have been fitted on these very rows. */
export function shippedPart(file: NamedRows, models: string[]): Part {
  const predictor = loadShippedPredictor();
  const ids = models.map(canonicalModels());
  const router = artefactRouter(predictor.parameters, () => {}).fit({ rows: [], answeredBy: never }, ids, {
    seed,
  });
  const prompts = new Map(readEntries([file]).map(({ row, prompt }) => [row, prompt]));
  return {
    key: 'all',
    rows: file.rows,
    predictor,
    quality: (row) => router.quality(prompts.get(row)!, models.length - 1),
    lossHigh: boundsOf(predictor, models),
    acceptance: predictor.parameters.acceptance,
  };
}

function boundsOf(predictor: Predictor, names: readonly string[]): Part['lossHigh'] {
  const models = names.map((name) => ({ id: canonicalModels()(name), aliases: [], scores: [] }));
  return ({ prompt }) => {
    const { vector, task, language } = readAsk(prompt);
    const request = { ask: predictor.read(vector), task, language };
    return predictor.predict(request, models.at(-1)!, models).map(({ loss }) => loss.high);
  };
}

function never(): never {
  throw new Error('nothing is fitted');
}
