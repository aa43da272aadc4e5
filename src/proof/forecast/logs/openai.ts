import { isObject, type JsonObject } from '../../../protocol/index.ts';
import type { LogEntry, LogFormat, LogRecord } from './entry.ts';
import { amountField, answerOf, dialectOf, objectField, textField, timeField } from './fields.ts';

/**
 * Bodies as clients send them: `{request|body: {…}, response?: {…}}` a line, the body alone, lines of the Batch API (in `custom_id`, `method`, `url`, `body`;
 * out `custom_id`, `response.status_code`, `response.body`: openapi.yaml, BatchRequestInput and BatchRequestOutput), and fine-tuning
 * lines `{messages: […]}` whose last message is the answer.
 */
export const openaiLog: LogFormat = {
  id: 'openai',
  name: 'JSON lines of request bodies',
  knows: (record) =>
    dialectOf(record) !== undefined ||
    ['request', 'body', 'request_body', 'kwargs'].some((name) => hasBody(record, name)) ||
    typeof record['custom_id'] === 'string',
  read,
};

const hasBody = (record: JsonObject, name: string): boolean => {
  const body = objectField(record, name);
  return body !== undefined && dialectOf(body) !== undefined;
};

function read(record: JsonObject, place: string): LogRecord {
  const key = textField(record, 'custom_id');
  const body = dialectOf(record) === undefined ? objectField(record, 'request', 'body', 'kwargs') : record;
  const response = objectField(record, 'response') ?? record['completion'] ?? record['output'];
  if (key !== undefined && body === undefined) return batchAnswer(key, record);
  if (body === undefined) throw new Error('it has no `request` or `body` with messages');
  const dialect = dialectOf(body);
  if (dialect === undefined) return { kind: 'other', why: 'no chat request' };
  const status = isObject(response) ? response['status_code'] : undefined;
  if (typeof status === 'number' && status >= 400) return { kind: 'other', why: 'the call failed' };
  const inner = isObject(response) && isObject(response['body']) ? response['body'] : response;
  const split = inner === undefined && response === undefined ? trained(body) : undefined;
  const answer = answerOf(inner) ?? split?.answer;
  const entry: LogEntry = {
    id: key ?? textField(record, 'id', 'request_id') ?? place,
    atMs: timeField(record, 'timestamp', 'created_at', 'created', 'time', 'ts', 'startTime'),
    model: textField(body, 'model') ?? textField(record, 'model') ?? answer?.model,
    dialect,
    body: split?.body ?? body,
    answer,
    inputTokens: answer?.usage?.inputTokens,
    outputTokens: answer?.usage?.outputTokens,
    costUsd: amountField(record, 'cost_usd', 'cost'),
    user: textField(body, 'user') ?? textField(record, 'user'),
    session: textField(record, 'session', 'session_id', 'conversation_id'),
  };
  return { kind: 'request', entry };
}

function batchAnswer(key: string, record: JsonObject): LogRecord {
  const response = objectField(record, 'response');
  const body = response === undefined ? undefined : objectField(response, 'body');
  const status = response?.['status_code'];
  if (body === undefined || (typeof status === 'number' && status >= 400))
    return { kind: 'other', why: 'the call failed' };
  const answer = answerOf(body);
  return { kind: 'answer', key, answer, model: textField(body, 'model') };
}

/** A conversation that ends with the assistant is an example to learn from: its end is the answer to the rest. */
function trained(body: JsonObject): { body: JsonObject; answer: LogEntry['answer'] } | undefined {
  const messages = body['messages'];
  if (!Array.isArray(messages) || messages.length < 2) return undefined;
  const last: unknown = messages.at(-1);
  if (!isObject(last) || last['role'] !== 'assistant') return undefined;
  return { body: { ...body, messages: messages.slice(0, -1) }, answer: answerOf(last) };
}
