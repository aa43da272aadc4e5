import { authHeaders, chatUrl } from '../providers/index.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import { type ReadingInput, ResponseReader } from './response-reader.ts';
import type { Timeouts, Transport, TransportCall } from './transport.ts';

export interface OpenAttempt {
  outcome: Promise<AttemptOutcome>;
  /** Cancels the upstream call at once, whatever its state. The outcome then stays open; the caller has moved on. */
  abort(): void;
}

export interface AttemptInput extends ReadingInput {
  timeouts: Timeouts;
  /** The client's headers; of these the upstream sees only what its vendor's definition lists. */
  clientHeaders: ClientHeaders;
}

export type ClientHeaders = { readonly [name: string]: string | undefined };

/** Beta flags and the like, where the client speaks the upstream's dialect. An allow-list: other headers may name the operator's people and systems. */
function forwardedHeaders(input: AttemptInput): { [name: string]: string } {
  const forwarded: { [name: string]: string } = {};
  if (!input.body.passthrough) return forwarded;
  for (const name of input.deployment.provider.vendor.forwardHeaders ?? []) {
    const value = input.clientHeaders[name];
    if (value !== undefined) forwarded[name] = value;
  }
  return forwarded;
}

/**
 * One upstream call. The outcome settles at the first content of a stream, at the end of a whole answer, or at failure: until
 * then the caller is free to try another deployment, because nothing has reached the client.
 */
export function openAttempt(input: AttemptInput, transport: Transport): OpenAttempt {
  let call: TransportCall | undefined;
  const outcome = new Promise<AttemptOutcome>((resolve) => {
    const reader = new ResponseReader(input, resolve, () => call);
    call = transport.call(
      {
        method: 'POST',
        url: chatUrl(input.deployment.provider),
        headers: {
          ...input.deployment.provider.vendor.headers,
          ...forwardedHeaders(input),
          ...authHeaders(input.deployment.provider),
          'content-type': 'application/json',
          accept: input.request.stream ? 'text/event-stream' : 'application/json',
        },
        body: input.body.bytes,
        timeouts: input.timeouts,
      },
      reader,
    );
  });
  return { outcome, abort: () => call?.abort() };
}
