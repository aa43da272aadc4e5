import type { TransportFailureKind } from './transport.ts';

const refused = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
]);
const notResolved = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
  'EAI_FAMILY',
  'EAI_MEMORY',
]);
/** The peer went away: by reset, or by closing before the message was whole. */
const cut = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'UND_ERR_INFO']);
/** The parser's own word for a message that stops short; it gives no code for it. */
const endedInside = /Invalid EOF state/;

export interface ConnectionStage {
  /** The request had been handed to a socket. */
  started: boolean;
  /** TLS is spoken, and TCP was up when it failed. */
  handshaking: boolean;
  /** The head of the response had arrived. */
  responded: boolean;
}

/** Which kind of failure an error of the socket or of undici is. */
export function failureKindOf(error: Error, stage: ConnectionStage): TransportFailureKind {
  const code = codeOf(error);
  if (!stage.started) {
    if (notResolved.has(code)) return 'dns';
    if (code === 'ETIMEDOUT') return 'connect-timeout';
    if (refused.has(code)) return 'refused';
    if (cut.has(code)) return 'reset';
    return stage.handshaking ? 'tls' : 'protocol';
  }
  if (cut.has(code) || endedInside.test(error.message)) return 'reset';
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'too-large';
  // Before the head it means that the head contradicts itself.
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return stage.responded ? 'reset' : 'protocol';
  // The kernel gave up on a connection that stood: unacknowledged data or lost keep-alive probes.
  if (code === 'ETIMEDOUT' || refused.has(code)) return 'reset';
  return 'protocol';
}

function codeOf(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** The operator's line. Error texts of sockets and parsers name addresses and header names, never header values or bodies. */
export function describeError(error: Error): string {
  const code = codeOf(error);
  const message =
    error.message === '' && error instanceof AggregateError ? innerMessages(error) : error.message;
  return code === '' || message.includes(code) ? message : `${message} (${code})`;
}

function innerMessages(error: AggregateError): string {
  return error.errors.map((inner) => (inner instanceof Error ? inner.message : String(inner))).join('; ');
}
