import type { EncodedRequest, EncodeTarget } from '../../dialect.ts';
import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, ReasoningRequest, ResponseFormat } from '../../request.ts';
import { clientFields, reasoningNames } from '../client-fields.ts';
import { DroppedNames } from '../dropped-names.ts';
import { jsonObjectInstruction, jsonSchemaInstruction } from '../instructions.ts';
import {
  optionalArray,
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalObject,
  optionalString,
  readFallbackModels,
  reject,
  requireModel,
} from '../read.ts';
import { withoutSampling } from '../sampling.ts';
import { encodeThinking } from '../thinking.ts';
import { userIdFor } from '../user-id.ts';
import { encodeMessages } from './encode-messages.ts';
import { decodeMessages } from './messages.ts';
import { closedSchema } from './schema.ts';
import { decodeToolChoice, decodeTools, encodeToolChoice, encodeTools } from './tools.ts';

const userCharsMax = 256;

export function decodeRequest(body: JsonObject, bytes: Uint8Array): ChatRequest {
  const model = requireModel(body);
  const maxOutputTokens = optionalInteger(body, 'max_tokens', 1);
  if (maxOutputTokens === undefined) {
    reject('max_tokens', 'is missing: say how many tokens the answer may have, e.g. 1024.');
  }
  const { choice, parallel } = decodeToolChoice(body);
  const metadata = optionalObject(body, 'metadata');
  return {
    dialect: 'anthropic-messages',
    model,
    stream: optionalBoolean(body, 'stream') ?? false,
    wantsStreamUsage: true,
    messages: decodeMessages(body),
    tools: decodeTools(body),
    toolChoice: choice,
    parallelToolCalls: parallel,
    responseFormat: decodeFormat(body),
    reasoning: decodeReasoning(body),
    sampling: {
      temperature: optionalNumber(body, 'temperature', 0, 1),
      topP: optionalNumber(body, 'top_p', 0, 1),
      topK: optionalInteger(body, 'top_k', 0),
      maxOutputTokens,
      stop: decodeStop(body),
    },
    choices: 1,
    user: metadata === undefined ? undefined : optionalString(metadata, 'user_id', 'metadata.'),
    fallbackModels: readFallbackModels(body),
    ownDialectOnly: optionalObject(body, 'thread') === undefined ? undefined : threadRefusal(),
    body,
    bytes,
  };
}

/**
 * A thread is a conversation that the provider holds, so that a request carries only what is new. Read without it, such a request
 * has lost its beginning. Anthropic's SDK sends the whole conversation, without a thread, when it is refused in these words.
 */
function threadRefusal(): GatewayError {
  return new GatewayError(
    'invalid_request',
    'The provider that serves this request does not hold conversations: send all messages, and leave `thread` out.',
    { param: 'thread', details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] } },
  );
}

function decodeStop(body: JsonObject): string[] | undefined {
  const stop = optionalArray(body, 'stop_sequences');
  if (stop === undefined || stop.every((item) => typeof item === 'string')) return stop as string[];
  return reject('stop_sequences', 'must be an array of strings.');
}

function decodeFormat(body: JsonObject): ResponseFormat | undefined {
  const config = optionalObject(body, 'output_config');
  const format = config === undefined ? undefined : optionalObject(config, 'format', 'output_config.');
  if (format === undefined) return undefined;
  const schema = format['schema'];
  if (format['type'] !== 'json_schema' || !isObject(schema)) {
    reject('output_config.format', 'must have type "json_schema" and a schema object.');
  }
  return { type: 'json-schema', name: 'answer', schema };
}

function decodeReasoning(body: JsonObject): ReasoningRequest | undefined {
  const thinking = optionalObject(body, 'thinking');
  const config = optionalObject(body, 'output_config');
  const effort = config === undefined ? undefined : optionalString(config, 'effort', 'output_config.');
  if (thinking === undefined) return effort === undefined ? undefined : { effort };
  const type = thinking['type'];
  if (typeof type !== 'string') reject('thinking.type', 'must be "enabled", "adaptive" or "disabled".');
  const budgetTokens = optionalInteger(thinking, 'budget_tokens', 0, 'thinking.');
  if (type === 'enabled' && budgetTokens === undefined) {
    reject('thinking.budget_tokens', 'is missing: say how many tokens thinking may take, e.g. 2048.');
  }
  return { enabled: type !== 'disabled', effort, budgetTokens };
}

