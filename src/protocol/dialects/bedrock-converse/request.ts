import { createHash } from 'node:crypto';
import type { EncodedRequest, EncodeTarget, RequestPath } from '../../dialect.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, ResponseFormat, Sampling } from '../../request.ts';
import { closedSchema } from '../anthropic-messages/schema.ts';
import { clientFields, reasoningNames } from '../client-fields.ts';
import { DroppedNames } from '../dropped-names.ts';
import { jsonObjectInstruction, jsonSchemaInstruction } from '../instructions.ts';
import {
  optionalArray,
  optionalInteger,
  optionalNumber,
  optionalObject,
  readFallbackModels,
  reject,
  text,
} from '../read.ts';
import { withoutSampling } from '../sampling.ts';
import { encodeMessages, type PastReasoning } from './encode-messages.ts';
import { decodeMessages } from './messages.ts';
import { decodeReasoning, encodeRequestReasoning } from './reasoning.ts';
import { decodeToolChoice, decodeTools, encodeTools } from './tools.ts';

/** Values of the request's metadata, by which an account's invocation logs are searched. */
const metadataForm = /^[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}$/;

export function decodeRequest(body: JsonObject, bytes: Uint8Array, path?: RequestPath): ChatRequest {
  const model = path?.model ?? text(body['modelId']);
  if (model === undefined || model === '') {
    reject('modelId', 'is missing: name the model in the path, as in /model/{modelId}/converse.');
  }
  const metadata = optionalObject(body, 'requestMetadata');
  return {
    dialect: 'bedrock-converse',
    model,
    stream: path?.stream ?? false,
    wantsStreamUsage: true,
    messages: decodeMessages(body),
    tools: decodeTools(body),
    toolChoice: decodeToolChoice(body),
    responseFormat: decodeFormat(body),
    reasoning: decodeReasoning(body),
    sampling: decodeSampling(body),
    choices: 1,
    user: text(metadata?.['user_id']),
    fallbackModels: readFallbackModels(body),
    body,
    bytes,
  };
}

function decodeSampling(body: JsonObject): Sampling {
  const config = optionalObject(body, 'inferenceConfig') ?? {};
  const fields = optionalObject(body, 'additionalModelRequestFields') ?? {};
  const stop = optionalArray(config, 'stopSequences');
  if (stop !== undefined && !stop.every((item) => typeof item === 'string')) {
    reject('inferenceConfig.stopSequences', 'must be an array of strings.');
  }
  const topK = fields['top_k'];
  return {
    temperature: optionalNumber(config, 'temperature', 0, 1),
    topP: optionalNumber(config, 'topP', 0, 1),
    topK: typeof topK === 'number' ? topK : undefined,
    maxOutputTokens: optionalInteger(config, 'maxTokens', 1, 'inferenceConfig.'),
    stop: stop as string[] | undefined,
  };
}

function decodeFormat(body: JsonObject): ResponseFormat | undefined {
  const config = optionalObject(body, 'outputConfig');
  const format = config === undefined ? undefined : optionalObject(config, 'textFormat', 'outputConfig.');
  if (format === undefined) return undefined;
  const structure = isObject(format['structure']) ? format['structure'] : {};
  const definition = isObject(structure['jsonSchema']) ? structure['jsonSchema'] : {};
  const schema = parsedObject(definition['schema']);
  if (format['type'] !== 'json_schema' || schema === undefined) {
    reject(
      'outputConfig.textFormat',
      'must have type "json_schema" and structure.jsonSchema.schema, a JSON Schema written as a string.',
    );
  }
  return { type: 'json-schema', name: text(definition['name']) ?? 'answer', schema };
}

