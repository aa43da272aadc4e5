import type { EncodeTarget } from '../../dialect.ts';
import type { JsonObject } from '../../json.ts';
import type { ChatRequest, Sampling } from '../../request.ts';
import { clientFields } from '../client-fields.ts';
import type { DroppedNames } from '../dropped-names.ts';
import { optionalInteger, optionalNumber, reject } from '../read.ts';

const stopSequencesMax = 4;

export function decodeSampling(body: JsonObject): Sampling {
  return {
    ...decodeSharedSampling(body),
    topK: optionalInteger(body, 'top_k', -1),
    maxOutputTokens:
      optionalInteger(body, 'max_completion_tokens', 1) ?? optionalInteger(body, 'max_tokens', 1),
  };
}

/** What completions of a prompt have too. */
export function decodeSharedSampling(body: JsonObject): Sampling {
  return {
    temperature: optionalNumber(body, 'temperature', 0, 2),
    topP: optionalNumber(body, 'top_p', 0, 1),
    stop: decodeStop(body['stop']),
    seed: optionalNumber(body, 'seed', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
    frequencyPenalty: optionalNumber(body, 'frequency_penalty', -2, 2),
    presencePenalty: optionalNumber(body, 'presence_penalty', -2, 2),
  };
}

function decodeStop(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  return reject('stop', 'must be a string or an array of strings.');
}

export function encodeSampling(
  request: ChatRequest,
  target: EncodeTarget,
  own: boolean,
  body: JsonObject,
  dropped: DroppedNames,
): void {
  const { temperature, topP, topK, maxOutputTokens, stop, seed, frequencyPenalty, presencePenalty } =
    request.sampling;
  if (temperature !== undefined) body['temperature'] = temperature;
  if (topP !== undefined) body['top_p'] = topP;
  if (topK !== undefined) {
    if (own) body['top_k'] = topK;
    else dropped.add('top_k');
  }
  if (maxOutputTokens !== undefined) body[target.maxTokensField] = maxOutputTokens;
  if (stop !== undefined && stop.length > 0) {
    body['stop'] = own ? stop : stop.slice(0, stopSequencesMax);
    if (!own && stop.length > stopSequencesMax) dropped.add(clientFields[request.dialect].stop);
  }
  if (seed !== undefined) body['seed'] = seed;
  if (frequencyPenalty !== undefined) body['frequency_penalty'] = frequencyPenalty;
  if (presencePenalty !== undefined) body['presence_penalty'] = presencePenalty;
}
