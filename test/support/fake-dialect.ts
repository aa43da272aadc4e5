import type { JsonObject } from '../../src/protocol/index.ts';
import type { Asked, FakeAnswer } from './fake-answer.ts';
import type { FakeReply } from './fake-reply.ts';

/** One server-sent event before it becomes bytes. */
export interface FakeEvent {
  event?: string;
  data: string;
  /** Set for content: the tokens it carries. */
  tokens?: number;
  /** The usage object it reports. */
  usage?: unknown;
  /** The event that ends the dialect's streams. */
  terminal?: boolean;
}

/** What the path of a chat call says; empty where model and stream stand in the body. */
export interface FakePath {
  model?: string;
  stream?: boolean;
}

interface FakeFailure {
  code?: string;
  type?: string;
  message: string;
  param?: string;
}

/** The wire form of one dialect. Written apart from the product's codecs, so that a mistake in those cannot hide here. */
export interface FakeDialect {
  /** What a provider's base URL has after the origin, e.g. `/v1`. */
  basePath: string;
  /** Reads the path of a chat call; undefined for other paths. */
  chatPath(path: string, query: URLSearchParams): FakePath | undefined;
  /** What the request asks for, or what a real upstream would refuse it for. */
  ask(body: JsonObject, path: FakePath): Asked | { invalid: string };
  error(error: FakeFailure, status: number): unknown;
  answer(answer: FakeAnswer, reply: FakeReply, asked: Asked): { body: unknown; usage: unknown };
  events(answer: FakeAnswer, asked: Asked, reply: FakeReply): FakeEvent[];
  errorEvent(error: { type?: string; message: string }): FakeEvent;
  models(ids: string[]): unknown;
  /** The media type of its streams; absent = server-sent events. */
  streamContentType?: string;
  /** The bytes of one event; absent = a server-sent event. */
  frame?(event: FakeEvent): Buffer;
}
