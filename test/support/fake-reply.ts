import type { IncomingHttpHeaders } from 'node:http';

/** Text as it should be cut into events. Tokens that are not stated are counted with a real tokenizer. */
export type FakeContent = string | (string | { text: string; tokens: number })[];

interface FakeToolCall {
  id?: string;
  name: string;
  /** JSON text, or fragments of it as they should be streamed. */
  arguments: string | string[];
}

/** What the fake upstream does with one request. Everything is optional: an empty reply is a plain valid answer. */
export interface FakeReply {
  // What it says
  /** Answer this error in the dialect's form, with `status` (default 500). */
  error?: { code?: string; type?: string; message: string; param?: string };
  status?: number;
  headers?: { [name: string]: string };
  /** Send this instead of an answer: a string as it is, anything else as JSON. */
  body?: unknown;
  text?: FakeContent;
  reasoning?: FakeContent;
  toolCalls?: FakeToolCall[];
  refusal?: string;
  /** The dialect's own word, e.g. `length` or `max_tokens`; follows from the content otherwise. */
  finish?: string;
  model?: string;

  // What it counts
  /** All prompt tokens, cached ones included. */
  inputTokens?: number;
  cacheReadTokens?: number;
  cacheWriteTokens?: number;
  /** Overrides the sum over the content's chunks. */
  outputTokens?: number;
  reasoningTokens?: number;
  /** `when-asked` (default): chat streams carry usage only if `stream_options.include_usage` is set, everything else always does. */
  usage?: 'when-asked' | 'always' | 'never';

  // When
  headDelayMs?: number;
  /** Between the head and the first byte of the body. */
  firstByteDelayMs?: number;
  /** Before each content chunk but the first. */
  chunkDelayMs?: number;
  /** Accept the request and say nothing: neither head, nor (`body`) anything after it. */
  silent?: 'head' | 'body';

  // How the bytes look
  /** Write the body in pieces of so many bytes, each flushed on its own. */
  pieceBytes?: number;
  newline?: '\n' | '\r\n';
  /** `data:{…}` without the space after the colon. */
  tight?: boolean;
  byteOrderMark?: boolean;
  /** Put a comment line before every event. */
  comments?: boolean;
  /** Write a comment every so many milliseconds while the body is delayed. */
  heartbeatMs?: number;
  /** Append so many bytes of text to the answer, as further chunks of 16 KiB. */
  paddingBytes?: number;

  // How it ends
  /**
   * Stop after so many body bytes or content chunks: `reset` the connection, `close` it in the middle of the HTTP message, or
   * `end` the message properly without the dialect's terminal event.
   */
  cut?: { how: 'reset' | 'close' | 'end'; afterBytes?: number; afterChunks?: number };
  /** After so many content chunks, an error event in the stream; the stream then ends. */
  errorEvent?: { afterChunks: number; type?: string; message: string };
  /** Leave the terminal event out (`[DONE]`, `message_stop`); everything before it is sent. */
  omitTerminal?: boolean;
  /** Say `connection: close`. */
  connectionClose?: boolean;
  /** Close the kept-alive socket so long after the answer, without having announced it. */
  closeIdleAfterMs?: number;
  /** Reset the connection as soon as the request has been read. */
  drop?: boolean;
}

export type FakeScript = FakeReply | FakeReply[] | ((request: FakeRequest) => FakeReply);

/** What came in, as it came. */
export interface FakeRequest {
  index: number;
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** The parsed body; undefined if it was not JSON. */
  body: unknown;
  bytes: Buffer;
  /** `performance.now()` when its last byte had been read. */
  receivedAtMs: number;
  /** 1 for the first request on its socket. */
  socketUse: number;
  /** `performance.now()` when the client went away before the answer was finished. */
  disconnectedAtMs: number | undefined;
}

/** What went out: the truth that a ledger is compared with. */
export interface FakeServed {
  /** Index of the request. */
  index: number;
  status: number;
  stream: boolean;
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  /** Of the whole answer, sent or not. */
  outputTokens: number;
  reasoningTokens: number;
  /** In the content that was really written. */
  outputTokensSent: number;
  /** The usage that was written to the client, in the dialect's form; undefined if none was. */
  usageReported: unknown;
  bytesSent: number;
  chunksSent: number;
  /** The answer was whole and its last byte has left. */
  finished: boolean;
}
