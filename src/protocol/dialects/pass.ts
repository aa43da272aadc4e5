import type { EncodeTarget } from '../dialect.ts';
import type { Json } from '../json.ts';
import type { ChatRequest } from '../request.ts';
import { DroppedNames } from './dropped-names.ts';
import { dropSampling, samplingFields } from './sampling.ts';

/** Edits that every dialect's pass-through needs, still open for the dialect's own. */
export interface OpenEdits {
  edits: { [key: string]: Json | undefined };
  dropped: string[];
}

/** The model's name, our own body extra, and the fields that a model without sampling refuses. */
export function commonEdits(request: ChatRequest, target: EncodeTarget): OpenEdits {
  const edits: OpenEdits['edits'] = {};
  const dropped = new DroppedNames();
  if (request.model !== target.model) edits['model'] = target.model;
  if (request.fallbackModels.length > 0) edits['models'] = undefined;
  if (target.sampling === false) {
    dropSampling(request, dropped);
    for (const field of samplingFields) if (request.body[field] !== undefined) edits[field] = undefined;
  }
  return { edits, dropped: dropped.list() };
}
