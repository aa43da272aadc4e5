import type { JsonObject } from '../json.ts';
import { codec } from './codec.ts';

/** One event as a binary frame. */
export function eventFrame(type: string, payload: JsonObject): Uint8Array {
  return frame({ ':message-type': 'event', ':event-type': type }, payload);
}

/** An error as a binary frame: SDKs throw the exception of this name. */
export function exceptionFrame(type: string, payload: JsonObject): Uint8Array {
  return frame({ ':message-type': 'exception', ':exception-type': type }, payload);
}

function frame(headers: { [name: string]: string }, payload: JsonObject): Uint8Array {
  const all = { ...headers, ':content-type': 'application/json' };
  return codec.encode({
    headers: Object.fromEntries(
      Object.entries(all).map(([name, value]) => [name, { type: 'string' as const, value }]),
    ),
    body: Buffer.from(JSON.stringify(payload)),
  });
}
