/**
 * The c below which the largest of several standardised errors stays with the given confidence. Each error is a sum of the same independent parts, with its own
 * weights; multiplying the parts by standard normal draws gives errors with their dependence (multiplier bootstrap: Chernozhukov, Chetverikov, Kato, arXiv
 * 1212.6906). Errors that are the same raise c not at all, independent ones to what Bonferroni's inequality says.
 */
export function quantileOfMaximum(
  errors: readonly Float64Array[],
  { confidence, replicates, random }: { confidence: number; replicates: number; random: () => number },
): number {
  const scaled = errors.flatMap((parts) => {
    const norm = Math.sqrt(parts.reduce((sum, part) => sum + part * part, 0));
    return norm > 0 ? [parts.map((part) => part / norm)] : [];
  });
  const maxima = new Float64Array(replicates);
  const length = Math.max(0, ...scaled.map((parts) => parts.length));
  const draws = new Float64Array(length);
  for (let replicate = 0; replicate < replicates; replicate++) {
    for (let i = 0; i < length; i++) draws[i] = normalDraw(random);
    let most = 0;
    for (const parts of scaled) {
      let sum = 0;
      for (let i = 0; i < parts.length; i++) sum += parts[i]! * draws[i]!;
      most = Math.max(most, Math.abs(sum));
    }
    maxima[replicate] = most;
  }
  maxima.sort();
  return maxima[Math.min(replicates - 1, Math.ceil(confidence * replicates) - 1)] ?? 0;
}

/** Box and Muller's. */
function normalDraw(random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
