import { LadderTest } from '../../src/proof/stats/ladder-test.ts';
import { RectifiedTest } from '../../src/proof/stats/rectified-test.ts';
import { type Population, rungs } from './population.ts';

/** A judge that is wrong in a fifth of its verdicts, and likes whatever is longer. */
const flips = 0.2;
const cheapIsLonger = 0.6;
const likesLonger = 0.15;

export interface JudgedInstall {
  /** Rungs that the test certifies on people's labels and the judge together, counted from 1; 0 = none. */
  corrected: number;
  /** The same, believing the judge. */
  believed: number;
}

/** What the judge says of a true loss of −1..1. */
export function judgedLoss(loss: number, random: () => number): number {
  const isLonger = random() < cheapIsLonger;
  if (random() < flips) {
    if (Math.abs(loss) > 1e-9) return -loss;
    return random() < 0.5 ? -1 : 1;
  }
  return isLonger && random() < likesLonger ? Math.max(-1, loss - 1) : loss;
}

/** Mean loss of each rung against the reference, pair by pair. */
export function pairLosses({ rows, reference, cheap, cheapFrom }: Population): Float64Array {
  const losses = new Float64Array(rungs);
  for (let row = 0; row < rows; row++)
    for (let j = cheapFrom[row]!; j < rungs; j++) losses[j]! += (reference[row]! - cheap[row]!) / rows;
  return losses;
}

/** One install: `pairs` requests are drawn and judged, some of them also by people. */
export function judgedInstall(
  { rows, reference, cheap, cheapFrom }: Population,
  { pairs, anchors, quality, delta }: { pairs: number; anchors: number; quality: number; delta: number },
  random: () => number,
): JudgedInstall {
  const options = { rungs, quality, delta, shifts: [0] };
  const corrected = new RectifiedTest(options, anchors / pairs);
  const believed = new LadderTest(options);
  const propensity = anchors / pairs;
  for (let i = 0; i < pairs; i++) {
    const row = Math.floor(random() * rows);
    const known = Math.min(rungs, cheapFrom[row]!);
    const truth = reference[row]! - cheap[row]!;
    const said = judgedLoss(truth, random);
    const excess = (loss: number) => new Float64Array(rungs).fill(loss - (1 - quality));
    corrected.addKnown(1, known);
    believed.addKnown(1, known);
    const person = random() < propensity ? { excess: excess(truth) } : undefined;
    corrected.add(1, excess(said), known, propensity, person);
    believed.add(1, excess(said), known);
  }
  return { corrected: corrected.ladder.certified, believed: believed.certified };
}

const candidateLosses = [0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3];

/**
 * The smallest loss that could be promised of a candidate that is as good as the reference (better and worse in a twentieth of the requests each): the first that at least half of such installs certify. Undefined where none of
 * 1 to 30 points is.
 */
export function smallestPromise(
  { pairs, anchors, delta }: { pairs: number; anchors: number; delta: number },
  installs: number,
  random: () => number,
): { loss: number | undefined; certified: { loss: number; share: number }[] } {
  const certified = candidateLosses.map((loss) => {
    let count = 0;
    for (let i = 0; i < installs; i++) {
      const quality = 1 - loss;
      const test = new RectifiedTest({ rungs: 1, quality, delta, shifts: [0] }, anchors / pairs);
      for (let k = 0; k < pairs && test.ladder.certified === 0; k++) {
        const u = random();
        const truth = u < 0.05 ? 1 : u < 0.1 ? -1 : 0;
        const said = judgedLoss(truth, random);
        const person = random() < anchors / pairs ? { excess: [truth - loss] } : undefined;
        test.add(1, [said - loss], 0, anchors / pairs, person);
      }
      count += test.ladder.certified;
    }
    return { loss, share: count / installs };
  });
  return { loss: certified.find(({ share }) => share >= 0.5)?.loss, certified };
}
