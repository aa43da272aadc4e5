import type { Attribution } from '../drift/attribute.ts';
import type { MixShift } from '../drift/mix-watch.ts';
import type { Certificate, FrozenPolicy } from './state.ts';

const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;

const kinds: { [kind in Certificate['kind']]: string } = {
  graded: 'by graders that need no judge',
  'judge-only': 'according to the judge alone',
  'human-corrected': 'by the judge, corrected by people',
};

/** What a certificate says, with what it rests on. */
export function certificateSentence({ route, kind, quality, confidence, evidence }: Certificate): string {
  const { pairs, requests, loss, lossBound, savedShare, judge, anchors } = evidence;
  const by = `${kinds[kind]}${judge === undefined ? '' : ` (${judge})`}${anchors > 0 ? `, ${anchors} labels` : ''}`;
  return `On route ${route}, with ${percent(confidence)} confidence, quality retained is at least ${percent(quality)} (measured loss ${percent(loss, 2)}, at most ${percent(lossBound, 2)}; ${pairs} pairs over ${requests} requests, ${by}); it saves about ${percent(savedShare, 0)} of what the reference would cost.`;
}

export function frozenSentence(
  { ordinal, delta, allowances, quality }: FrozenPolicy,
  learned: number,
): string {
  return `Policy ${ordinal} is frozen after ${learned} pairs that taught it: ${allowances.length} rungs, to keep ${percent(quality)} with ${percent(1 - delta)} confidence. Pairs from now on count.`;
}

export const alarmSentence = (requests: number, pairs: number): string =>
  `The route loses more than its certificate allows, or did so long enough to be sure of it: after ${pairs} pairs over ${requests} requests since it was certified it goes back to the reference.`;

export const changedSentence = (parts: readonly string[]): string =>
  `What was certified is no longer what decides (${parts.join(', ')} changed), so the route goes back to the reference and gathers evidence anew.`;

export const judgeChangedSentence =
  'The judge errs otherwise than it did, as people see the answers: somebody changed the model behind its name, or its prompts have become others.';

export function causeSentence({ cause, systemShift, judgeShift }: Attribution): string {
  const shifts = `mean loss as people see it moved by ${percent(systemShift)}, the judge's error by ${percent(judgeShift)}`;
  if (cause === 'system') return `What raised the alarm are the answers themselves: ${shifts}.`;
  if (cause === 'judge') return `What raised the alarm is the judge, not the answers: ${shifts}.`;
  return `People's labels do not tell what raised the alarm: ${shifts}.`;
}

export function mixSentence({ distance, grown, ends }: MixShift): string {
  const what = `The route gets other requests than its policy was tested on: ${percent(distance, 0)} of them are of another kind, above all ${grown.kind} (${percent(grown.before, 0)} then, ${percent(grown.now, 0)} now)`;
  return ends
    ? `${what}. What was certified says nothing of them.`
    : `${what}. The alarm on losses goes on; beyond ${percent(0.35, 0)} a certificate would end.`;
}

export const providerSentence = (
  candidate: string,
  what: 'tokens' | 'answers',
  shown: number,
  of: number,
): string =>
  what === 'tokens'
    ? `${candidate} counts ${shown} of ${of} known texts otherwise than before: its provider has changed the model or put a prompt before it.`
    : `${candidate} is no longer who it was: of ${of} known questions with one odd answer, ${shown} times the odd one is the newest. Its provider has exchanged something behind the name.`;
