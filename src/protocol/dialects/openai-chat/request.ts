import type { EncodedRequest, EncodeTarget } from '../../dialect.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, ReasoningRequest, ResponseFormat } from '../../request.ts';
import { clientFields, reasoningNames } from '../client-fields.ts';
import { DroppedNames } from '../dropped-names.ts';
import { jsonObjectInstruction, jsonSchemaInstruction } from '../instructions.ts';
import {
  optionalBoolean,
  optionalInteger,
  optionalObject,
  optionalString,
  readFallbackModels,
  reject,
  requireModel,
} from '../read.ts';
import { encodeReasoning } from '../reasoning.ts';
import { withoutSampling } from '../sampling.ts';
import { allowsStrict } from '../strict-schema.ts';
import { userIdFor } from '../user-id.ts';
import { decodeMessages, encodeMessages } from './messages.ts';
import { decodeSampling, encodeSampling } from './sampling.ts';
import { decodeToolChoice, decodeTools, encodeToolChoice, encodeTools } from './tools.ts';

const userCharsMax = 64;

export function decodeRequest(body: JsonObject, bytes: Uint8Array): ChatRequest {
  const model = requireModel(body);
  const messages = decodeMessages(body);
  const stream = optionalBoolean(body, 'stream') ?? false;
  const toolChoice = decodeToolChoice(body);
  return {
    dialect: 'openai-chat',
    model,
    stream,
    wantsStreamUsage: stream && optionalObject(body, 'stream_options')?.['include_usage'] === true,
    messages,
    tools: decodeTools(body, toolChoice.allowed),
    toolChoice: toolChoice.choice,
    parallelToolCalls: optionalBoolean(body, 'parallel_tool_calls'),
    responseFormat: decodeResponseFormat(body),
    reasoning: decodeReasoning(body),
    sampling: decodeSampling(body),
    choices: optionalInteger(body, 'n', 1) ?? 1,
    user: optionalString(body, 'safety_identifier') ?? optionalString(body, 'user'),
    fallbackModels: readFallbackModels(body),
    body,
    bytes,
  };
}

function decodeResponseFormat(body: JsonObject): ResponseFormat | undefined {
  const format = optionalObject(body, 'response_format');
  if (format === undefined) return undefined;
  if (format['type'] === 'text') return { type: 'text' };
  if (format['type'] === 'json_object') return { type: 'json-object' };
  if (format['type'] !== 'json_schema') {
    reject('response_format.type', 'must be "text", "json_object" or "json_schema".');
  }
  const wrapper = format['json_schema'];
  if (!isObject(wrapper)) reject('response_format.json_schema', 'must be an object with name and schema.');
  const path = 'response_format.json_schema.';
  return {
    type: 'json-schema',
    name: optionalString(wrapper, 'name', path) ?? 'answer',
    schema: optionalObject(wrapper, 'schema', path) ?? { type: 'object' },
    strict: optionalBoolean(wrapper, 'strict', path),
  };
}

/** Reads every way in which clients of compatible vendors ask for thinking. */
function decodeReasoning(body: JsonObject): ReasoningRequest | undefined {
  const effort = optionalString(body, 'reasoning_effort');
  const reasoning = body['reasoning'];
  const thinking = body['thinking'];
  const asked: ReasoningRequest = {};
  if (effort !== undefined) asked.effort = effort;
  if (isObject(reasoning)) {
    asked.effort ??= optionalString(reasoning, 'effort', 'reasoning.');
    asked.budgetTokens = optionalInteger(reasoning, 'max_tokens', 0, 'reasoning.');
    asked.enabled = optionalBoolean(reasoning, 'enabled', 'reasoning.');
  }
  if (isObject(thinking)) {
    // `auto` leaves it to the model, as saying nothing does.
    if (thinking['type'] !== 'auto') asked.enabled ??= thinking['type'] !== 'disabled';
    asked.budgetTokens ??= optionalInteger(thinking, 'budget_tokens', 0, 'thinking.');
  } else if (typeof thinking === 'boolean') asked.enabled ??= thinking;
  asked.enabled ??= optionalBoolean(body, 'enable_thinking');
  asked.budgetTokens ??= optionalInteger(body, 'thinking_budget', 0);
  if (asked.effort === undefined && asked.budgetTokens === undefined && asked.enabled === undefined) {
    return undefined;
  }
  // In this dialect an effort is a wish to think; only «none» is a wish not to.
  if (!isObject(thinking) || thinking['type'] !== 'auto') asked.enabled ??= asked.effort !== 'none';
  return asked;
}

