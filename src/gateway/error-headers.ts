import type { GatewayError } from '../protocol/index.ts';

/** Tells the client's SDK whether to try again, and when. */
export function errorHeaders(error: GatewayError): { [name: string]: string } {
  const headers: { [name: string]: string } = { 'x-should-retry': String(error.retry) };
  if (error.retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfterMs / 1000)));
  }
  return headers;
}