export function encodeRequest(asked: ChatRequest, target: EncodeTarget): EncodedRequest {
  const dropped = new DroppedNames();
  const request = target.sampling === false ? withoutSampling(asked, dropped) : asked;
  const own = request.dialect === 'anthropic-messages';
  const body: JsonObject = { model: target.model };
  if (own) copyOtherFields(request.body, body);
  else dropped.addUnknownFields(request.body, clientFields[request.dialect].understood);

  const maxTokens = request.sampling.maxOutputTokens ?? target.defaultMaxOutputTokens;
  body['max_tokens'] = maxTokens;

  const format = encodeFormat(request, target, dropped);
  const { system, messages } = encodeMessages(request, format.instruction, dropped);
  if (system !== undefined) body['system'] = system;
  body['messages'] = messages;

  const tools = encodeTools(request, target.jsonSchema || own, dropped);
  if (tools.length > 0) {
    body['tools'] = tools;
    const choice = encodeToolChoice(request);
    if (choice !== undefined) body['tool_choice'] = choice;
  }

  const thinking = encodeThinking(request, target, maxTokens);
  Object.assign(body, thinking.fields);
  if (!thinking.carried) for (const name of reasoningNames(request)) dropped.add(name);
  if (format.field !== undefined) {
    const config = body['output_config'];
    body['output_config'] = { ...(isObject(config) ? config : {}), format: format.field };
  }

  encodeSampling(request, isObject(thinking.fields['thinking']), body, dropped);
  if (request.user !== undefined) body['metadata'] = { user_id: userIdFor(request.user, userCharsMax) };
  if (request.stream) body['stream'] = true;
  return { body, dropped: dropped.list() };
}

function copyOtherFields(from: JsonObject, to: JsonObject): void {
  const { understood } = clientFields['anthropic-messages'];
  for (const key of Object.keys(from)) if (!understood.has(key)) to[key] = from[key];
}

function encodeFormat(
  request: ChatRequest,
  target: EncodeTarget,
  dropped: DroppedNames,
): { field: JsonObject | undefined; instruction: string | undefined } {
  const format = request.responseFormat;
  if (format === undefined || format.type === 'text') return { field: undefined, instruction: undefined };
  if (format.type === 'json-schema' && target.jsonSchema) {
    const own = request.dialect === 'anthropic-messages';
    const schema = own ? format.schema : closedSchema(format.schema);
    return { field: { type: 'json_schema', schema }, instruction: undefined };
  }
  dropped.add(clientFields[request.dialect].jsonSchema);
  return {
    field: undefined,
    instruction: format.type === 'json-object' ? jsonObjectInstruction : jsonSchemaInstruction(format.schema),
  };
}

function encodeSampling(
  request: ChatRequest,
  thinks: boolean,
  body: JsonObject,
  dropped: DroppedNames,
): void {
  const own = request.dialect === 'anthropic-messages';
  const { temperature, topP, topK, stop, seed, frequencyPenalty, presencePenalty } = request.sampling;
  const thinking = thinks && !own && (body['thinking'] as JsonObject)['type'] !== 'disabled';
  if (temperature !== undefined) {
    if (temperature > 1 || (thinking && temperature !== 1)) dropped.add('temperature');
    if (!thinking) body['temperature'] = Math.min(temperature, 1);
  }
  if (topP !== undefined) {
    // Newer models take one of the two, not both.
    const refused = !own && topP < 1 && (body['temperature'] !== undefined || (thinking && topP < 0.95));
    if (refused) dropped.add('top_p');
    else if (own || topP < 1) body['top_p'] = topP;
  }
  if (topK !== undefined && topK > 0) {
    if (thinking) dropped.add('top_k');
    else body['top_k'] = topK;
  }
  if (stop !== undefined) {
    const visible = own ? stop : stop.filter((sequence) => sequence.trim() !== '');
    if (visible.length < stop.length) dropped.add(clientFields[request.dialect].stop);
    if (visible.length > 0) body['stop_sequences'] = visible;
  }
  if (seed !== undefined) dropped.add('seed');
  if (frequencyPenalty !== undefined && frequencyPenalty !== 0) dropped.add('frequency_penalty');
  if (presencePenalty !== undefined && presencePenalty !== 0) dropped.add('presence_penalty');
}
