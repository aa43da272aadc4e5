import { optionalInteger, reject, requireModel } from '../../dialects/read.ts';
import type { JsonObject } from '../../json.ts';
import { refuseFallbackModels } from '../answer.ts';

/** One call of `/v1/embeddings`, in OpenAI's format. What is not read here passes as it came. */
export interface EmbeddingsRequest {
  model: string;
  /** Texts, or token ids of the model's own vocabulary. */
  inputs: (string | number[])[];
  encoding: 'float' | 'base64';
  dimensions: number | undefined;
  body: JsonObject;
  bytes: Uint8Array;
}

/** Throws `invalid_request` naming the field at fault. */
export function decodeEmbeddingsRequest(body: JsonObject, bytes: Uint8Array): EmbeddingsRequest {
  const model = requireModel(body);
  refuseFallbackModels(body);
  const encoding = body['encoding_format'] ?? 'float';
  if (encoding !== 'float' && encoding !== 'base64') reject('encoding_format', 'must be float or base64.');
  return {
    model,
    inputs: inputsOf(body['input']),
    encoding,
    dimensions: optionalInteger(body, 'dimensions', 1),
    body,
    bytes,
  };
}

function inputsOf(input: unknown): (string | number[])[] {
  if (typeof input === 'string') return [input];
  if (!Array.isArray(input) || input.length === 0) {
    reject('input', 'must be a text, an array of texts, an array of token ids, or an array of such arrays.');
  }
  if (isTokens(input)) return [input];
  for (let i = 0; i < input.length; i++) {
    if (typeof input[i] === 'string' || isTokens(input[i])) continue;
    reject(`input[${i}]`, 'must be a text or a non-empty array of token ids, as the others are.');
  }
  return input as (string | number[])[];
}

function isTokens(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((token) => Number.isSafeInteger(token) && (token as number) >= 0)
  );
}
