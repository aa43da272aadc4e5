import { formatUsd, type NanoUsd, nanoPerUsd } from '../../std/index.ts';
import type { CandidateEstimate, DecisionTarget, ReasonCode, Shape } from '../decision.ts';
import { type Choice, choose, isCheckable, type Scored } from './choose.ts';
import type { DecideInput } from './input.ts';
import { comparedNano } from './session.ts';
import { cappedTrade, type Trade, tradeOf, unpacedQuality } from './target.ts';

export interface FlipQuestion {
  reason: ReasonCode;
  choice: Choice;
  scored: Scored[];
  referenceId: string;
  shape: Shape;
  target: DecisionTarget;
  trade: Trade;
  capped: DecideInput['capped'];
  /** Votes may be weighed: then whoever is chosen need not answer alone. */
  votes: boolean;
  /** Whether the candidate would still be there if the request had tools. */
  usesTools(candidate: string): boolean;
}

/**
 * What would have flipped the choice, in words. Where it names a target, a price or a tool, the choice was made again with it: what is said is what
 * would have been decided, not what a formula suggests.
 */
export function flipOf(question: FlipQuestion): string | undefined {
  const { reason, choice } = question;
  const chosen = choice.chosen.estimate;
  const rival = choice.rival?.estimate;
  if (rival === undefined || referenceOf(question) === undefined) return undefined;
  switch (reason) {
    case 'cascade':
      // A higher target raises the price of quality, so that more votes escalate: it need not end them.
      return `Without \`votes\` in the route's \`cascade\` ${chosen.candidate} would answer.`;
    case 'cheaper-within-loss':
    case 'best-value':
      return (
        policyFlip(question, 'up') ??
        `A larger expected loss, or a higher price, of ${chosen.candidate} would.`
      );
    case 'checkable-task':
      return (
        policyFlip(question, 'up') ??
        toolsFlip(question) ??
        `Evidence of a loss would send it to ${question.referenceId}.`
      );
    case 'little-evidence': {
      const width = (50 * (rival.loss.high - rival.loss.low)).toFixed(1);
      const judged = `pairs of this kind of work that narrow the interval of ${rival.candidate}, now ±${width} points.`;
      const at = policyFlip(question, 'down');
      return at === undefined ? `Judged ${judged}` : `${at} Or judged ${judged}`;
    }
    case 'loss-too-high':
      return policyFlip(question, 'down') ?? 'Judged pairs of this kind of work that show a smaller loss.';
    case 'certified-rung':
      return 'Evidence that certifies a more liberal rung, or fewer quality points to keep, would move the line.';
    case 'reference-cheapest':
      return priceFlip(question);
    case 'price-unknown':
      return 'A known price, if it is low enough: set `price` on the deployment, or add the model to the catalogue overlay.';
    default:
      return undefined;
  }
}

/** No route takes a lower target; advice must be followable. */
const targetMin = 0.5;
/** Steps of a target in which advice is given. */
const targetSteps = 1000;

type Direction = 'up' | 'down';

function policyFlip(question: FlipQuestion, direction: Direction): string | undefined {
  return question.trade.paced ? lambdaFlip(question, direction) : targetFlip(question, direction);
}

/** The nearest quality target in this direction at which the choice is another. */
function targetFlip(question: FlipQuestion, direction: Direction): string | undefined {
  const { target } = question;
  const now = target.kind === 'quality' ? target.value : unpacedQuality;
  const factor = factorOf(question);
  const reference = comparedUsd(referenceOf(question)!);
  if (factor <= 0) return undefined;
  const turns = [
    ...lossesOf(question).map((loss) => 1 - factor * loss),
    ...crossings(question).map((lambda) => 1 - (factor * reference) / lambda),
  ];
  const up = direction === 'up';
  const values = turns
    .map((turn) => (Math.floor(turn * targetSteps) + (up ? 1 : 0)) / targetSteps)
    .filter((value) => value >= targetMin && value < 1 && (up ? value > now : value < now));
  const stated = target.kind === 'quality' ? ` (now ${target.value})` : '';
  return nearest(values, now, question, (value) => ({
    target: { kind: 'quality', value },
    words: `With a quality target of ${value}${stated}`,
  }));
}

/** The nearest price of quality in this direction at which the choice is another. */
function lambdaFlip(question: FlipQuestion, direction: Direction): string | undefined {
  const factor = factorOf(question);
  if (factor <= 0) return undefined;
  const now = question.trade.lambdaUsd / factor;
  const reference = comparedUsd(referenceOf(question)!);
  const turns = question.scored.flatMap((one) => {
    const saved = reference - comparedUsd(one);
    return [one.estimate.loss.mean, one.estimate.loss.high].map((loss) => saved / loss);
  });
  const up = direction === 'up';
  const values = [...turns, ...crossings(question)]
    .map((turn) => turn / factor)
    .filter((value) => Number.isFinite(value) && value > 0 && (up ? value >= now : value <= now))
    .map((value) => rounded(value, direction))
    .filter((value) => value !== now);
  return nearest(values, now, question, (value) => ({
    target: { kind: 'usd-per-quality', value },
    words: `At $${value} (now $${Number(now.toPrecision(3))}) for a whole answer of quality`,
  }));
}

