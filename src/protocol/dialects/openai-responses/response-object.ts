import type { AnswerIdentity } from '../../dialect.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, ResponseFormat } from '../../request.ts';
import type { Usage } from '../../usage.ts';
import { encodeUsage } from './usage.ts';

/** What a response says of itself at some moment of its life. */
export interface ResponseState {
  id: string;
  model: string;
  status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  output: JsonObject[];
  usage: Usage | undefined;
  incompleteReason?: 'max_output_tokens' | 'content_filter' | undefined;
  error?: JsonObject | undefined;
  completedAtSeconds?: number | undefined;
}

export function responseId(upstreamId: string | undefined, requestId: string): string {
  return upstreamId?.startsWith('resp_') ? upstreamId : `resp_${requestId}`;
}

/**
 * The whole object as two schemas want it: OpenAI's, and that of the Open Responses specification, where every field is required and
 * sampling is a number. The request's fields are echoed in a form that validates, whatever the client wrote.
 */
export function responseObject(state: ResponseState, identity: AnswerIdentity): JsonObject {
  return {
    id: state.id,
    object: 'response',
    created_at: identity.createdAtSeconds,
    completed_at:
      state.status === 'completed' ? (state.completedAtSeconds ?? identity.createdAtSeconds) : null,
    status: state.status,
    error: state.error ?? null,
    incomplete_details: state.incompleteReason === undefined ? null : { reason: state.incompleteReason },
    model: state.model,
    output: state.output,
    usage: encodeUsage(state.usage),
    ...echoOf(identity.request),
  };
}

/** For an error that is said without knowledge of the answer it ends. */
export function emptyResponse(requestId: string): JsonObject {
  const identity = { requestId, model: '', createdAtSeconds: 0, includeUsage: true };
  const id = responseId(undefined, requestId);
  return responseObject({ id, model: '', status: 'failed', output: [], usage: undefined }, identity);
}

function echoOf(request: ChatRequest | undefined): JsonObject {
  const body = request?.body ?? {};
  return {
    instructions: stringOrNull(body['instructions']),
    previous_response_id: stringOrNull(body['previous_response_id']),
    tools: echoTools(body['tools']),
    tool_choice: echoToolChoice(body['tool_choice']),
    parallel_tool_calls: request?.parallelToolCalls ?? true,
    text: echoText(request),
    reasoning: echoReasoning(body['reasoning']),
    temperature: request?.sampling.temperature ?? 1,
    top_p: request?.sampling.topP ?? 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    top_logprobs: 0,
    max_output_tokens: integerOrNull(body['max_output_tokens']),
    max_tool_calls: integerOrNull(body['max_tool_calls']),
    truncation: 'disabled',
    store: false,
    background: false,
    service_tier: 'default',
    metadata: echoMetadata(body['metadata']),
    safety_identifier: shortOrNull(body['safety_identifier']),
    prompt_cache_key: stringOrNull(body['prompt_cache_key']),
    ...(typeof body['user'] === 'string' ? { user: body['user'] } : {}),
  };
}

function stringOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function integerOrNull(value: unknown): number | null {
  return Number.isInteger(value) ? (value as number) : null;
}

const identifierCharsMax = 64;

function shortOrNull(value: unknown): string | null {
  return typeof value === 'string' && value.length <= identifierCharsMax ? value : null;
}

/** Functions only: what an answer of ours was made with. Tools of the vendor itself are among the dropped parameters. */
function echoTools(tools: unknown): JsonObject[] {
  if (!Array.isArray(tools)) return [];
  return tools.filter(isObject).flatMap((tool) => {
    const { type, name } = tool;
    return type === 'function' && typeof name === 'string' ? [echoFunction(name, tool)] : [];
  });
}

function echoFunction(name: string, tool: JsonObject): JsonObject {
  return {
    type: 'function',
    name,
    description: stringOrNull(tool['description']),
    parameters: isObject(tool['parameters']) ? tool['parameters'] : null,
    strict: typeof tool['strict'] === 'boolean' ? tool['strict'] : null,
  };
}

function echoToolChoice(choice: unknown): unknown {
  if (choice === 'none' || choice === 'required') return choice;
  if (!isObject(choice)) return 'auto';
  const { type, name, mode, tools } = choice;
  if (type === 'function' && typeof name === 'string') return { type, name };
  if (type !== 'allowed_tools' || !Array.isArray(tools)) return 'auto';
  return { type, mode: mode === 'required' ? mode : 'auto', tools: tools.filter(isObject) };
}

const verbosities: readonly unknown[] = ['low', 'medium', 'high'];

function echoText(request: ChatRequest | undefined): JsonObject {
  const given = request?.body['text'];
  const verbosity =
    isObject(given) && verbosities.includes(given['verbosity']) ? given['verbosity'] : 'medium';
  return { format: encodeFormat(request?.responseFormat ?? { type: 'text' }), verbosity };
}

/** `text.format`. */
export function encodeFormat(format: ResponseFormat): JsonObject {
  switch (format.type) {
    case 'text':
      return { type: 'text' };
    case 'json-object':
      return { type: 'json_object' };
    case 'json-schema': {
      const strict = format.strict === undefined ? {} : { strict: format.strict };
      return { type: 'json_schema', name: format.name, schema: format.schema, ...strict };
    }
  }
}

const efforts: readonly unknown[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const summaries: readonly unknown[] = ['auto', 'concise', 'detailed'];

function echoReasoning(reasoning: unknown): JsonObject {
  const { effort, summary } = isObject(reasoning) ? reasoning : {};
  return {
    effort: efforts.includes(effort) ? effort : null,
    summary: summaries.includes(summary) ? summary : null,
  };
}

function echoMetadata(metadata: unknown): JsonObject {
  if (!isObject(metadata)) return {};
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => typeof value === 'string'));
}
