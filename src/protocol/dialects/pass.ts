import type { EncodeTarget } from '../dialect.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import type { ChatRequest } from '../request.ts';
import { clientFields } from './client-fields.ts';
import { DroppedNames } from './dropped-names.ts';
import { type EncodedReasoning, encodeReasoning } from './reasoning.ts';
import { dropSampling, samplingFields } from './sampling.ts';

/** Edits that every dialect's pass-through needs, still open for the dialect's own. */
export interface OpenEdits {
  edits: { [key: string]: Json | undefined };
  dropped: string[];
}

type ReasoningEncoder = (asked: ChatRequest['reasoning'], target: EncodeTarget) => EncodedReasoning;

/** The model's name, our own body extra, the effort preset that was chosen, and the fields that a model without sampling refuses. */
export function commonEdits(
  request: ChatRequest,
  target: EncodeTarget,
  encode: ReasoningEncoder = encodeReasoning,
): OpenEdits {
  const edits: OpenEdits['edits'] =
    target.reasoning === undefined ? {} : reasoningEdits(request, target, encode);
  const dropped = new DroppedNames();
  if (target.modelInBody === false) {
    if (request.body['model'] !== undefined) edits['model'] = undefined;
  } else if (request.model !== target.model) edits['model'] = target.model;
  if (request.fallbackModels.length > 0) edits['models'] = undefined;
  if (target.sampling === false) {
    dropSampling(request, dropped);
    for (const field of samplingFields) if (request.body[field] !== undefined) edits[field] = undefined;
  }
  return { edits, dropped: dropped.list() };
}

/** Puts the preset's switches in the place of whatever the client said of thinking. */
function reasoningEdits(
  request: ChatRequest,
  target: EncodeTarget,
  encode: ReasoningEncoder,
): OpenEdits['edits'] {
  const edits: OpenEdits['edits'] = {};
  for (const name of clientFields[request.dialect].reasoning) {
    const [field, inner] = name.split('.') as [string, string | undefined];
    const given = field in edits ? edits[field] : request.body[field];
    if (given === undefined) continue;
    edits[field] = inner !== undefined && isObject(given) ? without(given, inner) : undefined;
  }
  for (const [field, value] of Object.entries(encode(target.reasoning, target).fields)) {
    const kept = field in edits ? edits[field] : request.body[field];
    edits[field] = isObject(value) && isObject(kept) ? ({ ...kept, ...value } as Json) : (value as Json);
  }
  return edits;
}

/** The object without one key; undefined when nothing is left of it. */
function without(object: JsonObject, key: string): Json | undefined {
  const rest = Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
  return Object.keys(rest).length === 0 ? undefined : (rest as Json);
}
