/** A cheap walk over JSON bytes that were or will be checked by JSON.parse; it finds ends, it does not validate. */

const quote = 0x22;
const backslash = 0x5c;
/** Short strings (keys, words) are cheaper to walk than to search natively. */
const walkBytes = 24;

/** Index after the closing quote of the string that opens at `open`; `bytes.length` when it never closes. */
export function stringEnd(bytes: Buffer, open: number): number {
  let at = open + 1;
  for (;;) {
    const walkEnd = Math.min(at + walkBytes, bytes.length);
    while (at < walkEnd) {
      const byte = bytes[at]!;
      if (byte === quote) return at + 1;
      at += byte === backslash ? 2 : 1;
    }
    const found = bytes.indexOf(quote, at);
    if (found === -1) return bytes.length;
    // The walk may have stopped behind an escape, so backslashes are counted back to where it stopped, no further.
    let escapes = 0;
    while (found - 1 - escapes >= at && bytes[found - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return found + 1;
    at = found + 1;
  }
}

/** Index after the value that starts at `at`; `bytes.length` when it never ends. */
export function valueEnd(bytes: Buffer, start: number): number {
  const first = bytes[start];
  if (first === quote) return stringEnd(bytes, start);
  let at = start;
  if (first !== 0x7b && first !== 0x5b) {
    while (at < bytes.length && !endsScalar(bytes[at]!)) at += 1;
    return at;
  }
  let depth = 0;
  while (at < bytes.length) {
    const byte = bytes[at]!;
    if (byte === quote) {
      at = stringEnd(bytes, at);
      continue;
    }
    if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
    at += 1;
  }
  return at;
}

/** What one pass over a text tells before it is parsed. */
export interface JsonOutline {
  /** Arrays and objects nest deeper than was allowed; the pass stopped there. */
  tooDeep: boolean;
  /** Members of the outermost object, each duplicate of a key counted. */
  members: number;
}

export function outlineOf(bytes: Buffer, depthMax: number): JsonOutline {
  let depth = 0;
  let at = 0;
  let commas = 0;
  let isEmpty = true;
  while (at < bytes.length) {
    const byte = bytes[at]!;
    if (byte === quote) {
      isEmpty = false;
      at = stringEnd(bytes, at);
      continue;
    }
    if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > depthMax) return { tooDeep: true, members: 0 };
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    else if (byte === 0x2c && depth === 1) commas += 1;
    at += 1;
  }
  return { tooDeep: false, members: isEmpty ? 0 : commas + 1 };
}

/** The keys of the outermost object in the order they are written. The bytes must hold a valid JSON object. */
export function topLevelKeys(bytes: Buffer): string[] {
  const keys: string[] = [];
  let at = bytes.indexOf(0x7b) + 1;
  for (;;) {
    at = skipSpace(bytes, at);
    if (bytes[at] !== quote) return keys;
    const keyEnd = stringEnd(bytes, at);
    keys.push(keyText(bytes, at, keyEnd));
    const colon = skipSpace(bytes, keyEnd);
    at = skipSpace(bytes, valueEnd(bytes, skipSpace(bytes, colon + 1)));
    if (bytes[at] === 0x2c) at += 1;
  }
}

/** The key that is written from `open` to `end`, quotes included. */
export function keyText(bytes: Buffer, open: number, end: number): string {
  const text = bytes.toString('utf8', open + 1, end - 1);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && isSpace(bytes[at]!)) at += 1;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function endsScalar(byte: number): boolean {
  return byte === 0x2c || byte === 0x7d || byte === 0x5d || isSpace(byte);
}
