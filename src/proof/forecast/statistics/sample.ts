/** Which requests are answered and judged, with a known probability each. */
export interface Stratum {
  /** Indexes of all its rows. */
  rows: number[];
  /** Indexes of those that were drawn: each row of the stratum with the same probability. */
  drawn: number[];
}

/**
 * Half of the draws go to strata by their size, half to all alike, so that a language with few rows is seen too; at least `least` of each where it has as many. Deterministic by
 * `random`, which gives numbers in [0, 1).
 */
export function drawStrata(
  keys: readonly string[],
  draws: number,
  random: () => number,
  least = 2,
): Stratum[] {
  const byKey = new Map<string, number[]>();
  for (const [i, key] of keys.entries()) {
    const rows = byKey.get(key);
    if (rows === undefined) byKey.set(key, [i]);
    else rows.push(i);
  }
  const strata = [...byKey.values()];
  const sizes = allot(
    strata.map((rows) => rows.length),
    Math.min(draws, keys.length),
    least,
  );
  return strata.map((rows, s) => ({ rows, drawn: without(rows, sizes[s]!, random) }));
}

function allot(sizes: readonly number[], draws: number, least: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const wanted = sizes.map((size) =>
    Math.max(Math.min(least, size), Math.floor(draws * ((0.5 * size) / total + 0.5 / sizes.length))),
  );
  const taken = wanted.map((want, s) => Math.min(want, sizes[s]!));
  // Rounding and small strata leave draws over; the largest have room for them.
  let over = draws - taken.reduce((sum, each) => sum + each, 0);
  const largest = sizes.map((_, s) => s).sort((a, b) => sizes[b]! - sizes[a]!);
  while (over > 0) {
    const open = largest.filter((s) => taken[s]! < sizes[s]!);
    if (open.length === 0) break;
    for (const s of open.slice(0, over)) {
      taken[s]! += 1;
      over -= 1;
    }
  }
  return taken;
}

function without(rows: readonly number[], count: number, random: () => number): number[] {
  const pool = [...rows];
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (pool.length - i));
    [pool[i], pool[j]] = [pool[j]!, pool[i]!];
  }
  return pool.slice(0, count);
}
