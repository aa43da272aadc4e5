import type { IncomingMessage } from 'node:http';

/** Lower-case names; repeated headers joined with `, `. */
export function headersOf(request: IncomingMessage): { [name: string]: string | undefined } {
  const headers: { [name: string]: string | undefined } = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}
