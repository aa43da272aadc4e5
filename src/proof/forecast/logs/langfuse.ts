import type { JsonObject } from '../../../protocol/index.ts';
import type { LogFormat, LogRecord } from './entry.ts';
import { amountField, answerOf, bodyOf, dialectOf, objectField, textField, timeField } from './fields.ts';

/**
 * Observations as the API and the export of the page have them (ObservationsView of langfuse-js: type, startTime, model, modelParameters, input, output,
 * usage, usageDetails, costDetails, calculatedTotalCost), and as the blob storage export has them (langfuse.com/docs, «Blob Storage Export Field Reference»:
 * provided_model_name, usage_details, cost_details, total_cost, start_time). Only generations are requests.
 */
export const langfuseLog: LogFormat = {
  id: 'langfuse',
  name: 'Langfuse observations',
  knows: (record) =>
    ('traceId' in record || 'trace_id' in record) &&
    ('input' in record || 'type' in record) &&
    !('request_body' in record),
  read,
};

function read(record: JsonObject, place: string): LogRecord {
  const type = textField(record, 'type');
  if (type !== undefined && type.toUpperCase() !== 'GENERATION')
    return { kind: 'other', why: `an observation of type ${type.slice(0, 40)}` };
  if (textField(record, 'level') === 'ERROR') return { kind: 'other', why: 'the call failed' };
  const given = bodyOf(record['input']);
  const dialect = given === undefined ? undefined : dialectOf(given);
  if (given === undefined || dialect === undefined)
    throw new Error('its `input` holds no messages and no text');
  const parameters = objectField(record, 'modelParameters', 'model_parameters');
  const answer = answerOf(record['output']);
  const usage = objectField(record, 'usageDetails', 'usage_details');
  const older = objectField(record, 'usage');
  const costs = objectField(record, 'costDetails', 'cost_details');
  return {
    kind: 'request',
    entry: {
      id: textField(record, 'id') ?? place,
      atMs: timeField(record, 'startTime', 'start_time'),
      model:
        textField(record, 'model', 'providedModelName', 'provided_model_name') ?? textField(given, 'model'),
      dialect,
      body: withLimit(given, parameters),
      answer,
      inputTokens:
        sumOf(usage, 'input') ??
        amountField(older, 'input', 'promptTokens') ??
        amountField(record, 'inputUsage', 'promptTokens', 'prompt_tokens'),
      outputTokens:
        sumOf(usage, 'output') ??
        amountField(older, 'output', 'completionTokens') ??
        amountField(record, 'outputUsage', 'completionTokens', 'completion_tokens'),
      costUsd:
        amountField(record, 'calculatedTotalCost', 'totalCost', 'total_cost', 'calculated_total_cost') ??
        amountField(costs, 'total'),
      user: textField(record, 'userId', 'user_id'),
      session: textField(record, 'sessionId', 'session_id', 'traceId', 'trace_id'),
    },
  };
}

/** Usage is told by kind (`input`, `input_cached_tokens`, `output`, `output_reasoning_tokens`): kinds of one side add up. */
function sumOf(usage: JsonObject | undefined, side: 'input' | 'output'): number | undefined {
  const amounts = Object.keys(usage ?? {})
    .filter((name) => name.startsWith(side))
    .flatMap((name) => amountField(usage, name) ?? []);
  return amounts.length === 0 ? undefined : amounts.reduce((sum, each) => sum + each, 0);
}

function withLimit(body: JsonObject, parameters: JsonObject | undefined): JsonObject {
  const limit = amountField(parameters, 'max_tokens', 'max_completion_tokens', 'maxTokens');
  return limit === undefined ||
    limit < 1 ||
    body['max_tokens'] !== undefined ||
    body['messages'] === undefined
    ? body
    : { ...body, max_tokens: Math.floor(limit) };
}
