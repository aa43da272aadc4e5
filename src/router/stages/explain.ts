import { formatUsd } from '../../std/index.ts';
import { planMembers } from '../answer/plan.ts';
import type {
  CandidateEstimate,
  CostParts,
  Decision,
  DecisionTarget,
  Language,
  ReasonCode,
  Shape,
  TaskFamily,
} from '../decision.ts';
import type { DecideInput } from './input.ts';
import type { Trade } from './target.ts';

const languages: Record<Language, string> = {
  en: 'English',
  zh: 'Chinese',
  ja: 'Japanese',
  ko: 'Korean',
  other: 'other-language',
};

export interface Explained {
  reason: ReasonCode;
  shape: Shape;
  mode: Decision['mode'];
  target: DecisionTarget;
  trade: Trade;
  chosen: CandidateEstimate;
  reference: CandidateEstimate | undefined;
  /** The candidate it was chosen over. */
  rival: CandidateEstimate | undefined;
  cascade: Decision['cascade'];
  capped: DecideInput['capped'];
  flip: string | undefined;
  /** What the effort of the choice made of it; empty where it made no difference. */
  effort: string;
}

const kinds: Record<TaskFamily, string> = {
  chat: 'chat',
  lookup: 'lookup',
  extraction: 'extraction',
  rewrite: 'rewriting',
  translate: 'translation',
  summarise: 'summary',
  maths: 'maths',
  code: 'code',
  'agent-step': 'agent-step',
  reasoning: 'reasoning',
  'long-context': 'long-context',
  creative: 'creative',
  utility: 'utility',
};

/** One sentence on who answers and why, the runner-up, and what would have flipped the choice. Never quotes the prompt. */
export function explain(explained: Explained): Decision['explanation'] {
  const { rival } = explained;
  return {
    sentence: `${sentenceOf(explained, rival)}${notesOn(explained)}`,
    runnerUp: rival?.candidate,
    flip: explained.flip,
  };
}

/** Quality points of a hundred, as people say them. */
const points = (loss: number) => (100 * Math.min(1, loss)).toFixed(1);

function sentenceOf(
  { reason, shape, chosen, target, trade, reference, cascade }: Explained,
  rival?: CandidateEstimate,
): string {
  const ask = `This ${languages[shape.language]} ${kinds[shape.task]} request`;
  const to = `${ask} goes to ${chosen.candidate}`;
  const allowedTo = (cost: CostParts | undefined) =>
    target.kind === 'quality' || reference?.cost === undefined || cost === undefined
      ? points(trade.allowance(0))
      : points(trade.allowance(reference.cost.totalNano - cost.totalNano));
  const allowed = (one: CandidateEstimate) => allowedTo(one.cost);
  const isReference = chosen.candidate === reference?.candidate;
  switch (reason) {
    case 'cheaper-within-loss':
      return `${to} at ${price(chosen)} instead of ${price(rival)}: it ${prospect(chosen)}, and even the upper bound is within the ${allowed(chosen)} allowed.`;
    case 'checkable-task':
      return `${to} at ${price(chosen)} instead of ${price(rival)}: such answers can be checked, the models are close in ability, and it ${prospect(chosen)}, within the ${allowed(chosen)} allowed.`;
    case 'best-value':
      return `${to} at ${price(chosen)} instead of ${price(rival)}: it ${prospect(chosen)}, and at $${trade.lambdaUsd.toPrecision(2)} for a whole answer of quality that is worth less than what is saved.`;
    case 'certified-rung':
      return isReference
        ? `${to}, the reference: on the certified rung no cheaper candidate is worth it; ${alternative(rival)}.`
        : `${to} at ${price(chosen)} instead of ${price(rival)}: the route is certified to keep its target up to this rung, and it ${prospect(chosen)}.`;
    case 'cascade':
      return `${ask} is answered by ${votersOf(cascade)} where they agree, by ${isEscalating(cascade) ? reference?.candidate : 'the likeliest of them'} where not, at about $${formatUsd(cascade?.cost?.totalNano ?? 0)} instead of ${price(reference)}: the reference is ${isEscalating(cascade) ? `expected to be needed for ${Math.round(100 * (cascade?.escalation ?? 0))} % of such requests` : 'hardly ever worth its price there'}, and the loss is expected to be between ${points(cascade?.loss.low ?? 0)} and ${points(cascade?.loss.high ?? 0)} points, within the ${allowedTo(cascade?.cost)} allowed.`;
    case 'little-evidence':
      return `${to}, the reference: ${alternative(rival)}, and there is too little evidence to exclude a loss above the ${allowed(rival ?? chosen)} allowed.`;
    case 'loss-too-high':
      return `${to}, the reference: ${alternative(rival)}, more than the ${allowed(rival ?? chosen)} allowed.`;
    case 'reference-cheapest':
      return `${to}, the reference: no other candidate is cheaper for it.`;
    case 'price-unknown':
      return `${to}, the reference: without a known price nothing can be called cheaper.`;
    case 'single-candidate':
      return `${to}: it is the only candidate that can serve it.`;
    case 'tool-loop-lock':
      return `${to}: it continues the tool loop that is open.`;
    case 'session-lock':
      return `${to}: it continues a conversation whose state only its maker accepts.`;
    case 'reference-unavailable':
      return `${to}: the reference cannot serve it, and this one promises the best value of the others.`;
    case 'named-model':
      return `${ask} names its model and goes to ${chosen.candidate}.`;
    case 'observe':
      return `${to}, the reference, because the route only observes.`;
    case 'no-candidate':
      return `${ask} has no candidate that can serve it.`;
    case 'router-failed':
      return `${to}, the reference, because the router failed.`;
  }
}

