import { labelsNeeded, smallestLoss } from '../stats/label-power.ts';
import type { PolicyRun } from './policy-run.ts';

/** What is still to come of a policy that is tested. */
export interface Outlook {
  /** The rung that is tested now, from 0; undefined = all are certified. */
  rung: number | undefined;
  /** How far its evidence is, 0..1. */
  progress: number;
  /** Measured mean loss per request of that rung, −1..1; undefined before any evidence. */
  loss: number | undefined;
  /** What that may be at most. */
  lossAllowed: number;
  /** Pairs that it will take if what comes is like what came; undefined where nothing can be said, or it will not be. */
  pairsToCome: number | undefined;
  /** Where people correct the judge: labels that the rung takes in all, about, and the smallest loss that those given could certify. */
  labels: { needed: number | undefined; smallestLoss: number } | undefined;
  sentence: string;
}

/** With fewer pairs nothing is said of how many it will take. */
const pairsMin = 30;
const progressMin = 0.02;

/**
 * How far a policy is from its next certified rung. The capital's logarithm grows in proportion to the pairs as long as they are alike, so what is missing of it says how many more.
 *
 * @param pairs that were counted
 */
export function outlookOf(run: PolicyRun, pairs: number): Outlook {
  const { sentence, ...about } = rungOutlook(run, pairs);
  const labels = labelsOutlook(run, about);
  const waiting = run.waitingUnits;
  const more = [
    ...(labels?.needed === undefined
      ? []
      : [`Labels needed: about ${labels.needed} in all, ${run.rectified!.labels} are there.`]),
    ...(waiting === 0
      ? []
      : [`${waiting} ${waiting === 1 ? 'unit waits' : 'units wait'} for people's labels.`]),
  ];
  return { ...about, labels, sentence: [sentence, ...more].join(' ') };
}

/** Undefined where nobody corrects a judge. */
function labelsOutlook(
  { rectified, policy, test }: PolicyRun,
  { rung, loss, lossAllowed }: Pick<Outlook, 'rung' | 'loss' | 'lossAllowed'>,
): Outlook['labels'] {
  if (rectified === undefined) return undefined;
  const residual = rectified.residual(rung ?? test.rungs - 1);
  const power = { delta: policy.delta, residual };
  const needed =
    rung === undefined
      ? undefined
      : labelsNeeded(lossAllowed - Math.max(0, loss ?? 0), { ...power, quality: policy.quality });
  return {
    needed: needed !== undefined && Number.isFinite(needed) ? needed : undefined,
    smallestLoss: smallestLoss(rectified.labels, power),
  };
}

function rungOutlook(run: PolicyRun, pairs: number): Omit<Outlook, 'labels'> {
  const { test, policy } = run;
  const lossAllowed = 1 - policy.quality;
  const rung = test.certified;
  if (rung >= test.rungs) {
    const sentence = 'Every rung is certified: the evidence allows no more than the policy offers.';
    return { rung: undefined, progress: 1, loss: undefined, lossAllowed, pairsToCome: undefined, sentence };
  }
  const progress = test.progress(rung);
  const excess = test.meanExcess(rung);
  const loss = excess === undefined ? undefined : excess + lossAllowed;
  const about = { rung, progress, loss, lossAllowed };
  const step = rung === 0 ? 'the first certificate' : `rung ${rung + 1}`;
  if (pairs < pairsMin)
    return {
      ...about,
      pairsToCome: undefined,
      sentence: `${pairs} pairs are too few to say how many more ${step} takes.`,
    };
  if (loss !== undefined && loss >= lossAllowed)
    return {
      ...about,
      pairsToCome: undefined,
      sentence: `Not attainable as it is: ${step} loses ${percent(loss)} as measured, and may lose ${percent(lossAllowed)}. A lower quality, better candidates or another judge would change that.`,
    };
  if (progress < progressMin)
    return {
      ...about,
      pairsToCome: undefined,
      sentence: `The evidence for ${step} has not begun to grow: its measured loss is too near to what is allowed.`,
    };
  const pairsToCome = Math.ceil((pairs * (1 - progress)) / progress);
  return {
    ...about,
    pairsToCome,
    sentence: `For ${step} about ${pairsToCome} more pairs are needed, if they are like the ${pairs} so far.`,
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