export function encodeRequest(asked: ChatRequest, target: EncodeTarget): EncodedRequest {
  const dropped = new DroppedNames();
  const request = target.sampling === false ? withoutSampling(asked, dropped) : asked;
  const own = request.dialect === 'openai-chat';
  const body: JsonObject = { model: target.model };
  if (own) copyOtherFields(request.body, body);

  const format = encodeResponseFormat(request, target, own, dropped);
  body['messages'] = encodeMessages(request, {
    rules: { ...target, reasoningEcho: target.reasoningEcho ?? usualEcho(target) },
    reasoningField: target.reasoningEchoField ?? 'reasoning_content',
    instruction: format.instruction,
    dropped,
  });
  if (format.field !== undefined) body['response_format'] = format.field;

  const tools = encodeTools(request, dropped);
  if (tools.length > 0) {
    body['tools'] = tools;
    const choice = encodeToolChoice(request.toolChoice);
    if (choice !== undefined) body['tool_choice'] = choice;
    if (request.parallelToolCalls !== undefined) body['parallel_tool_calls'] = request.parallelToolCalls;
  }

  encodeSampling(request, target, own, body, dropped);
  const reasoning = encodeReasoning(request.reasoning, target);
  Object.assign(body, reasoning.fields);
  if (!reasoning.carried) for (const name of reasoningNames(request)) dropped.add(name);
  if (!own) dropped.addUnknownFields(request.body, clientFields[request.dialect].understood);

  if (request.user !== undefined) body['user'] = userIdFor(request.user, userCharsMax);
  if (request.stream) {
    body['stream'] = true;
    if (target.streamUsageOption ?? true) body['stream_options'] = { include_usage: true };
  }
  return { body, dropped: dropped.list() };
}

function copyOtherFields(from: JsonObject, to: JsonObject): void {
  const { understood } = clientFields['openai-chat'];
  for (const key of Object.keys(from)) if (!understood.has(key)) to[key] = from[key];
}

/** Vendors whose thinking has a switch of its own also read past reasoning; the others refuse the unknown field. */
function usualEcho({ reasoningControl }: EncodeTarget): 'all' | 'none' {
  return reasoningControl === 'thinking' || reasoningControl === 'enable_thinking' ? 'all' : 'none';
}

function encodeResponseFormat(
  request: ChatRequest,
  target: EncodeTarget,
  own: boolean,
  dropped: DroppedNames,
): { field: JsonObject | undefined; instruction: string | undefined } {
  const format = request.responseFormat;
  if (format === undefined || format.type === 'text') return { field: undefined, instruction: undefined };
  if (format.type === 'json-object') {
    return {
      field: { type: 'json_object' },
      // Upstreams demand that the prompt speaks of JSON. Clients of this dialect know that; others do not.
      instruction: own ? undefined : jsonObjectInstruction,
    };
  }
  if (!target.jsonSchema) {
    dropped.add(clientFields[request.dialect].jsonSchema);
    return { field: { type: 'json_object' }, instruction: jsonSchemaInstruction(format.schema) };
  }
  const strict = format.strict ?? (own ? undefined : allowsStrict(format.schema));
  return {
    field: {
      type: 'json_schema',
      json_schema: {
        name: format.name,
        schema: format.schema,
        ...(strict === undefined ? {} : { strict }),
      },
    },
    instruction: undefined,
  };
}
