import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const timeChars = 9;
const randomChars = 13;

/** Makes identifiers that sort by creation time, such as `req_01j9zk3m8q4w7d2n5c6b8v9x0a`. */
export type IdSource = (prefix: string) => string;

/**
 * Time-ordered ids: 9 base-32 characters of milliseconds, then 65 random bits. Two ids of one process keep their order even
 * within a millisecond or when the clock goes back, because the time part never decreases and ties are
 * broken by a counter in the leading random characters. Ordered keys keep ledger inserts at the end of the index:
 * random ones made them twice as dear as the table grew.
 */
export function createIdSource(clock: Clock, random: (bytes: number) => Uint8Array = randomBytes): IdSource {
  let lastMs = 0;
  let counter = 0;
  let pool: Uint8Array = new Uint8Array(0);
  let poolAt = 0;

  function nextByte(): number {
    if (poolAt >= pool.length) {
      pool = random(1024);
      poolAt = 0;
    }
    return pool[poolAt++]!;
  }

  return (prefix) => {
    const now = clock.nowMs();
    if (now > lastMs) {
      lastMs = now;
      counter = 0;
    } else {
      counter += 1;
    }
    let id = encode(lastMs, timeChars) + encode(counter, 3);
    for (let i = 3; i < randomChars; i++) id += alphabet[nextByte() & 31];
    return `${prefix}_${id}`;
  };
}

function encode(value: number, chars: number): string {
  let rest = value;
  let text = '';
  for (let i = 0; i < chars; i++) {
    text = alphabet[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
