/** A policy's mean cost and mean quality per prompt. */
export interface OperatingPoint {
  cost: number;
  quality: number;
}

/**
 * The upper hull of points by rising cost, never falling: what can be reached by mixing policies at random. RouterBench's
 * (arXiv 2403.12031).
 */
export function upperHull(points: OperatingPoint[]): OperatingPoint[] {
  const sorted = [...points].sort((a, b) => a.cost - b.cost || b.quality - a.quality);
  const hull: OperatingPoint[] = [];
  for (const point of sorted) {
    const last = hull.at(-1);
    // Dearer without being better: mixing never needs it.
    if (last !== undefined && point.quality <= last.quality) continue;
    while (hull.length >= 2 && slope(hull.at(-2)!, point) >= slope(hull.at(-2)!, hull.at(-1)!)) hull.pop();
    hull.push(point);
  }
  return hull;
}

const slope = (from: OperatingPoint, to: OperatingPoint) =>
  to.cost === from.cost ? Number.POSITIVE_INFINITY : (to.quality - from.quality) / (to.cost - from.cost);

/** Best quality for a cost; below the cheapest point that point's. */
function qualityAt(hull: OperatingPoint[], cost: number): number {
  let previous = hull[0]!;
  if (cost <= previous.cost) return previous.quality;
  for (const point of hull) {
    if (point.cost >= cost) {
      if (point.cost === previous.cost) return point.quality;
      const along = (cost - previous.cost) / (point.cost - previous.cost);
      return previous.quality + along * (point.quality - previous.quality);
    }
    previous = point;
  }
  return previous.quality;
}

/** AIQ: mean hull quality over cost between the cheapest and the dearest single model. Undefined when these cost the same. */
export function averageQuality(
  points: OperatingPoint[],
  fromCost: number,
  toCost: number,
): number | undefined {
  if (points.length === 0 || toCost <= fromCost) return undefined;
  const hull = upperHull(points);
  const knots = [
    fromCost,
    ...hull.map((point) => point.cost).filter((c) => c > fromCost && c < toCost),
    toCost,
  ];
  let area = 0;
  for (let i = 1; i < knots.length; i++) {
    const left = knots[i - 1]!;
    const right = knots[i]!;
    area += ((qualityAt(hull, left) + qualityAt(hull, right)) / 2) * (right - left);
  }
  return area / (toCost - fromCost);
}

/** Least cost on the hull at which `quality` is reached, mixing allowed; undefined out of reach. */
export function costAt(points: OperatingPoint[], quality: number): number | undefined {
  const hull = upperHull(points);
  let previous: OperatingPoint | undefined;
  for (const point of hull) {
    if (point.quality >= quality - 1e-12) {
      if (previous === undefined) return point.cost;
      const along = (quality - previous.quality) / (point.quality - previous.quality);
      return previous.cost + along * (point.cost - previous.cost);
    }
    previous = point;
  }
  return undefined;
}
