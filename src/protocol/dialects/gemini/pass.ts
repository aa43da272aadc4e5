import type { EncodeTarget, PassEdits } from '../../dialect.ts';
import { isObject, type Json, type JsonObject } from '../../json.ts';
import type { ChatRequest } from '../../request.ts';
import { DroppedNames } from '../dropped-names.ts';
import { sealedContents } from './pass-thoughts.ts';
import { encodeThinking } from './reasoning.ts';
import { mayHoldForeign } from './signatures.ts';
import { camelFields, camelObject } from './spelling.ts';

const samplingFields: { [field: string]: unknown } = {
  temperature: 1,
  topP: 1,
  topK: undefined,
  frequencyPenalty: 0,
  presencePenalty: 0,
};

/** The model is in the path, so what differs stands in the generation's configuration, and in signatures that only we can read. */
export function passEdits(request: ChatRequest, target: EncodeTarget): PassEdits {
  const { body } = request;
  const edits: { [key: string]: Json | undefined } = {};
  const dropped = new DroppedNames();
  if (body['model'] !== undefined) edits['model'] = undefined;
  if (request.fallbackModels.length > 0) edits['models'] = undefined;

  const key = body['generationConfig'] === undefined ? 'generation_config' : 'generationConfig';
  const given = camelObject(body, key) ?? {};
  const config = editedConfig(given, request, target, dropped);
  const spelledTwice = isSpelledTwice(body[key]);
  // Of two spellings one was read: the other must not be what the service takes.
  if (key === 'generationConfig' && body['generation_config'] !== undefined) {
    edits['generation_config'] = undefined;
  }
  if (config !== given || spelledTwice) {
    const field = body[key] === undefined ? 'generationConfig' : key;
    edits[field] = Object.keys(config).length === 0 ? undefined : (config as Json);
  }
  if (mayHoldForeign(request.bytes)) Object.assign(edits, sealedContents(body));
  return { edits, hidesUsage: false, dropped: dropped.list() };
}

function isSpelledTwice(given: unknown): boolean {
  return isObject(given) && Object.keys(camelFields(given)).length < Object.keys(given).length;
}

/** The same object where nothing must differ. */
function editedConfig(
  given: JsonObject,
  request: ChatRequest,
  target: EncodeTarget,
  dropped: DroppedNames,
): JsonObject {
  const config = { ...given };
  let changed = false;
  const limit = request.sampling.maxOutputTokens;
  if (limit !== undefined && given['maxOutputTokens'] !== limit) {
    config['maxOutputTokens'] = limit;
    changed = true;
  }
  if (target.sampling === false) {
    for (const [field, usual] of Object.entries(samplingFields)) {
      if (given[field] === undefined) continue;
      if (given[field] !== usual) dropped.add(`generationConfig.${field}`);
      delete config[field];
      changed = true;
    }
  }
  if (target.reasoning !== undefined) {
    config['thinkingConfig'] = presetThinking(given, target, dropped);
    if (config['thinkingConfig'] === undefined) delete config['thinkingConfig'];
    changed = true;
  }
  return changed ? config : given;
}

/** The preset decides how much is thought; whether the client sees it stays the client's choice. */
function presetThinking(
  given: JsonObject,
  target: EncodeTarget,
  dropped: DroppedNames,
): JsonObject | undefined {
  const asked = camelObject(given, 'thinkingConfig');
  const { config, carried } = encodeThinking(target.reasoning, target);
  if (!carried && asked !== undefined) dropped.add('generationConfig.thinkingConfig');
  const { includeThoughts: _, ...switches } = config ?? {};
  const shown = asked?.['includeThoughts'];
  const thinking = { ...switches, ...(shown === undefined ? {} : { includeThoughts: shown }) };
  return Object.keys(thinking).length === 0 ? undefined : camelFields(thinking);
}
