import { formatUsd } from '../../std/index.ts';
import type { CandidateEstimate, ReasonCode } from '../decision.ts';
import { splitPreset } from '../predictor/effort.ts';

/** Choices that were made by what candidates are expected to be worth. */
const weighed: ReadonlySet<ReasonCode> = new Set([
  'cheaper-within-loss',
  'checkable-task',
  'best-value',
  'loss-too-high',
  'reference-cheapest',
]);

const order = ['off', 'low', 'high'];
const words: { [preset: string]: string } = { off: 'Thinking off', low: 'Little thinking' };

/** Says when how much the model thinks made the difference: beside the choice stood the same deployment with another effort. */
export function effortNote(
  reason: ReasonCode,
  chosen: CandidateEstimate,
  candidates: readonly CandidateEstimate[],
): string {
  const { model: deployment, preset } = splitPreset(chosen.candidate);
  if (preset === undefined || chosen.cost === undefined || !weighed.has(reason)) return '';
  const others = candidates.filter((each) => {
    const other = splitPreset(each.candidate);
    return other.model === deployment && other.preset !== undefined && other.preset !== preset;
  });
  const place = ({ candidate }: CandidateEstimate) => order.indexOf(splitPreset(candidate).preset ?? '');
  const own = order.indexOf(preset);
  const more = others.filter((each) => place(each) > own).sort((a, b) => place(b) - place(a))[0];
  const word = words[preset];
  if (more?.cost !== undefined && word !== undefined && more.cost.totalNano > chosen.cost.totalNano) {
    const dearer = formatUsd(more.cost.totalNano - chosen.cost.totalNano);
    return ` ${word} is enough: ${more.candidate} ${change(chosen.loss.mean - more.loss.mean)} for $${dearer} more.`;
  }
  const less = others.filter((each) => place(each) < own).sort((a, b) => place(a) - place(b))[0];
  const worse = less !== undefined && less.loss.mean > chosen.loss.mean;
  if (less?.cost === undefined || !worse || less.cost.totalNano >= chosen.cost.totalNano) return '';
  const saved = formatUsd(chosen.cost.totalNano - less.cost.totalNano);
  return ` Thinking pays here: ${less.candidate} ${change(chosen.loss.mean - less.loss.mean)} and save $${saved}.`;
}

function change(gain: number): string {
  const points = (100 * Math.abs(gain)).toFixed(1);
  return gain >= 0 ? `would gain ${points} points` : `would lose ${points} points`;
}
