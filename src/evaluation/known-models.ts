import { modelKey, splitPreset } from '../router/index.ts';
import file from './data/known-models.json' with { type: 'json' };

export interface KnownModel {
  id: string;
  names: string[];
  /** Published scores in percent, by benchmark id. */
  scores: { [benchmark: string]: number | undefined };
}

export const knownModels: readonly KnownModel[] = file.models;

/** One id for a model whatever an outcomes file calls it, with its effort preset where it names one; an unknown name stands for itself. */
export function canonicalModels(): (name: string) => string {
  const ids = new Map<string, string>();
  for (const model of knownModels)
    for (const name of [model.id, ...model.names]) ids.set(modelKey(name), model.id);
  return (name) => {
    const { model, preset } = splitPreset(name);
    const id = ids.get(modelKey(model)) ?? modelKey(model);
    return preset === undefined ? id : `${id}#${preset}`;
  };
}

const published = new Map(
  knownModels.map(({ id, scores }) => [
    id,
    Object.entries(scores).flatMap(([benchmark, value]) =>
      value === undefined ? [] : [{ benchmark, value }],
    ),
  ]),
);

/** Published scores as a catalogue would list them, in percent; none of an unknown model. */
export function publishedScores(id: string): { benchmark: string; value: number }[] {
  return published.get(id) ?? [];
}
