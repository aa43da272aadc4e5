/** A figure with half the width of its interval at 95 %. */
export interface Measured {
  value: number;
  margin: number;
}

/** A ratio of weighted sums, and how far each cluster moves it. */
export interface Ratio {
  value: number;
  pulls: Map<string, number>;
}

export interface RatioRow {
  /** What is drawn as a whole, e.g. a session. */
  cluster: string;
  /** 1 / P(drawn). */
  weight: number;
  above: number;
  below: number;
}

/** Normal quantile of a two-sided interval at 95 %. */
const z = 1.96;

/** Σ weight·above / Σ weight·below (Hájek 1971) with its linearisation by clusters; undefined with fewer than two of them. */
export function ratioOf(rows: readonly RatioRow[]): Ratio | undefined {
  let numerator = 0;
  let denominator = 0;
  for (const { weight, above, below } of rows) {
    numerator += weight * above;
    denominator += weight * below;
  }
  if (denominator <= 0) return undefined;
  const value = numerator / denominator;
  const pulls = new Map<string, number>();
  for (const { cluster, weight, above, below } of rows)
    pulls.set(cluster, (pulls.get(cluster) ?? 0) + (weight * (above - value * below)) / denominator);
  return pulls.size < 2 ? undefined : { value, pulls };
}

export function measuredOf({ value, pulls }: Ratio): Measured {
  let squares = 0;
  for (const pull of pulls.values()) squares += pull * pull;
  return { value: rounded(value), margin: rounded(z * Math.sqrt(squares)) };
}

/** To millionths, so that who recomputes a figure in another order of sums has the same one. */
export const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
