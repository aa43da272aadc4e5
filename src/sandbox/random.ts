import { createHash } from 'node:crypto';

/** Numbers in [0, 1) that depend on nothing but what they were made from. */
export type Random = () => number;

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A mulberry32 generator seeded by a digest. */
export function randomFrom(digest: string): Random {
  let state = Number.parseInt(digest.slice(0, 8), 16);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
