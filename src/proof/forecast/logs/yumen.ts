import {
  type ChatAnswer,
  type ClientDialectName,
  clientDialects,
  isObject,
  type JsonObject,
} from '../../../protocol/index.ts';
import type { LogFormat, LogRecord } from './entry.ts';
import { dialectOf, objectField, textField, timeField } from './fields.ts';

/** Captures of our own gateway, as the data folder keeps them or one a line (`Capture`): the body as the client sent it, and answers by candidate. */
export const yumenLog: LogFormat = {
  id: 'yumen',
  name: 'captures of Yumen',
  knows: (record) =>
    typeof record['requestId'] === 'string' && typeof record['dialect'] === 'string' && 'request' in record,
  read,
};

function read(record: JsonObject): LogRecord {
  const body = objectField(record, 'request');
  if (body === undefined) throw new Error('its `request` is not the JSON of a body');
  const said = String(record['dialect']);
  const dialect: ClientDialectName | undefined = Object.hasOwn(clientDialects, said)
    ? (said as ClientDialectName)
    : dialectOf(body);
  if (dialect === undefined || dialect === 'gemini' || dialect === 'bedrock-converse')
    return { kind: 'other', why: `a request in the dialect ${said.slice(0, 40)}, whose path was not kept` };
  const answers = objectField(record, 'answers') ?? {};
  const [first] = Object.entries(answers);
  const answer = first === undefined ? undefined : chatAnswer(first[1]);
  return {
    kind: 'request',
    entry: {
      id: String(record['requestId']),
      atMs: timeField(record, 'atMs'),
      model: first?.[0] ?? textField(body, 'model'),
      dialect,
      body,
      answer,
      inputTokens: answer?.usage?.inputTokens,
      outputTokens: answer?.usage?.outputTokens,
      costUsd: undefined,
      user: textField(body, 'user'),
      session: textField(record, 'session'),
    },
  };
}

/** A stored `ChatAnswer`. */
function chatAnswer(value: unknown): ChatAnswer | undefined {
  let given = value;
  if (typeof value === 'string') {
    try {
      given = JSON.parse(value);
    } catch {
      return undefined;
    }
  }
  return isObject(given) && Array.isArray(given['parts']) && given['parts'].length > 0
    ? (given as unknown as ChatAnswer)
    : undefined;
}
