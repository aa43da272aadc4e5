import { createRandom, type Random } from '../metrics/random.ts';
import { meanScores, type OfflineRouter } from './router.ts';

/** Avengers-Pro's number, as long as a cluster has so many rows. */
const clustersMax = 60;
const rowsPerClusterMin = 15;
const rounds = 15;
/** Clusters that a prompt is judged by, nearest first, and how fast their weight falls with distance. */
const nearestUsed = 4;
const sharpness = 8;
/** Rows' worth of belief in the model's mean. */
const priorRows = 10;

/** k-means over embedded prompts and each model's shrunk mean per cluster, in the manner of Avengers-Pro (arXiv 2508.12631). */
export const clustersRouter: OfflineRouter = {
  id: 'clusters',
  name: 'clusters',
  fit(prompts, models, { seed }) {
    const { rows, corpus } = prompts.answeredBy(models);
    const places = rows.map((row) => corpus.embedding(row.text));
    const count = Math.max(1, Math.min(clustersMax, Math.floor(rows.length / rowsPerClusterMin)));
    const { centres, member } = kMeans(places, count, createRandom(seed));
    const means = meanScores(rows, models);
    const rates = centres.map(() => ({
      n: means.map(() => priorRows),
      sum: means.map((mean) => priorRows * mean),
    }));
    rows.forEach(({ training }, i) => {
      const rate = rates[member[i]!]!;
      models.forEach((model, m) => {
        const score = training.scores.get(model);
        if (score === undefined) return;
        rate.n[m]! += 1;
        rate.sum[m]! += score;
      });
    });
    const rateOf = (cluster: number, m: number) => rates[cluster]!.sum[m]! / rates[cluster]!.n[m]!;
    return {
      quality(row) {
        if (centres.length === 0) return means;
        const place = corpus.embedding(row.text);
        const near = centres
          .map((centre, cluster) => ({ cluster, distance: distanceOf(place, centre) }))
          .sort((a, b) => a.distance - b.distance || a.cluster - b.cluster)
          .slice(0, nearestUsed);
        const weights = near.map(({ distance }) => Math.exp(-sharpness * (distance - near[0]!.distance)));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        return means.map((_, m) =>
          near.reduce((sum, { cluster }, k) => sum + (weights[k]! * rateOf(cluster, m)) / total, 0),
        );
      },
    };
  },
};

interface Clustering {
  centres: Float64Array[];
  member: Int32Array;
}

function distanceOf(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += (a[d]! - b[d]!) ** 2;
  return sum;
}

function kMeans(places: readonly Float64Array[], count: number, random: Random): Clustering {
  const member = new Int32Array(places.length);
  if (places.length === 0) return { centres: [], member };
  let centres = spreadCentres(places, count, random);
  for (let round = 0; round < rounds; round++) {
    let moved = 0;
    places.forEach((place, i) => {
      let best = 0;
      let least = Number.POSITIVE_INFINITY;
      for (let c = 0; c < centres.length; c++) {
        const distance = distanceOf(place, centres[c]!);
        if (distance >= least) continue;
        least = distance;
        best = c;
      }
      if (member[i] !== best) moved += 1;
      member[i] = best;
    });
    centres = centres.map((centre, c) => meanOf(places, member, c) ?? centre);
    if (moved === 0 && round > 0) break;
  }
  return { centres, member };
}

/** k-means++: each next centre with a probability in proportion to its squared distance from those there are. */
function spreadCentres(places: readonly Float64Array[], count: number, random: Random): Float64Array[] {
  const centres = [places[Math.floor(random() * places.length)]!];
  const least = new Float64Array(places.length).fill(Number.POSITIVE_INFINITY);
  while (centres.length < count) {
    let total = 0;
    places.forEach((place, i) => {
      least[i] = Math.min(least[i]!, distanceOf(place, centres.at(-1)!));
      total += least[i]!;
    });
    if (total === 0) break;
    let left = random() * total;
    let picked = 0;
    while (picked < places.length - 1 && left >= least[picked]!) {
      left -= least[picked]!;
      picked += 1;
    }
    centres.push(places[picked]!);
  }
  return centres;
}

function meanOf(
  places: readonly Float64Array[],
  member: Int32Array,
  cluster: number,
): Float64Array | undefined {
  let n = 0;
  const sum = new Float64Array(places[0]!.length);
  places.forEach((place, i) => {
    if (member[i] !== cluster) return;
    n += 1;
    for (let d = 0; d < sum.length; d++) sum[d]! += place[d]!;
  });
  return n === 0 ? undefined : sum.map((value) => value / n);
}
