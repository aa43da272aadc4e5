import type { Pair, PairAnswer } from '../pairs/pair.ts';
import { type Measured, measuredOf, type Ratio, ratioOf, rounded } from '../stats/ratio.ts';

/** What of a pair the estimates read: a month has many, and they are held all at once. */
export interface MeasuredPair {
  session: string;
  /** 1 / P(drawn): whom it stands for. */
  weight: number;
  reference: { costNano: number | undefined };
  /** Of the answer that the client got; undefined where it was not graded. */
  servedLoss: number | undefined;
  candidates: { candidate: string; loss: number | undefined; costNano: number | undefined }[];
}

export interface MeasuredCandidate {
  candidate: string;
  pairs: number;
  quality: Measured;
  /** Its cost over the reference's on the same requests. */
  costRatio: Measured;
}

/** What one could have done instead: a share of requests to one candidate, the rest to the reference. */
export interface Alternative {
  /** Undefined = the reference alone. */
  candidate: string | undefined;
  share: number;
  /** Cost over the reference's. */
  factor: Measured;
}

export interface RouteMeasures {
  pairs: number;
  sessions: number;
  /** Of what clients got; undefined without two sessions of graded pairs. */
  quality: Measured | undefined;
  candidates: MeasuredCandidate[];
  bestSingle: Alternative;
  /** Undefined where no candidate was measured. */
  randomMix: Alternative | undefined;
}

/** Fewer graded pairs say nothing of a candidate that money could be compared over. */
const candidatePairsMin = 30;

export function measuredPair(pair: Pair): MeasuredPair {
  const reference = pair.answers.find(({ candidate }) => candidate === pair.reference);
  const lossOf = (answer: PairAnswer): number | undefined => {
    if (answer.candidate === pair.reference) return 0;
    if (answer.loss !== undefined) return answer.loss;
    // By itself nothing would have stepped in for an answer that no client can use.
    return answer.outcome === 'failed' || answer.faults.length > 0 ? 1 : undefined;
  };
  const served = pair.answers.find((answer) => answer.served);
  return {
    session: pair.session,
    weight: 1 / pair.propensity,
    reference: { costNano: reference?.costNano },
    servedLoss: served && lossOf(served),
    candidates: pair.answers
      .filter(({ candidate }) => candidate !== pair.reference)
      .map((answer) => ({
        candidate: answer.candidate,
        loss: lossOf(answer),
        costNano: answer.outcome === 'failed' ? undefined : answer.costNano,
      })),
  };
}

/**
 * What the pairs of a route say of its quality and of what could have been done instead. All figures are ratios of sums weighted by
 * 1 / P(drawn) (Hájek 1971), with the plain normal interval of their linearisation, sessions being drawn as a whole: estimates, not
 * bounds, and no reason to certify anything.
 *
 * @param target quality that a single model has to keep; undefined = what the route itself kept
 */
export function measureRoute(pairs: readonly MeasuredPair[], target: number | undefined): RouteMeasures {
  const served = pairRatio(
    pairs,
    (pair) => pair.servedLoss,
    () => 1,
  );
  const names = [
    ...new Set(pairs.flatMap((pair) => pair.candidates.map(({ candidate }) => candidate))),
  ].sort();
  const measured = names.flatMap((name) => candidateOf(name, pairs));
  const kept = target ?? (served === undefined ? 1 : 1 - served.value);
  const singles = measured
    .filter(({ loss }) => 1 - loss.value >= kept)
    .map(({ candidate, cost }) => ({ candidate, share: 1, factor: measuredOf(cost) }));
  const mixes = served === undefined ? [] : measured.map((one) => mixOf(one, served));
  return {
    pairs: pairs.length,
    sessions: new Set(pairs.map(({ session }) => session)).size,
    quality: served && qualityOf(served),
    candidates: measured.map(({ candidate, pairs: count, loss, cost }) => ({
      candidate,
      pairs: count,
      quality: qualityOf(loss),
      costRatio: measuredOf(cost),
    })),
    bestSingle: cheapest(singles) ?? allReference,
    randomMix: mixes.length === 0 ? undefined : (cheapest(mixes) ?? allReference),
  };
}

const allReference: Alternative = { candidate: undefined, share: 0, factor: { value: 1, margin: 0 } };

/** Undefined where the reference alone is no dearer than any. */
function cheapest(alternatives: Alternative[]): Alternative | undefined {
  const cheaper = alternatives.filter(({ factor }) => factor.value < 1);
  return cheaper.sort((a, b) => a.factor.value - b.factor.value)[0];
}

interface CandidateRatios {
  candidate: string;
  pairs: number;
  loss: Ratio;
  cost: Ratio;
}

function candidateOf(candidate: string, pairs: readonly MeasuredPair[]): CandidateRatios[] {
  const own = (pair: MeasuredPair) => pair.candidates.find((one) => one.candidate === candidate);
  const graded = pairs.filter((pair) => own(pair)?.loss !== undefined);
  const loss = pairRatio(
    graded,
    (pair) => own(pair)?.loss,
    () => 1,
  );
  const cost = pairRatio(
    graded,
    (pair) => own(pair)?.costNano,
    (pair) => pair.reference.costNano,
  );
  if (graded.length < candidatePairsMin || loss === undefined || cost === undefined) return [];
  return [{ candidate, pairs: graded.length, loss, cost }];
}

/** The largest share of requests drawn by lot that loses no more than the route did, or nothing where the route lost nothing. */
function mixOf({ candidate, loss, cost }: CandidateRatios, served: Ratio): Alternative {
  const routeLoss = Math.max(0, served.value);
  const isFree = loss.value <= routeLoss;
  const share = isFree ? 1 : routeLoss / loss.value;
  const saved = 1 - cost.value;
  const pulls = new Map<string, number>();
  const add = (from: Ratio, factor: number) => {
    for (const [session, pull] of from.pulls) pulls.set(session, (pulls.get(session) ?? 0) + factor * pull);
  };
  add(cost, share);
  if (!isFree && routeLoss > 0) {
    add(served, -saved / loss.value);
    add(loss, (saved * share) / loss.value);
  }
  return { candidate, share: rounded(share), factor: measuredOf({ value: 1 - share * saved, pulls }) };
}

function pairRatio(
  pairs: readonly MeasuredPair[],
  numerator: (pair: MeasuredPair) => number | undefined,
  denominator: (pair: MeasuredPair) => number | undefined,
): Ratio | undefined {
  return ratioOf(
    pairs.flatMap((pair) => {
      const [above, below] = [numerator(pair), denominator(pair)];
      if (above === undefined || below === undefined) return [];
      return [{ cluster: pair.session, weight: pair.weight, above, below }];
    }),
  );
}

function qualityOf(loss: Ratio): Measured {
  const { value, margin } = measuredOf(loss);
  return { value: rounded(1 - value), margin };
}
