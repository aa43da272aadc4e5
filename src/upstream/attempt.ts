import { dialects, toGatewayError } from '../protocol/index.ts';
import { authHeaders, chatUrl, type ProviderKey, type Wire } from '../providers/index.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import type { RequestSigner } from './credentials/request-signer.ts';
import { type ReadingInput, ResponseReader } from './response-reader.ts';
import { SignedCall } from './signed-call.ts';
import type { ResponseHead, Timeouts, Transport, TransportHandler } from './transport.ts';

export interface OpenAttempt {
  outcome: Promise<AttemptOutcome>;
  /** Cancels the upstream call at once, whatever its state. The outcome then stays open; the caller has moved on. */
  abort(): void;
}

export interface AttemptInput extends ReadingInput {
  timeouts: Timeouts;
  /** Whose account is used; undefined at upstreams that are open or whose requests are signed. */
  key: ProviderKey | undefined;
  /** The client's headers; of these the upstream sees only what its vendor's definition lists. */
  clientHeaders: ClientHeaders;
  /** Signs where there is no key. */
  signer: RequestSigner | undefined;
  /** The response began: its headers tell what remains of the account's limits. */
  sawHead(head: ResponseHead): void;
}

export type ClientHeaders = { readonly [name: string]: string | undefined };

/** Beta flags and the like, where the client speaks the upstream's dialect. An allow-list: other headers may name the operator's people and systems. */
function forwardedHeaders(input: AttemptInput): { [name: string]: string } {
  const forwarded: { [name: string]: string } = {};
  if (!input.body.passthrough) return forwarded;
  for (const name of input.body.wire.forwardHeaders ?? []) {
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
  const { body, signer, timeouts } = input;
  const url = chatUrl(input.deployment.provider, body.wire, {
    model: input.deployment.upstreamName,
    stream: body.stream,
  });
  const headers = headersOf(input);
  const call = new SignedCall();
  const outcome = new Promise<AttemptOutcome>((resolve) => {
    const reader = new ResponseReader(input, resolve, () => call.current);
    const request = { method: 'POST', url, headers, body: body.bytes, timeouts } as const;
    call.open(request, watched(reader, input), { transport, signer }, (thrown) => {
      resolve({ kind: 'failed', error: toGatewayError(thrown), status: undefined, replayed: false });
    });
  });
  return { outcome, abort: () => call.abort() };
}

function headersOf(input: AttemptInput): { [name: string]: string } {
  const { wire, stream } = input.body;
  return {
    ...wire.headers,
    ...forwardedHeaders(input),
    ...authHeaders(wire, input.key),
    'content-type': 'application/json',
    accept: stream ? streamType(wire) : 'application/json',
  };
}

function watched(reader: ResponseReader, { sawHead }: AttemptInput): TransportHandler {
  return {
    onHead(head) {
      sawHead(head);
      reader.onHead(head);
    },
    onData: (chunk) => reader.onData(chunk),
    onEnd: () => reader.onEnd(),
    onFailure: (failure) => reader.onFailure(failure),
  };
}

/** The media type of the dialect's streams, without parameters. */
function streamType({ dialect }: Wire): string {
  return dialects[dialect].streamContentType.split(';')[0]!;
}
