import type * as z from 'zod';
import type { DialectName } from '../../../src/protocol/index.ts';

export interface Question {
  model: string;
  prompt: string;
  system?: string;
  /** A web address or a data URI. */
  imageUrl?: string;
  maxOutputTokens?: number;
  temperature?: number;
  stop?: string[];
  /** Asks for thinking with a low effort. */
  thinks?: boolean;
  signal?: AbortSignal;
}

/** All input tokens, cached ones included, whatever the SDK calls them. Undefined where its type has no such field. */
export interface SeenUsage {
  inputTokens: number | undefined;
  cacheReadTokens: number | undefined;
  outputTokens: number | undefined;
  reasoningTokens?: number | undefined;
}

/** What the program that uses the SDK gets to see. */
export interface Seen {
  text: string;
  reasoning: string;
  finish: 'stop' | 'length' | 'tool-calls' | 'content-filter' | `unknown: ${string}`;
  usage: SeenUsage;
}

export interface SeenStream extends Seen {
  /** Pieces of text in the order in which the SDK handed them over. */
  deltas: string[];
  reasoningDeltas: string[];
}

export interface ClientTool {
  name: string;
  description: string;
  input: z.ZodObject;
  /** Gets the arguments as the SDK parsed them. */
  run(input: unknown): string;
}

/** One SDK, connected to one gateway. Every method rejects as the SDK does; it has no method for what its kind lacks. */
export interface Client {
  ask(question: Question): Promise<Seen>;
  /** `onDelta` is called with each piece of text as it arrives. */
  stream?(question: Question, onDelta?: (text: string) => void): Promise<SeenStream>;
  /** The SDK's own helper for structured output. */
  askForObject?(question: Question, schema: z.ZodObject): Promise<unknown>;
  streamObject?(question: Question, schema: z.ZodObject): Promise<unknown>;
  /** The SDK's own tool loop: calls the tools until the model answers in words. */
  useTools?(question: Question, tools: ClientTool[], how: { stream: boolean }): Promise<string>;
  /** Ids of the models the gateway lists. */
  models?(): Promise<string[]>;
}

export interface Place {
  /** Address of the gateway, without a path. */
  url: string;
  key: string;
  fetch: typeof fetch;
  /** The SDK should wait between its attempts as it does by itself: for what has its delays in its options, not in a header. */
  patient: boolean;
}

export interface Failure {
  status: number | undefined;
  message: string;
  aborted: boolean;
}

/** What an SDK may have no call, option or field for. */
export type Feature =
  | 'stream'
  | 'stop'
  | 'temperature'
  | 'finish'
  | 'reasoning'
  | 'usage'
  | 'stream usage'
  | 'cached usage'
  | 'reasoning usage'
  | 'tools'
  | 'stream tools'
  | 'structured output'
  | 'stream structured output'
  | 'images'
  | 'image addresses'
  | 'status'
  | 'abort'
  | 'retries'
  | 'models';

/** A client library as programs use it. To add one: write this object, and hand it to `testClient` or list it in the matrix. */
export interface ClientKind {
  name: string;
  dialect: DialectName;
  /** Features that the SDK has not, each with the reason; the gateway is then not asked for them. */
  lacks?: { [feature in Feature]?: string };
  /** Objects are asked for as arguments of a tool of this name; absent = by the dialect's own field for a schema. */
  objectTool?: string;
  /** It gives up when an answer says `x-should-retry: false`. */
  obeysShouldRetry: boolean;
  /** Requests it makes of a service that keeps failing; 3 (one and two repetitions) unless said. */
  requestsOfFailure?: number;
  connect(place: Place): Client;
  /** What the SDK's error says. */
  failure(thrown: unknown): Failure;
}

/** The word in `table` for an SDK's finish reason; one that is not there fails the test that sees it. */
export function finishOf(table: { [word: string]: Seen['finish'] }, word: unknown): Seen['finish'] {
  return table[String(word)] ?? `unknown: ${String(word)}`;
}
