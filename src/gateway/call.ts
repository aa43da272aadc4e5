import type { Principal } from '../identity/index.ts';
import type { ClientDialectName, RequestPath } from '../protocol/index.ts';
import type { Decision } from '../router/index.ts';

/** One client's call as the HTTP adapter hands it over: bytes and headers in, an AnswerSink out. */
export interface ClientCall {
  requestId: string;
  dialect: ClientDialectName;
  /** What the path named, in dialects whose requests do not say it in the body. */
  path?: RequestPath | undefined;
  /** Lower-case names; repeated headers joined with `, `. */
  headers: { [name: string]: string | undefined };
  /** Reads the body, bounded; called once, after the caller is known. Rejects with GatewayError. */
  readBody(principal: Principal): Promise<Uint8Array>;
  receivedAtMs: number;
  /** The document that shows a decision, for a dry run. */
  presentDecision(decision: Decision): unknown;
}

/**
 * Where the answer goes. The gateway calls `begin` once, then `write` any number of times, then `end` or `reset`. After the
 * client has gone all of them do nothing.
 */
export interface AnswerSink {
  begin(status: number, headers: { [name: string]: string }): void;
  /** False when the client reads slower than we write: wait for `onDrain` before writing more. */
  write(bytes: Uint8Array): boolean;
  end(bytes?: Uint8Array): void;
  /** Delivers what was written, then breaks the connection, so that no client takes the answer for whole. */
  reset(): void;
  onDrain(listener: () => void): void;
  /** The client closed before the answer was ended; called at most once, at once if it has already happened. */
  onGone(listener: () => void): void;
  readonly gone: boolean;
}
