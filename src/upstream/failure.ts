import { type ErrorCode, GatewayError } from '../protocol/index.ts';
import type { TransportFailure, TransportFailureKind } from './transport.ts';

/** What the client reads. The inside story (addresses, certificates) stays in `detail`, for the operator. */
const told: { [kind in TransportFailureKind]: { code: ErrorCode; message: string } } = {
  refused: { code: 'upstream_unavailable', message: 'The provider refused the connection.' },
  dns: { code: 'upstream_unavailable', message: 'The provider’s name could not be resolved.' },
  tls: { code: 'upstream_unavailable', message: 'No secure connection to the provider could be made.' },
  'connect-timeout': {
    code: 'upstream_connect_timeout',
    message: 'The provider could not be reached in time (`connect_ms`).',
  },
  'first-byte-timeout': {
    code: 'upstream_first_byte_timeout',
    message: 'The provider sent nothing in time (`first_byte_ms`).',
  },
  'inter-chunk-timeout': {
    code: 'upstream_inter_chunk_timeout',
    message: 'The provider fell silent in the middle of its answer (`inter_chunk_ms`).',
  },
  'total-timeout': {
    code: 'upstream_total_timeout',
    message: 'The answer took longer than is allowed (`total_ms`).',
  },
  reset: { code: 'upstream_unavailable', message: 'The provider closed the connection without an answer.' },
  protocol: {
    code: 'upstream_protocol',
    message: 'The provider sent something that is not an HTTP answer we understand.',
  },
  'too-large': { code: 'upstream_protocol', message: 'The provider’s answer is larger than is allowed.' },
  saturated: { code: 'overloaded', message: 'All connections to the provider are busy.' },
  aborted: { code: 'shutting_down', message: 'The gateway is shutting down.' },
};

/** How long a client should wait when all our connections to a provider are busy. */
const saturatedRetryAfterMs = 1_000;

/** Gives a failed call its code. A connection lost after the head had arrived is an interrupted answer, not an absent one. */
export function failureToError(failure: TransportFailure): GatewayError {
  const detail = `${failure.kind}: ${failure.detail}`;
  if (failure.kind === 'reset' && failure.responded) {
    return new GatewayError(
      'stream_interrupted',
      'The provider closed the connection in the middle of its answer.',
      {
        detail,
      },
    );
  }
  const { code, message } = told[failure.kind];
  const retryAfterMs = failure.kind === 'saturated' ? saturatedRetryAfterMs : undefined;
  return new GatewayError(code, message, { detail, retryAfterMs });
}