function parsedObject(json: unknown): JsonObject | undefined {
  if (typeof json !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Model and stream are not in the body: the path names them. */
export function encodeRequest(asked: ChatRequest, target: EncodeTarget): EncodedRequest {
  const dropped = new DroppedNames();
  const request = target.sampling === false ? withoutSampling(asked, dropped) : asked;
  const own = request.dialect === 'bedrock-converse';
  const body: JsonObject = own ? ownFields(request.body) : {};
  if (!own) dropped.addUnknownFields(request.body, clientFields[request.dialect].understood);

  const format = encodeFormat(request, target, dropped);
  const { toolConfig, instructions } = encodeTools(request, target.jsonSchema || own, dropped);
  const { system, messages } = encodeMessages({
    request,
    instructions: [...instructions, ...(format.instruction === undefined ? [] : [format.instruction])],
    pastReasoning: pastReasoningOf(target),
    dropped,
  });
  if (system.length > 0) body['system'] = system;
  body['messages'] = messages;
  if (toolConfig !== undefined) body['toolConfig'] = toolConfig;
  if (format.field !== undefined) body['outputConfig'] = format.field;

  const maxTokens = request.sampling.maxOutputTokens ?? target.defaultMaxOutputTokens;
  const reasoning = encodeRequestReasoning(request, target, maxTokens);
  if (!reasoning.carried) for (const name of reasoningNames(request)) dropped.add(name);
  const modelFields = reasoning.fields['additionalModelRequestFields'];
  if (isObject(modelFields)) {
    const kept = body['additionalModelRequestFields'];
    body['additionalModelRequestFields'] = { ...(isObject(kept) ? kept : {}), ...modelFields };
  }

  const thinking = isObject(modelFields) && isObject(modelFields['thinking']) ? modelFields['thinking'] : {};
  const config = encodeSampling(request, target, thinking, dropped);
  // A fixed budget must be less than the output limit, which is therefore named.
  if (thinking['budget_tokens'] !== undefined) config['maxTokens'] = maxTokens;
  if (Object.keys(config).length > 0) body['inferenceConfig'] = config;
  if (request.user !== undefined) {
    const kept = body['requestMetadata'];
    body['requestMetadata'] = { ...(isObject(kept) ? kept : {}), user_id: metadataValue(request.user) };
  }
  return { body, dropped: dropped.list() };
}

/** What this dialect has and the unified request does not: guardrails, tiers, metadata, fields of the model behind the API. */
function ownFields(from: JsonObject): JsonObject {
  const { understood } = clientFields['bedrock-converse'];
  const rebuilt = ['inferenceConfig', 'toolConfig', 'outputConfig'];
  const body: JsonObject = {};
  for (const [key, value] of Object.entries(from)) {
    if (!understood.has(key) && !rebuilt.includes(key)) body[key] = value;
  }
  const fields = body['additionalModelRequestFields'];
  if (isObject(fields)) {
    const kept = Object.entries(fields).filter(
      ([name]) => name === 'top_k' || !understood.has(`additionalModelRequestFields.${name}`),
    );
    if (kept.length > 0) body['additionalModelRequestFields'] = Object.fromEntries(kept);
    else delete body['additionalModelRequestFields'];
  }
  return body;
}

/** Models whose switch is Claude's verify the signatures of their thinking; the others refuse a signature. */
function pastReasoningOf(target: EncodeTarget): PastReasoning {
  const { reasoningControl: control } = target;
  const signed = control === 'thinking' || control === 'adaptive-thinking';
  return { signed, unsigned: signed ? 'none' : (target.reasoningEcho ?? 'none') };
}

function encodeFormat(
  request: ChatRequest,
  target: EncodeTarget,
  dropped: DroppedNames,
): { field: JsonObject | undefined; instruction: string | undefined } {
  const format = request.responseFormat;
  if (format === undefined || format.type === 'text') return { field: undefined, instruction: undefined };
  if (format.type === 'json-schema' && target.jsonSchema) {
    const own = request.dialect === 'bedrock-converse';
    const schema = JSON.stringify(own ? format.schema : closedSchema(format.schema));
    const name = format.name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
    return {
      field: { textFormat: { type: 'json_schema', structure: { jsonSchema: { name, schema } } } },
      instruction: undefined,
    };
  }
  dropped.add(clientFields[request.dialect].jsonSchema);
  return {
    field: undefined,
    instruction: format.type === 'json-object' ? jsonObjectInstruction : jsonSchemaInstruction(format.schema),
  };
}

function encodeSampling(
  request: ChatRequest,
  target: EncodeTarget,
  thinking: JsonObject,
  dropped: DroppedNames,
): JsonObject {
  const own = request.dialect === 'bedrock-converse';
  const { temperature, topP, topK, maxOutputTokens, stop, seed, frequencyPenalty, presencePenalty } =
    request.sampling;
  const config: JsonObject = {};
  if (maxOutputTokens !== undefined) config['maxTokens'] = maxOutputTokens;
  const thinks = !own && thinking['type'] !== undefined && thinking['type'] !== 'disabled';
  if (temperature !== undefined) {
    if (temperature > 1 || (thinks && temperature !== 1)) dropped.add('temperature');
    if (!thinks) config['temperature'] = Math.min(temperature, 1);
  }
  if (topP !== undefined) {
    // Claude's newer models take one of the two, not both.
    const oneOfBoth = pastReasoningOf(target).signed && config['temperature'] !== undefined;
    const refused = !own && topP < 1 && (oneOfBoth || (thinks && topP < 0.95));
    if (refused) dropped.add('top_p');
    else if (own || topP < 1) config['topP'] = topP;
  }
  if (stop !== undefined) {
    const visible = own ? stop : stop.filter((sequence) => sequence.trim() !== '');
    if (visible.length < stop.length) dropped.add(clientFields[request.dialect].stop);
    if (visible.length > 0) config['stopSequences'] = visible;
  }
  if (topK !== undefined && topK > 0 && !own) dropped.add('top_k');
  if (seed !== undefined) dropped.add('seed');
  if (frequencyPenalty !== undefined && frequencyPenalty !== 0) dropped.add('frequency_penalty');
  if (presencePenalty !== undefined && presencePenalty !== 0) dropped.add('presence_penalty');
  return config;
}

function metadataValue(user: string): string {
  return metadataForm.test(user) ? user : createHash('sha256').update(user).digest('hex');
}
