import { modelKey } from '../router/index.ts';
import file from './data/known-models.json' with { type: 'json' };

export interface KnownModel {
  id: string;
  names: string[];
  /** Published scores in percent, by benchmark id. */
  scores: { [benchmark: string]: number | undefined };
}

export const knownModels: readonly KnownModel[] = file.models;

/** One id for a model whatever an outcomes file calls it; an unknown name stands for itself. */
export function canonicalModels(): (name: string) => string {
  const ids = new Map<string, string>();
  for (const model of knownModels)
    for (const name of [model.id, ...model.names]) ids.set(modelKey(name), model.id);
  return (name) => ids.get(modelKey(name)) ?? modelKey(name);
}