/** The first of these values, from the nearest, with which somebody else is chosen. */
function nearest(
  values: number[],
  now: number,
  question: FlipQuestion,
  policyAt: (value: number) => { target: DecisionTarget; words: string },
): string | undefined {
  const chosen = question.choice.chosen.estimate.candidate;
  const byDistance = [...new Set(values)].sort((a, b) => Math.abs(a - now) - Math.abs(b - now));
  for (const value of byDistance.slice(0, triesMax)) {
    const { target, words } = policyAt(value);
    const trade = cappedTrade(
      tradeOf(target, referenceOf(question)?.estimate.cost?.totalNano, undefined),
      question.capped,
    );
    const winner = choiceWith(question, { trade }).chosen.estimate.candidate;
    if (winner !== chosen) return `${words} ${outcome(question, winner)}`;
  }
  return undefined;
}

/** Beyond the nearest ones, what would flip a choice is a policy of another kind. */
const triesMax = 12;

/** Tools make a task open-ended, which ends the trust in a prior. */
function toolsFlip(question: FlipQuestion): string | undefined {
  if (question.shape.tools > 0) return undefined;
  const scored = question.scored.filter((one) => question.usesTools(one.estimate.candidate));
  if (scored.length === 0) return undefined;
  const shape = { ...question.shape, tools: 1 };
  const winner = choiceWith(question, { shape, scored }).chosen.estimate.candidate;
  return winner === question.choice.chosen.estimate.candidate
    ? undefined
    : `With tools in the request ${outcome(question, winner)}`;
}

/** The price of somebody else at which the reference is not the cheapest that will do any more. */
function priceFlip(question: FlipQuestion): string | undefined {
  const { choice, trade, shape } = question;
  const reference = choice.chosen;
  for (const one of choice.others) {
    const { cost, candidate } = one.estimate;
    if (cost === undefined || comparedNano(one.estimate) <= 0) continue;
    const wanted = wantedNano(one, reference, trade, shape);
    if (wanted <= 0) continue;
    // What is shown is the price of this call; what is compared is less where the call fills a cache for later ones.
    const below = Math.floor((wanted * cost.totalNano) / comparedNano(one.estimate));
    if (below < 1) continue;
    const cheaper = repriced(one, (below - 1) / cost.totalNano);
    const scored = question.scored.map((each) => (each === one ? cheaper : each));
    if (choiceWith(question, { scored }).chosen !== cheaper) continue;
    return `A price of ${candidate} below $${formatUsd(below)} for this request (now $${formatUsd(cost.totalNano)}): ${outcome(question, candidate)}`;
  }
  const { candidate, loss } = choice.rival!.estimate;
  return `No lower price alone: ${candidate} is expected to lose up to ${(100 * loss.high).toFixed(1)} points.`;
}

/** Compared cost below which the candidate would do; 0 or less where none is low enough. */
function wantedNano(one: Scored, reference: Scored, trade: Trade, shape: Shape): NanoUsd {
  const { loss } = one.estimate;
  const cheapest = comparedNano(reference.estimate);
  if (trade.paced) {
    const counted = one.abilityGap === undefined ? loss.high : loss.mean;
    return cheapest - Math.max(0, Math.ceil(counted * trade.lambdaUsd * nanoPerUsd));
  }
  const allowance = trade.allowance(0);
  const fine = loss.high <= allowance || (loss.mean <= allowance && allowance > 0 && isCheckable(one, shape));
  return fine ? cheapest : 0;
}

function repriced(one: Scored, factor: number): Scored {
  const { cost, switchNano } = one.estimate;
  const estimate: CandidateEstimate = {
    ...one.estimate,
    cost: cost && { ...cost, totalNano: Math.round(cost.totalNano * factor) },
    ...(switchNano !== undefined && { switchNano: Math.round(switchNano * factor) }),
  };
  return { ...one, estimate };
}

function choiceWith(
  { scored, referenceId, shape, trade }: FlipQuestion,
  change: Partial<Pick<FlipQuestion, 'scored' | 'shape' | 'trade'>>,
): Choice {
  const asked = { scored, shape, trade, ...change };
  return choose(asked.scored, referenceId, asked.shape, asked.trade);
}

function outcome({ choice, votes }: FlipQuestion, winner: string): string {
  const now = choice.chosen.estimate.candidate;
  return votes ? `${now} would not answer alone any more.` : `${winner} would answer instead of ${now}.`;
}

const referenceOf = ({ scored, referenceId }: FlipQuestion): Scored | undefined =>
  scored.find((one) => one.estimate.candidate === referenceId);

/** Where the cap on upgrades stands: it makes each allowance so much larger. */
const factorOf = ({ capped }: FlipQuestion): number => Math.min(1, capped?.lambdaFactor ?? 1);

const comparedUsd = ({ estimate }: Scored): number => comparedNano(estimate) / nanoPerUsd;

/** Losses at which somebody becomes acceptable. */
function lossesOf({ scored, referenceId }: FlipQuestion): number[] {
  return scored.flatMap(({ estimate: { candidate, cost, loss } }) =>
    candidate === referenceId || cost === undefined ? [] : [loss.high, loss.mean],
  );
}

/** Prices of quality at which another is worth as much as the chosen one. */
function crossings({ scored, choice: { chosen } }: FlipQuestion): number[] {
  return scored
    .map(
      (one) =>
        (comparedUsd(one) - comparedUsd(chosen)) / (chosen.estimate.loss.mean - one.estimate.loss.mean),
    )
    .filter((lambda) => Number.isFinite(lambda) && lambda > 0);
}

/** To three digits, beyond the value. */
function rounded(value: number, direction: Direction): number {
  const step = 10 ** (Math.floor(Math.log10(value)) - 2);
  const steps = direction === 'up' ? Math.floor(value / step) + 1 : Math.ceil(value / step) - 1;
  return Number((steps * step).toPrecision(3));
}
