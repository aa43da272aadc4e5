import type { EncodedRequest, EncodeTarget } from '../../dialect.ts';
import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, ResponseFormat } from '../../request.ts';
import { clientFields, reasoningNames } from '../client-fields.ts';
import { DroppedNames } from '../dropped-names.ts';
import { jsonObjectInstruction, jsonSchemaInstruction } from '../instructions.ts';
import {
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
import { allowsStrict } from '../strict-schema.ts';
import { userIdFor } from '../user-id.ts';
import { encodeItems } from './encode-items.ts';
import { decodeItems } from './items.ts';
import { decodeReasoning, echoesReasoning, encodeReasoning, wantsSummary } from './reasoning.ts';
import { encodeFormat } from './response-object.ts';
import { decodeToolChoice, decodeTools, encodeToolChoice, encodeTools } from './tools.ts';

const userCharsMax = 64;
/** The vendor refuses a smaller limit. */
const outputTokensMin = 16;

export function decodeRequest(body: JsonObject, bytes: Uint8Array): ChatRequest {
  const model = requireModel(body);
  const toolChoice = decodeToolChoice(body);
  refuseBackground(body);
  const ownDialectOnly = leaningRefusal(body);
  const messages = decodeItems(body);
  if (messages.length === 0) {
    if (ownDialectOnly === undefined)
      reject('input', 'must be a string, or an array with at least one item.');
    messages.push({ role: 'user', parts: [] });
  }
  return {
    dialect: 'openai-responses',
    model,
    stream: optionalBoolean(body, 'stream') ?? false,
    wantsStreamUsage: true,
    messages,
    tools: decodeTools(body, toolChoice.allowed),
    toolChoice: toolChoice.choice,
    parallelToolCalls: optionalBoolean(body, 'parallel_tool_calls'),
    responseFormat: decodeFormat(body),
    reasoning: decodeReasoning(body),
    sampling: {
      temperature: optionalNumber(body, 'temperature', 0, 2),
      topP: optionalNumber(body, 'top_p', 0, 1),
      maxOutputTokens: optionalInteger(body, 'max_output_tokens', 1),
    },
    choices: 1,
    user: optionalString(body, 'safety_identifier') ?? optionalString(body, 'user'),
    ownDialectOnly,
    fallbackModels: readFallbackModels(body),
    body,
    bytes,
  };
}

/** An answer that is fetched later would be nobody's: not metered, and not to be had from here. */
function refuseBackground(body: JsonObject): void {
  if (optionalBoolean(body, 'background') !== true) return;
  reject('background', 'must be false or left out: answers are given to the request that asked for them.');
}

/** Where a request leans on what a provider of this dialect holds for the client, and how another provider refuses it. */
function leaningRefusal(body: JsonObject): GatewayError | undefined {
  const previous = optionalString(body, 'previous_response_id');
  if (previous !== undefined) {
    return refusal(
      'previous_response_id',
      'it does not hold that response',
      'send the whole conversation in `input`',
    );
  }
  if (body['conversation'] !== undefined && body['conversation'] !== null) {
    return refusal(
      'conversation',
      'it does not hold conversations',
      'send the whole conversation in `input`',
    );
  }
  if (optionalObject(body, 'prompt') !== undefined) {
    return refusal(
      'prompt',
      'it does not hold prompt templates',
      'send the text in `instructions` and `input`',
    );
  }
  const { input } = body;
  const index = Array.isArray(input) ? input.findIndex(isHeldItem) : -1;
  if (index === -1) return undefined;
  return refusal(`input[${index}]`, 'it cannot read that item', 'send the items it stands for');
}

/** Items that stand for others which only their provider can read. */
const heldItems: readonly unknown[] = ['item_reference', 'compaction', 'compaction_trigger'];

function isHeldItem(item: unknown): boolean {
  return isObject(item) && heldItems.includes(item['type']);
}

function refusal(param: string, problem: string, remedy: string): GatewayError {
  return new GatewayError(
    'invalid_request',
    `The provider that serves this request cannot use ${param}, because ${problem}: ${remedy}.`,
    { param },
  );
}

function decodeFormat(body: JsonObject): ResponseFormat | undefined {
  const settings = optionalObject(body, 'text');
  const format = settings === undefined ? undefined : optionalObject(settings, 'format', 'text.');
  if (format === undefined) return undefined;
  if (format['type'] === 'text') return { type: 'text' };
  if (format['type'] === 'json_object') return { type: 'json-object' };
  if (format['type'] !== 'json_schema') {
    reject('text.format.type', 'must be "text", "json_object" or "json_schema".');
  }
  return {
    type: 'json-schema',
    name: optionalString(format, 'name', 'text.format.') ?? 'answer',
    schema: optionalObject(format, 'schema', 'text.format.') ?? { type: 'object' },
    strict: optionalBoolean(format, 'strict', 'text.format.'),
  };
}

/** Nothing is left at the vendor: what it would keep for a next turn comes back encrypted, and the client sends it again. */
export function encodeRequest(asked: ChatRequest, target: EncodeTarget): EncodedRequest {
  const dropped = new DroppedNames();
  const request = target.sampling === false ? withoutSampling(asked, dropped) : asked;
  const own = request.dialect === 'openai-responses';
  const body: JsonObject = { model: target.model };
  if (own) copyOtherFields(request.body, body);
  else {
    body['store'] = false;
    if (reasonsByEffort(target)) body['include'] = ['reasoning.encrypted_content'];
    dropped.addUnknownFields(request.body, clientFields[request.dialect].understood);
  }

  const format = encodeText(request, target, dropped);
  const echoReasoning = echoesReasoning(target);
  const { instruction } = format;
  const { instructions, input } = encodeItems(request, { echoReasoning, instruction, dropped });
  if (instructions !== undefined) body['instructions'] = instructions;
  body['input'] = input;
  if (format.field !== undefined) body['text'] = format.field;

  const tools = encodeTools(request, dropped);
  if (tools.length > 0) {
    body['tools'] = tools;
    const choice = encodeToolChoice(request.toolChoice);
    if (choice !== undefined) body['tool_choice'] = choice;
    if (request.parallelToolCalls !== undefined) body['parallel_tool_calls'] = request.parallelToolCalls;
  }

  const reasoning = encodeThinking(request, target);
  Object.assign(body, reasoning.fields);
  if (!reasoning.carried) for (const name of reasoningNames(request)) dropped.add(name);
  encodeSampling(request, body, dropped);
  if (request.user !== undefined) body['safety_identifier'] = userIdFor(request.user, userCharsMax);
  if (request.stream) body['stream'] = true;
  return { body, dropped: dropped.list() };
}

function copyOtherFields(from: JsonObject, to: JsonObject): void {
  const { understood } = clientFields['openai-responses'];
  for (const key of Object.keys(from)) {
    if (!understood.has(key) && key !== 'text' && key !== 'reasoning') to[key] = from[key];
  }
}

/** The vendor's own kind of thinking: models that have none refuse whatever is said of it. */
function reasonsByEffort({ reasoningControl }: EncodeTarget): boolean {
  return reasoningControl === 'reasoning_effort';
}

function encodeThinking(
  request: ChatRequest,
  target: EncodeTarget,
): { fields: JsonObject; carried: boolean } {
  const { fields, carried } = encodeReasoning(request.reasoning, target);
  const asked = request.dialect === 'openai-responses' ? request.body['reasoning'] : undefined;
  const summary = isObject(asked) ? asked['summary'] : wantsSummary(request) ? 'auto' : undefined;
  const refused = !reasonsByEffort(target) || request.reasoning?.enabled === false;
  if (refused || summary === undefined || summary === null) return { fields, carried };
  const reasoning = isObject(fields['reasoning']) ? fields['reasoning'] : {};
  return { fields: { ...fields, reasoning: { ...reasoning, summary } }, carried };
}

function encodeText(
  request: ChatRequest,
  target: EncodeTarget,
  dropped: DroppedNames,
): { field: JsonObject | undefined; instruction: string | undefined } {
  const own = request.dialect === 'openai-responses';
  const given = own ? request.body['text'] : undefined;
  const settings =
    isObject(given) && given['verbosity'] !== undefined ? { verbosity: given['verbosity'] } : {};
  const format = request.responseFormat;
  if (format === undefined || format.type === 'text') {
    return { field: Object.keys(settings).length === 0 ? undefined : settings, instruction: undefined };
  }
  if (format.type === 'json-schema' && target.jsonSchema) {
    const strict = format.strict ?? (own ? undefined : allowsStrict(format.schema));
    return {
      field: { ...settings, format: encodeFormat({ ...format, strict }) },
      instruction: undefined,
    };
  }
  const field = { ...settings, format: { type: 'json_object' } };
  if (format.type === 'json-object') {
    // The vendor demands that the prompt speaks of JSON. Clients of this dialect know that; others do not.
    return { field, instruction: own ? undefined : jsonObjectInstruction };
  }
  dropped.add(clientFields[request.dialect].jsonSchema);
  return { field, instruction: jsonSchemaInstruction(format.schema) };
}

function encodeSampling(request: ChatRequest, body: JsonObject, dropped: DroppedNames): void {
  const { temperature, topP, topK, maxOutputTokens, stop, seed, frequencyPenalty, presencePenalty } =
    request.sampling;
  if (temperature !== undefined) body['temperature'] = temperature;
  if (topP !== undefined) body['top_p'] = topP;
  if (maxOutputTokens !== undefined) body['max_output_tokens'] = Math.max(maxOutputTokens, outputTokensMin);
  if (stop !== undefined && stop.length > 0) dropped.add(clientFields[request.dialect].stop);
  if (topK !== undefined && topK > 0) dropped.add('top_k');
  if (seed !== undefined) dropped.add('seed');
  if (frequencyPenalty !== undefined && frequencyPenalty !== 0) dropped.add('frequency_penalty');
  if (presencePenalty !== undefined && presencePenalty !== 0) dropped.add('presence_penalty');
}
