import type { EncodedRequest, EncodeTarget, RequestPath } from '../../dialect.ts';
import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, ResponseFormat, Sampling } from '../../request.ts';
import { clientFields, reasoningNames } from '../client-fields.ts';
import { DroppedNames } from '../dropped-names.ts';
import { jsonObjectInstruction, jsonSchemaInstruction } from '../instructions.ts';
import {
  optionalArray,
  optionalInteger,
  optionalNumber,
  optionalObject,
  optionalString,
  readFallbackModels,
  reject,
  requireModel,
} from '../read.ts';
import { withoutSampling } from '../sampling.ts';
import { decodeContents } from './contents.ts';
import { encodeContents } from './encode-contents.ts';
import { decodeReasoning, encodeThinking } from './reasoning.ts';
import { jsonSchemaOf } from './schema.ts';
import { camelFields } from './spelling.ts';
import { decodeToolChoice, decodeTools, encodeToolChoice, encodeTools } from './tools.ts';

const stopSequencesMax = 5;
const configPath = 'generationConfig.';
/** `seed` is a 32-bit number there. */
const seedMax = 2 ** 31 - 1;

/** Model and stream stand in the path; without one they are read from the body, as in other dialects. */
export function decodeRequest(given: JsonObject, bytes: Uint8Array, path?: RequestPath): ChatRequest {
  const body = camelFields(given);
  const config = camelFields(optionalObject(body, 'generationConfig') ?? {});
  const { choice, allowed } = decodeToolChoice(body);
  const held = optionalString(body, 'cachedContent');
  return {
    dialect: 'gemini',
    model: path === undefined ? requireModel(body) : requireModel({ model: path.model }),
    stream: path?.stream ?? false,
    wantsStreamUsage: true,
    messages: decodeContents(body),
    tools: decodeTools(body, allowed),
    toolChoice: choice,
    responseFormat: decodeFormat(config),
    reasoning: decodeReasoning(config),
    sampling: decodeSampling(config),
    choices: optionalInteger(config, 'candidateCount', 1, configPath) ?? 1,
    ownDialectOnly: held === undefined || held === '' ? undefined : cacheRefusal(),
    fallbackModels: readFallbackModels(body),
    body: given,
    bytes,
  };
}

/** Cached content is the beginning of the conversation: read without it, a request has lost that. */
function cacheRefusal(): GatewayError {
  return new GatewayError(
    'invalid_request',
    'The provider that serves this request does not hold this cached content: send all contents, and leave `cachedContent` out.',
    { param: 'cachedContent' },
  );
}

function decodeSampling(config: JsonObject): Sampling {
  return {
    temperature: optionalNumber(config, 'temperature', 0, 2, configPath),
    topP: optionalNumber(config, 'topP', 0, 1, configPath),
    topK: optionalInteger(config, 'topK', 0, configPath),
    maxOutputTokens: optionalInteger(config, 'maxOutputTokens', 1, configPath),
    stop: decodeStop(config),
    seed: optionalInteger(config, 'seed', -seedMax - 1, configPath),
    frequencyPenalty: optionalNumber(config, 'frequencyPenalty', -2, 2, configPath),
    presencePenalty: optionalNumber(config, 'presencePenalty', -2, 2, configPath),
  };
}

function decodeStop(config: JsonObject): string[] | undefined {
  const stop = optionalArray(config, 'stopSequences', configPath);
  if (stop === undefined || stop.every((item) => typeof item === 'string'))
    return stop as string[] | undefined;
  return reject(`${configPath}stopSequences`, 'must be an array of strings.');
}

function decodeFormat(config: JsonObject): ResponseFormat | undefined {
  const type = optionalString(config, 'responseMimeType', configPath);
  if (type === undefined) return undefined;
  if (type !== 'application/json') return { type: 'text' };
  const subset = optionalObject(config, 'responseSchema', configPath);
  const schema =
    optionalObject(config, 'responseJsonSchema', configPath) ??
    (subset === undefined ? undefined : jsonSchemaOf(subset));
  return schema === undefined ? { type: 'json-object' } : { type: 'json-schema', name: 'answer', schema };
}