/** Whether the reference is expected to be asked at all. */
const isEscalating = (cascade: Decision['cascade']) => (cascade?.escalation ?? 0) >= 0.005;

function votersOf(cascade: Decision['cascade']): string {
  const voters = cascade === undefined ? [] : planMembers(cascade.plan).slice(0, -1);
  return voters.length < 3
    ? voters.join(' and ')
    : `${voters.slice(0, 2).join(' and ')}, with ${voters[2]} where these differ,`;
}

/** What is expected of a candidate, in points of a hundred. */
function prospect({ loss, evidenceCell }: CandidateEstimate): string {
  const mean =
    loss.mean >= 0
      ? `is expected to lose ${points(loss.mean)} points`
      : `is expected to do ${points(-loss.mean)} points better`;
  return `${mean} (loss between ${points(loss.low)} and ${points(loss.high)}; ${evidenceCell})`;
}

const alternative = (one: CandidateEstimate | undefined) =>
  one === undefined ? 'no other candidate is known' : `${one.candidate} ${prospect(one)}`;

function price(one: CandidateEstimate | undefined): string {
  return one?.cost === undefined ? 'an unknown price' : `$${formatUsd(one.cost.totalNano)}`;
}

function notesOn({ mode, reason, capped, chosen, cascade, effort, ...explained }: Explained): string {
  const share = (part: number) => `${Math.round(100 * part)} %`;
  const upgrades =
    capped === undefined
      ? ''
      : ` This key takes ${share(capped.share)} upgrades (at most ${share(capped.max)}), so quality counts for less here.`;
  const cache =
    chosen.switchNano === undefined
      ? ''
      : ' Prices are of this call; over the conversation a prompt cache that is filled now makes the next ones cheaper.';
  const looked =
    cascade?.plan.kind === 'check'
      ? ` Its answer is looked at first: where it is not good enough, ${cascade.plan.last} answers.`
      : '';
  return `${effort}${looked}${cache}${certificateNote(mode, reason)}${budgetNote(explained)}${upgrades}`;
}

/** What the certificate does not speak of is said. */
function certificateNote(mode: Decision['mode'], reason: ReasonCode): string {
  return mode === 'certified' && reason !== 'certified-rung'
    ? ' The certificate does not speak of this request: its choice was not free.'
    : '';
}

function budgetNote({ target, trade }: Pick<Explained, 'target' | 'trade'>): string {
  if (target.kind !== 'budget-per-day' || trade.paced) return '';
  return ' The daily budget is not paced here: decided at a quality target of 98 %.';
}
