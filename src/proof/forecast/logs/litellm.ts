import { isObject, type JsonObject } from '../../../protocol/index.ts';
import type { LogFormat, LogRecord } from './entry.ts';
import {
  amountField,
  answerOf,
  bodyOf,
  dialectOf,
  objectField,
  parsed,
  textField,
  timeField,
} from './fields.ts';

/**
 * Rows of the table `LiteLLM_SpendLogs` (schema.prisma of BerriAI/litellm: request_id, call_type, api_key, spend, prompt_tokens, completion_tokens, startTime,
 * model, user, end_user, session_id, messages, response, proxy_server_request). With `store_prompts_in_spend_logs` the request's body is in
 * `proxy_server_request`; `messages` is `{}` but for realtime calls (spend_tracking_utils.py; issue 15641), and filled by older versions.
 */
export const litellmLog: LogFormat = {
  id: 'litellm',
  name: 'LiteLLM spend logs',
  knows: (record) =>
    'spend' in record && ('call_type' in record || 'proxy_server_request' in record || 'startTime' in record),
  read,
};

const chatCalls = new Set(['', 'completion', 'acompletion', 'anthropic_messages', 'responses', 'aresponses']);

function read(record: JsonObject, place: string): LogRecord {
  const call = textField(record, 'call_type') ?? '';
  if (!chatCalls.has(call)) return { kind: 'other', why: `a call of kind ${call.slice(0, 40)}` };
  if (textField(record, 'status') === 'failure') return { kind: 'other', why: 'the call failed' };
  const stored = objectField(record, 'proxy_server_request');
  const inner = stored === undefined ? undefined : (objectField(stored, 'body') ?? stored);
  const messages = parsed(record['messages']);
  const body = inner !== undefined && dialectOf(inner) !== undefined ? inner : bodyOf(messages);
  const dialect = body === undefined ? undefined : dialectOf(body);
  if (body === undefined || dialect === undefined)
    throw new Error(
      'it has no prompt: switch on `store_prompts_in_spend_logs` and export what is logged from then on',
    );
  const response = parsed(record['response']);
  const answer = isObject(response) && Object.keys(response).length === 0 ? undefined : answerOf(response);
  return {
    kind: 'request',
    entry: {
      id: textField(record, 'request_id', 'id') ?? place,
      atMs: timeField(record, 'startTime', 'start_time'),
      model: textField(record, 'model', 'model_group') ?? textField(body, 'model'),
      dialect,
      body,
      answer,
      inputTokens: amountField(record, 'prompt_tokens') ?? answer?.usage?.inputTokens,
      outputTokens: amountField(record, 'completion_tokens') ?? answer?.usage?.outputTokens,
      costUsd: amountField(record, 'spend'),
      user: textField(record, 'end_user', 'user'),
      session: textField(record, 'session_id'),
    },
  };
}
