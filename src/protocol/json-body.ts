import { isUtf8 } from 'node:buffer';
import { GatewayError } from './errors.ts';
import { parseExactRequest } from './exact-json.ts';
import { isObject, type JsonObject } from './json.ts';
import { locateJsonFault } from './json-fault.ts';
import { outlineOf, topLevelKeys } from './json-scan.ts';

interface JsonBodyLimits {
  /** How deep arrays and objects may nest; code that walks a body is recursive. */
  jsonDepthMax: number;
}

const jsonBodyDefaults: JsonBodyLimits = { jsonDepthMax: 256 };

/**
 * Parses a request or answer body: strict UTF-8, one JSON object, bounded nesting. Throws GatewayError `invalid_json`; the
 * message says where the text breaks and never quotes it, because it may be someone's prompt. Throws `invalid_request`
 * when a key that decides about the request is repeated.
 */
export function parseJsonBody(bytes: Uint8Array, limits: JsonBodyLimits = jsonBodyDefaults): JsonObject {
  if (bytes.length === 0) {
    throw new GatewayError('invalid_json', 'The body is empty: send one JSON object, encoded as UTF-8.');
  }
  if (!isUtf8(bytes)) {
    throw new GatewayError(
      'invalid_json',
      `The body is not valid UTF-8 from byte ${firstInvalidByte(bytes)} on: send one JSON object, encoded as UTF-8.`,
    );
  }
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const outline = outlineOf(body, limits.jsonDepthMax);
  if (outline.tooDeep) {
    throw new GatewayError(
      'invalid_json',
      `The body nests arrays and objects more than ${limits.jsonDepthMax} deep: send a flatter one.`,
    );
  }
  const text = body.toString('utf8', body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0);
  let value: unknown;
  try {
    value = parseExactRequest(text);
  } catch {
    throw new GatewayError('invalid_json', `The body is not valid JSON: ${locateJsonFault(text)}.`);
  }
  if (!isObject(value)) {
    const found = Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
    throw new GatewayError('invalid_json', `The body must be a JSON object, and it is ${found}.`);
  }
  if (Object.keys(value).length !== outline.members) refuseRepeatedKeys(body);
  return value;
}

/** What decides about a request: who serves it and what it may cost. */
const keysGivenOnce = new Set([
  'model',
  'models',
  'messages',
  'input',
  'contents',
  'stream',
  'background',
  'n',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'generationConfig',
  'generation_config',
  'inferenceConfig',
  'thinking',
  'thinking_budget',
  'tools',
]);

/** We take the last of two; an upstream that takes the first would serve another request than the one we decided on. */
function refuseRepeatedKeys(body: Buffer): void {
  const seen = new Set<string>();
  for (const key of topLevelKeys(body)) {
    if (keysGivenOnce.has(key) && seen.has(key)) {
      throw new GatewayError('invalid_request', `${key} is given more than once: send it once.`, {
        param: key,
      });
    }
    seen.add(key);
  }
}

/** Runs only after the native check has failed. */
function firstInvalidByte(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes[at]!);
    if (length === 0 || !isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
  return at;
}

function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc0) return 0;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
