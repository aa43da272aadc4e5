import { GatewayError } from '../errors.ts';
import { isObject, type JsonObject } from '../json.ts';

/** Readers for client bodies: absent and null are `undefined`, a wrong type is refused with the field's path and what would be right. */

export function reject(param: string, problem: string): never {
  throw new GatewayError('invalid_request', `${param} ${problem}`, { param });
}

export function optionalString(object: JsonObject, key: string, path = ''): string | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') reject(path + key, 'must be a string.');
  return value;
}

export function optionalBoolean(object: JsonObject, key: string, path = ''): boolean | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') reject(path + key, 'must be true or false.');
  return value;
}

export function optionalNumber(
  object: JsonObject,
  key: string,
  min: number,
  max: number,
  path = '',
): number | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    reject(path + key, `must be a number from ${min} to ${max}.`);
  }
  return value;
}

export function optionalInteger(object: JsonObject, key: string, min: number, path = ''): number | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) {
    reject(path + key, `must be a whole number of at least ${min}.`);
  }
  return value;
}

export function optionalObject(object: JsonObject, key: string, path = ''): JsonObject | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) reject(path + key, 'must be an object.');
  return value;
}

export function optionalArray(object: JsonObject, key: string, path = ''): unknown[] | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) reject(path + key, 'must be an array.');
  return value;
}

/** The two fields that every dialect of ours must have. */
export function requireModel(body: JsonObject): string {
  const model = body['model'];
  if (typeof model !== 'string' || model === '') {
    reject('model', 'must name a route, a provider/model or a model, as a non-empty string.');
  }
  return model;
}

export function requireMessages(body: JsonObject): unknown[] {
  const messages = body['messages'];
  if (!Array.isArray(messages) || messages.length === 0) {
    reject('messages', 'must be an array with at least one message.');
  }
  return messages;
}

/** The body extra `models`: what to try when the first model fails. */
export function readFallbackModels(body: JsonObject): string[] {
  const models = optionalArray(body, 'models');
  if (models === undefined) return [];
  for (let i = 0; i < models.length; i++) {
    if (typeof models[i] !== 'string' || models[i] === '') reject(`models[${i}]`, 'must be a model name.');
  }
  return models as string[];
}

/** Far beyond any context window: a larger count is a fault of the upstream, and would use a budget up at once. */
const tokensMax = 100_000_000;

/** A token count out of an upstream's usage object: anything odd counts as absent, so that it is estimated instead. */
export function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= tokensMax
    ? value
    : undefined;
}

/** True for a count that is there and cannot be true. What stands beside it is then not to be trusted either. */
export function isImplausible(value: unknown): boolean {
  return value !== undefined && value !== null && count(value) === undefined;
}

/** The value if it is a string with something in it. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
