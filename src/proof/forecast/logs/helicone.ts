import type { JsonObject } from '../../../protocol/index.ts';
import type { LogFormat, LogRecord } from './entry.ts';
import { amountField, answerOf, dialectOf, objectField, textField, timeField } from './fields.ts';

/**
 * Records of the export tool and of `/v1/request/query-clickhouse` (HeliconeRequest of Helicone/helicone: request_id, request_created_at, request_body,
 * response_body, response_status, request_model, model_override, prompt_tokens, completion_tokens, costUSD; examples/export/typescript for the CSV columns, with
 * `model` and `cost_usd`). The bodies are there only with `--include-body`.
 */
export const heliconeLog: LogFormat = {
  id: 'helicone',
  name: 'Helicone requests',
  knows: (record) =>
    ('request_body' in record || 'signed_body_url' in record) &&
    ('response_status' in record || 'request_created_at' in record || 'response_id' in record),
  read,
};

function read(record: JsonObject, place: string): LogRecord {
  const status = amountField(record, 'response_status');
  if (status !== undefined && status >= 400) return { kind: 'other', why: 'the call failed' };
  const body = objectField(record, 'request_body');
  const dialect = body === undefined ? undefined : dialectOf(body);
  if (body === undefined) throw new Error('it has no `request_body`: export with --include-body');
  if (dialect === undefined) return { kind: 'other', why: 'no chat request' };
  const answer = answerOf(record['response_body']);
  const properties = objectField(record, 'request_properties', 'properties');
  return {
    kind: 'request',
    entry: {
      id: textField(record, 'request_id', 'response_id') ?? place,
      atMs: timeField(record, 'request_created_at', 'response_created_at'),
      model:
        textField(record, 'model_override', 'response_model', 'model', 'request_model') ??
        textField(body, 'model'),
      dialect,
      body,
      answer,
      inputTokens: amountField(record, 'prompt_tokens') ?? answer?.usage?.inputTokens,
      outputTokens: amountField(record, 'completion_tokens') ?? answer?.usage?.outputTokens,
      costUsd: amountField(record, 'costUSD', 'cost_usd', 'cost'),
      user: textField(record, 'request_user_id', 'helicone_user'),
      session: properties === undefined ? undefined : textField(properties, 'Helicone-Session-Id'),
    },
  };
}
