import { type AcceptanceParameters, posterior } from '../../router/index.ts';
import { createRandom } from '../metrics/random.ts';
import type { HeldAsk } from './acceptance-fits.ts';

export interface ReliabilityBin {
  n: number;
  expected: number;
  observed: number;
}

/** How far P(right) is off, before the answers were looked at and after. */
export interface CalibrationFigures {
  /** Answers judged. */
  n: number;
  right: number;
  /** Mean distance between expected and observed shares over ten bins. */
  priorError: number;
  posteriorError: number;
  priorBrier: number;
  posteriorBrier: number;
  bins: ReliabilityBin[];
}

const binsCount = 10;
/** Members of a plan with two voters, of which the last has not been asked. */
const drawn = 3;

/**
 * Draws three models per ask, lets two answer and compares P(right) of all three with who was right. Deterministic by `seed`.
 */
export function calibration(
  asks: readonly HeldAsk[],
  parametersOf: (held: string) => AcceptanceParameters,
  options: { draws: number; seed: number },
): CalibrationFigures {
  const random = createRandom(options.seed);
  const usable = asks.filter(({ models }) => models.length >= drawn);
  const before: Judged[] = [];
  const after: Judged[] = [];
  for (let k = 0; k < options.draws && usable.length > 0; k++) {
    const ask = usable[Math.floor(random() * usable.length)]!;
    const left = [...ask.models];
    const members = Array.from({ length: drawn }, (_, m) => ({
      candidate: String(m),
      ...left.splice(Math.floor(random() * left.length), 1)[0]!,
    }));
    const evidence = {
      comparison: ask.comparison,
      members: members.map(({ candidate, prior, group }, m) => {
        const answered = m < drawn - 1;
        const faults = answered && group === undefined ? ['empty'] : [];
        return { candidate, prior, group: answered ? group : undefined, faults };
      }),
    };
    const right = posterior(evidence, parametersOf(ask.held));
    for (const member of members) {
      const outcome = member.right ? 1 : 0;
      before.push({ expected: Math.min(1, Math.max(0, member.prior)), outcome });
      after.push({ expected: right.get(member.candidate)!, outcome });
    }
  }
  return {
    n: after.length,
    right: mean(after.map(({ outcome }) => outcome)),
    priorError: errorOf(binsOf(before)),
    posteriorError: errorOf(binsOf(after)),
    priorBrier: brier(before),
    posteriorBrier: brier(after),
    bins: binsOf(after),
  };
}

interface Judged {
  expected: number;
  outcome: number;
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const brier = (judged: Judged[]) => mean(judged.map(({ expected, outcome }) => (expected - outcome) ** 2));

function binsOf(judged: Judged[]): ReliabilityBin[] {
  const bins = Array.from({ length: binsCount }, () => ({ n: 0, expected: 0, observed: 0 }));
  for (const { expected, outcome } of judged) {
    const bin = bins[Math.min(binsCount - 1, Math.floor(expected * binsCount))]!;
    bin.n += 1;
    bin.expected += expected;
    bin.observed += outcome;
  }
  return bins
    .filter(({ n }) => n > 0)
    .map(({ n, expected, observed }) => ({ n, expected: expected / n, observed: observed / n }));
}

function errorOf(bins: ReliabilityBin[]): number {
  const n = bins.reduce((sum, bin) => sum + bin.n, 0);
  return bins.reduce((sum, bin) => sum + (bin.n / n) * Math.abs(bin.expected - bin.observed), 0);
}
