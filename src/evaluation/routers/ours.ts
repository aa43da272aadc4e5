import {
  createPredictor,
  type PredictedModel,
  type Predictor,
  type PredictorParameters,
  splitPreset,
} from '../../router/index.ts';
import { knownModels, publishedScores } from '../known-models.ts';
import { fitBenchmarks } from '../training/benchmarks.ts';
import { defaultFit, fitPredictor } from '../training/fit.ts';
import type { FittedRouter, OfflineRouter } from './router.ts';

/** The predictor that serves requests, fitted on the given rows instead of the shipped ones. */
export const ourRouter: OfflineRouter = {
  id: 'ours',
  name: 'ours',
  fit({ rows }, models) {
    const training = rows.map((row) => row.training);
    const parameters = fitPredictor(training, { ...defaultFit, headsFor: new Set(models) });
    const abilities = new Map([...parameters.models].map(([id, model]) => [id, model.ability]));
    const benchmarks = fitBenchmarks(training, abilities, knownModels);
    return routeWith(createPredictor({ ...parameters, benchmarks }), models);
  },
};

/** An artefact as it is: nothing is fitted. `onUnknown` hears of models that the predictor can only guess about. */
export function artefactRouter(
  parameters: PredictorParameters,
  onUnknown: (models: string[]) => void,
): OfflineRouter {
  return {
    id: 'ours',
    name: 'ours',
    fit: (_, models) => routeWith(createPredictor(parameters), models, onUnknown),
  };
}

function routeWith(
  predictor: Predictor,
  ids: readonly string[],
  onUnknown?: (models: string[]) => void,
): FittedRouter {
  const models = ids.map(predictedModel);
  let told = onUnknown === undefined;
  return {
    quality({ training }, reference) {
      const predictions = predictor.predict(
        { ...training, ask: predictor.read(training.vector) },
        models[reference]!,
        models,
      );
      if (!told) {
        told = true;
        const unknown = ids.filter((_, m) => predictions[m]!.ability.source === 'unknown');
        if (unknown.length > 0) onUnknown?.(unknown);
      }
      // By loss, not by bounded quality: ranking needs the differences as they are.
      const own = predictions[reference]!.quality.mean;
      return Float64Array.from(predictions, ({ loss }) => own - loss.mean);
    },
  };
}

function predictedModel(name: string): PredictedModel {
  const { model: id, preset: effort } = splitPreset(name);
  return {
    id,
    ...(effort === undefined ? {} : { effort }),
    aliases: [],
    scores: publishedScores(id),
  };
}
