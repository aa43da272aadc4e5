import { GatewayError } from './errors.ts';
import type { Json } from './json.ts';
import { keyText, skipSpace, stringEnd, valueEnd } from './json-scan.ts';

/** What to do with top-level keys: a value replaces or adds the key, `undefined` removes it. */
export type TopLevelEdits = { readonly [key: string]: Json | undefined };

/** A stretch of the input that is replaced by `text`. */
interface Cut {
  from: number;
  to: number;
  text: Buffer | undefined;
}

/**
 * Changes top-level keys of a JSON object in its UTF-8 bytes and leaves every other byte as it is: re-serialising would cost
 * numbers beyond 2^53, the order and escapes that signatures and caches depend on, and milliseconds on large
 * bodies. Every duplicate of a key is changed, because parsers disagree on which of them counts. Keys written with escapes
 * are recognised. The bytes must hold valid JSON (see `parseJsonBody`); throws GatewayError `invalid_json` when they hold
 * no object.
 */
export function spliceTopLevel(bytes: Uint8Array, edits: TopLevelEdits): Uint8Array {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const open = skipSpace(body, startsWithMark(body) ? 3 : 0);
  if (body[open] !== 0x7b) throw notAnObject();

  const cuts: Cut[] = [];
  const missing = new Set<string>();
  for (const key of Object.keys(edits)) if (edits[key] !== undefined) missing.add(key);

  let kept = 0;
  let separator = open;
  let end = open + 1;
  let at = skipSpace(body, end);
  while (body[at] === 0x22) {
    const keyEnd = stringEnd(body, at);
    const key = keyText(body, at, keyEnd);
    const colon = skipSpace(body, keyEnd);
    if (body[colon] !== 0x3a) throw notAnObject();
    const valueAt = skipSpace(body, colon + 1);
    end = valueEnd(body, valueAt);
    const first = separator === open;
    const edited = Object.hasOwn(edits, key);
    const value = edited ? edits[key] : undefined;
    if (edited && value === undefined) {
      cuts.push({ from: first ? at : separator, to: end, text: undefined });
    } else {
      if (kept === 0 && !first) cuts.push({ from: separator, to: separator + 1, text: undefined });
      kept += 1;
      if (edited) {
        missing.delete(key);
        cuts.push({ from: valueAt, to: end, text: Buffer.from(JSON.stringify(value)) });
      }
    }
    const next = skipSpace(body, end);
    if (body[next] !== 0x2c) {
      at = next;
      break;
    }
    separator = next;
    at = skipSpace(body, next + 1);
  }
  if (body[at] !== 0x7d) throw notAnObject();

  if (missing.size > 0) {
    const members = [...missing].map((key) => `${JSON.stringify(key)}:${JSON.stringify(edits[key])}`);
    const text = (kept > 0 ? ',' : '') + members.join(',');
    cuts.push({ from: end, to: end, text: Buffer.from(text) });
  }
  return cuts.length === 0 ? bytes : applyCuts(body, cuts);
}

/** Cuts are in order and do not overlap. */
function applyCuts(body: Buffer, cuts: Cut[]): Uint8Array {
  let size = body.length;
  for (const cut of cuts) size += (cut.text?.length ?? 0) - (cut.to - cut.from);
  const result = Buffer.allocUnsafe(size);
  let read = 0;
  let write = 0;
  for (const cut of cuts) {
    write += body.copy(result, write, read, cut.from);
    if (cut.text !== undefined) write += cut.text.copy(result, write);
    read = cut.to;
  }
  body.copy(result, write, read);
  return result;
}

function startsWithMark(body: Buffer): boolean {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
}

function notAnObject(): GatewayError {
  return new GatewayError('invalid_json', 'The body must be one JSON object.');
}
