import type { ChatAnswer, ClientDialectName, JsonObject } from '../../../protocol/index.ts';

/** One request of a log, as far as the log tells it. */
export interface LogEntry {
  id: string;
  atMs: number | undefined;
  /** As the log names it; undefined where it does not. */
  model: string | undefined;
  dialect: ClientDialectName;
  /** The body as a client would send it; its `model` is replaced by the route's name before it is decided. */
  body: JsonObject;
  /** Undefined where the log has none, or one that cannot be read, such as a stream's chunks. */
  answer: ChatAnswer | undefined;
  /** All input, cached or not. */
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  /** What the log says it cost. */
  costUsd: number | undefined;
  user: string | undefined;
  session: string | undefined;
}

/** What one record of a log turned out to be. */
export type LogRecord =
  | { kind: 'request'; entry: LogEntry }
  /** The answer to a request that stands elsewhere in the log, under the same key. */
  | { kind: 'answer'; key: string; answer: ChatAnswer | undefined; model: string | undefined }
  /** No chat request: a span, an embedding, a failed call. */
  | { kind: 'other'; why: string };

/** How one tool writes its logs. A new one is a file and a line in `list.ts`. */
export interface LogFormat {
  id: string;
  /** In words, for messages. */
  name: string;
  /** Whether a record has the marks of this format and of none that is asked before it. */
  knows(record: JsonObject): boolean;
  /** Throws an Error that says what is missing where the record is of this format and cannot be used. */
  read(record: JsonObject, place: string): LogRecord;
}
