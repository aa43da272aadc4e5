import { keyText, skipSpace, stringEnd, valueEnd } from '../json-scan.ts';

/** The bytes of one member of the JSON object that opens at `from`, or undefined when it has none or there is no object. */
export function jsonMember(bytes: Buffer, key: string, from = 0): Buffer | undefined {
  return jsonMembers(bytes, [key], from)[key];
}

/**
 * The bytes of the members of the JSON object that opens at `from`, in one walk that ends with the last of them. A list of vectors may
 * be a hundred megabytes, and all that is wanted of it are a few words beside them.
 */
export function jsonMembers(bytes: Buffer, keys: readonly string[], from = 0): { [key: string]: Buffer } {
  const found: { [key: string]: Buffer } = Object.create(null) as { [key: string]: Buffer };
  let missing = keys.length;
  let at = skipSpace(bytes, from);
  if (bytes[at] !== 0x7b) return found;
  at = skipSpace(bytes, at + 1);
  while (bytes[at] === 0x22) {
    const keyEnd = stringEnd(bytes, at);
    const name = keyText(bytes, at, keyEnd);
    const colon = skipSpace(bytes, keyEnd);
    if (bytes[colon] !== 0x3a) return found;
    const valueAt = skipSpace(bytes, colon + 1);
    const end = valueEnd(bytes, valueAt);
    if (keys.includes(name) && found[name] === undefined) {
      found[name] = bytes.subarray(valueAt, end);
      missing -= 1;
    }
    const next = skipSpace(bytes, end);
    if (missing === 0 || bytes[next] !== 0x2c) return found;
    at = skipSpace(bytes, next + 1);
  }
  return found;
}