/** The body; model and stream go into the path. */
export function encodeRequest(asked: ChatRequest, target: EncodeTarget): EncodedRequest {
  const dropped = new DroppedNames();
  const request = target.sampling === false ? withoutSampling(asked, dropped) : asked;
  const own = request.dialect === 'gemini';
  const body: JsonObject = {};
  const config: JsonObject = {};
  if (own) copyOtherFields(request.body, body, config);
  else dropped.addUnknownFields(request.body, clientFields[request.dialect].understood);

  const tools = encodeTools(request, dropped);
  const format = encodeFormat(request, target, dropped);
  const { system, contents } = encodeContents(request, target, format.instruction, dropped);
  if (system !== undefined) body['systemInstruction'] = system;
  body['contents'] = contents;
  if (tools.length > 0) {
    body['tools'] = tools;
    const choice = encodeToolChoice(request.toolChoice);
    if (choice !== undefined) body['toolConfig'] = { ...(body['toolConfig'] ?? {}), ...choice };
    if (request.parallelToolCalls === false) dropped.add('parallel_tool_calls');
  }

  encodeSampling(request, config, dropped);
  Object.assign(config, format.fields);
  const thinking = encodeThinking(request.reasoning, target);
  if (thinking.config !== undefined) config['thinkingConfig'] = thinking.config;
  if (!thinking.carried) for (const name of reasoningNames(request)) dropped.add(name);
  if (Object.keys(config).length > 0) body['generationConfig'] = config;
  if (request.user !== undefined)
    dropped.add(request.body['metadata'] === undefined ? 'user' : 'metadata.user_id');
  return { body, dropped: dropped.list() };
}

function copyOtherFields(from: JsonObject, body: JsonObject, config: JsonObject): void {
  const { understood } = clientFields.gemini;
  for (const [key, value] of Object.entries(camelFields(from))) {
    if (key === 'generationConfig') Object.assign(config, otherFields(value, key));
    else if (key === 'toolConfig') {
      const kept = otherFields(value, key);
      if (Object.keys(kept).length > 0) body[key] = kept;
    } else if (!understood.has(key)) body[key] = value;
  }
}

function otherFields(value: unknown, key: string): JsonObject {
  const fields = Object.entries(isObject(value) ? camelFields(value) : {});
  return Object.fromEntries(fields.filter(([name]) => !clientFields.gemini.understood.has(`${key}.${name}`)));
}

interface EncodedFormat {
  fields: JsonObject;
  instruction: string | undefined;
}

/** Models that take a thinking budget (Gemini 2.5) refuse JSON output beside functions; there the format is asked for in words. */
function encodeFormat(request: ChatRequest, target: EncodeTarget, dropped: DroppedNames): EncodedFormat {
  const format = request.responseFormat;
  if (format === undefined || format.type === 'text') return { fields: {}, instruction: undefined };
  const json = { responseMimeType: 'application/json' };
  const refused = target.reasoningControl === 'thinking_budget' && request.tools.length > 0;
  if (format.type === 'json-object' && !refused) return { fields: json, instruction: undefined };
  if (format.type === 'json-schema' && target.jsonSchema && !refused) {
    return { fields: { ...json, responseJsonSchema: format.schema }, instruction: undefined };
  }
  dropped.add(clientFields[request.dialect].jsonSchema);
  return {
    fields: refused ? {} : json,
    instruction: format.type === 'json-schema' ? jsonSchemaInstruction(format.schema) : jsonObjectInstruction,
  };
}

function encodeSampling(request: ChatRequest, config: JsonObject, dropped: DroppedNames): void {
  const { maxOutputTokens, stop, topK, seed, ...others } = request.sampling;
  for (const [name, value] of Object.entries(others)) if (value !== undefined) config[name] = value;
  if (maxOutputTokens !== undefined) config['maxOutputTokens'] = maxOutputTokens;
  // Other dialects say «no limit» with 0 or -1.
  if (topK !== undefined && topK > 0) config['topK'] = topK;
  if (seed !== undefined) {
    if (Number.isInteger(seed) && Math.abs(seed) <= seedMax) config['seed'] = seed;
    else dropped.add('seed');
  }
  if (stop !== undefined && stop.length > 0) {
    config['stopSequences'] = stop.slice(0, stopSequencesMax);
    if (stop.length > stopSequencesMax) dropped.add(clientFields[request.dialect].stop);
  }
}
