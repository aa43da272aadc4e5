import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { isObject } from '../../../protocol/index.ts';
import type { KeptPair } from './run-pairs.ts';

/** Pairs of an earlier run against the same reference, by request; lines that are damaged, as the last one of a killed run may be, are left out. */
export function readPairs(file: string, reference: string): Map<string, KeptPair> {
  const pairs = new Map<string, KeptPair>();
  if (!existsSync(file)) return pairs;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const pair = pairOf(line);
    if (pair !== undefined && pair.reference === reference) pairs.set(pair.id, pair);
  }
  return pairs;
}

/** One line a pair, written at once: figures and ids, no text. */
export function appendPair(file: string, pair: KeptPair): void {
  appendFileSync(file, `${JSON.stringify(pair)}\n`, { mode: 0o600 });
}

function pairOf(line: string): KeptPair | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(value) || typeof value['id'] !== 'string' || typeof value['reference'] !== 'string')
    return undefined;
  const candidates: KeptPair['candidates'] = {};
  for (const [id, one] of Object.entries(isObject(value['candidates']) ? value['candidates'] : {})) {
    if (!isObject(one)) continue;
    const { loss, usd } = one;
    if (typeof loss === 'number' && Math.abs(loss) <= 1 && typeof usd === 'number' && usd >= 0)
      candidates[id] = { loss, usd };
  }
  const { referenceUsd, spentUsd, by } = value;
  return {
    id: value['id'],
    reference: value['reference'],
    referenceUsd: typeof referenceUsd === 'number' ? referenceUsd : undefined,
    candidates,
    spentUsd: typeof spentUsd === 'number' ? spentUsd : 0,
    by: Array.isArray(by) ? by.filter((each) => typeof each === 'string') : [],
  };
}
