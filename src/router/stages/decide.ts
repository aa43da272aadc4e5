import { planMembers } from '../answer/plan.ts';
import type {
  CandidateEstimate,
  Decision,
  Exclusion,
  LadderSteps,
  PlanEstimate,
  ReasonCode,
} from '../decision.ts';
import { cutPrediction } from '../predictor/cut.ts';
import { judged } from '../predictor/judged.ts';
import { judgeTrust, withOwn } from '../predictor/own/reading.ts';
import type { Prediction, Predictor } from '../predictor/predictor.ts';
import { capable, type Lock, usesTools } from './capability.ts';
import { cascadeOf, checkOf, weighVotes, worth } from './cascades.ts';
import { type Choice, choose, type Scored } from './choose.ts';
import { costParts, expectedOutputTokens } from './cost.ts';
import { effortNote } from './effort-note.ts';
import { explain } from './explain.ts';
import { flipOf } from './flip.ts';
import type { DecideInput, PricedCandidate } from './input.ts';
import { ladderSteps, stepAt } from './ladder.ts';
import { cacheUseOf, lesserInSession, switchNano } from './session.ts';
import { cappedTrade, type Trade, tradeOf } from './target.ts';
import { withSignals } from './told-signals.ts';

/**
 * Decides one request: who can serve it, how good and how dear each is expected to be, who is called and in which order.
 * Never throws: whatever goes wrong inside, the reference answers. The plan is empty only when nobody can serve the request.
 */
export function decide(input: DecideInput, predictor: Predictor): Decision {
  try {
    return withSignals(decideOrThrow(input, predictor), input);
  } catch {
    return failed(input, predictor);
  }
}

function decideOrThrow(input: DecideInput, predictor: Predictor): Decision {
  const { shape } = input.reading;
  const outputTokens = input.expectedOutputTokens ?? expectedOutputTokens(shape);
  const { eligible, excluded, lock } = capable(input, outputTokens);
  if (eligible.length === 0) return nobody(input, predictor, [...input.excluded, ...excluded]);

  const estimated = estimate(input, predictor, eligible, outputTokens);
  const lesser = lesserInSession(
    estimated.map((one) => one.estimate),
    input,
  );
  const all = [...input.excluded, ...excluded, ...lesser];
  const scored = estimated.filter(
    (one) => !lesser.some(({ candidate }) => candidate === one.estimate.candidate),
  );
  const referenceCost = scored.find((one) => one.estimate.candidate === input.reference.id)?.estimate.cost;
  const trade = cappedTrade(tradeOf(input.target, referenceCost?.totalNano, input.lambdaUsd), input.capped);
  const ladder =
    input.ladder === undefined || lock !== undefined
      ? undefined
      : ladderSteps(scored, input.reference.id, input.ladder);
  const choice = choiceOf(input, scored, trade, { lock, ladder });
  const weighed = cascadesOf(input, scored, choice, trade, predictor);
  const plan = planOf(input, choice, scored, weighed?.cascade);
  const observed = input.mode === 'observe' && plan[0] === input.reference.id;
  const chosenReason: ReasonCode = weighed?.cascade?.plan.kind === 'vote' ? 'cascade' : choice.reason;
  const reason: ReasonCode = observed && chosenReason !== 'single-candidate' ? 'observe' : chosenReason;
  const reference = scored.find((one) => one.estimate.candidate === input.reference.id)?.estimate;
  const explanation = explain({
    reason: chosenReason,
    shape,
    mode: input.mode,
    target: input.target,
    trade,
    chosen: choice.chosen.estimate,
    reference,
    rival: choice.rival?.estimate,
    cascade: weighed?.cascade,
    capped: input.capped,
    flip: flipOf({
      reason: chosenReason,
      choice,
      scored,
      referenceId: input.reference.id,
      shape,
      target: input.target,
      trade,
      capped: input.capped,
      votes: mayVote(input),
      usesTools: (id) => usesTools(id, input),
    }),
    effort: effortNote(
      chosenReason,
      choice.chosen.estimate,
      scored.map((one) => one.estimate),
    ),
  });
  return {
    ...head(input, predictor),
    plan,
    ...(weighed?.cascade === undefined ? {} : { cascade: weighed.cascade }),
    ...(weighed === undefined || weighed.all.length === 0 ? {} : { cascades: weighed.all }),
    preferred:
      weighed?.cascade === undefined
        ? choice.chosen.estimate.candidate
        : planMembers(weighed.cascade.plan)[0]!,
    candidates: scored.map((one) => one.estimate),
    excluded: all,
    lambda: trade.lambdaUsd,
    ...(input.capped === undefined ? {} : { capped: input.capped }),
    ...(ladder === undefined ? {} : { ladder }),
    reason,
    explanation: observed
      ? { ...explanation, sentence: observedSentence(input, explanation.sentence) }
      : explanation,
    quality: qualityOf(input, choice),
  };
}

function estimate(
  input: DecideInput,
  predictor: Predictor,
  eligible: PricedCandidate[],
  outputTokens: number,
): Scored[] {
  const { shape, vector } = input.reading;
  const ask = input.ask ?? predictor.read(vector);
  const modelOf = ({ deployment, effort }: PricedCandidate['candidate']) =>
    predictor.withEffort(deployment.model, effort);
  const models = eligible.map(({ candidate }) => modelOf(candidate));
  const referenceModel = modelOf(input.reference);
  const shipped = predictor.predict({ ask, task: shape.task, language: shape.language }, referenceModel, [
    referenceModel,
    ...models,
  ]);
  const predictions =
    input.own === undefined
      ? shipped
      : withOwn(shipped, [referenceModel, ...models], input.own, predictor.parameters.calibration);
  const reference = predictions[0]!;
  const cutReference =
    input.candidates.find(({ candidate }) => candidate.id === input.reference.id)?.cutShare ?? 0;
  return eligible.map((one, i) => {
    const { candidate, rates } = one;
    const uncut = rated(
      predictions[i + 1]!,
      reference,
      input.signals?.judge?.[0],
      judgeTrust(models[i]!, input.own),
    );
    const prediction = cutPrediction(uncut, reference, {
      candidate: one.cutShare ?? 0,
      reference: cutReference,
    });
    const tokens = input.expectedOutputTokens ?? one.expectedOutputTokens ?? outputTokens;
    const cost = costParts(rates, shape, cacheUseOf(one, input), tokens);
    const credit = switchNano(one, cost, input, tokens);
    return {
      abilityGap: gapOf(reference, prediction),
      estimate: {
        candidate: candidate.id,
        model: candidate.deployment.model.id,
        quality: prediction.quality,
        loss: prediction.loss,
        evidence: prediction.evidence,
        evidenceCell: prediction.evidenceCell,
        cost,
        ...(credit === 0 ? {} : { switchNano: credit }),
        contributions: prediction.contributions,
      },
    };
  });
}

const rated = (
  prediction: Prediction,
  reference: Prediction,
  rating: number | undefined,
  trust: number,
): Prediction => (rating === undefined ? prediction : judged(prediction, reference, rating, trust));

/** Of mere wording nothing can be compared. */
const mayVote = ({ cascade, comparison }: DecideInput): boolean =>
  cascade?.votes === true && comparison !== undefined && comparison !== 'text';

function gapOf(reference: Prediction, candidate: Prediction): number | undefined {
  if (reference.ability.source === 'unknown' || candidate.ability.source === 'unknown') return undefined;
  return reference.ability.value - candidate.ability.value;
}

function choiceOf(
  input: DecideInput,
  scored: Scored[],
  trade: Trade,
  { lock, ladder }: { lock: Lock | undefined; ladder: LadderSteps | undefined },
): Choice {
  if (input.mode === 'named') {
    const [first, ...others] = scored;
    return { chosen: first!, reason: 'named-model', rival: others[0], others };
  }
  const choice = choose(scored, input.reference.id, input.reading.shape, trade);
  if (lock !== undefined) return { ...choice, reason: lock };
  return ladder === undefined ? choice : (certifiedChoice(input, scored, choice, ladder) ?? choice);
}

/** What the certified rung says; undefined where there is none, or the certificate does not speak of the request. */
function certifiedChoice(
  { mode, ladder, reference, capped }: DecideInput,
  scored: Scored[],
  choice: Choice,
  noted: LadderSteps,
): Choice | undefined {
  const isFree = choice.reason !== 'reference-unavailable' && choice.reason !== 'price-unknown';
  if (mode !== 'certified' || ladder?.rung === undefined || capped !== undefined || !isFree) return undefined;
  const step = stepAt(noted, ladder.rung);
  const chosen = scored.find(({ estimate }) => estimate.candidate === step);
  if (chosen === undefined) return undefined;
  const others = [choice.chosen, ...choice.others].filter((one) => one !== chosen);
  const isReference = chosen.estimate.candidate === reference.id;
  const rival = isReference ? others[0] : others.find(({ estimate }) => estimate.candidate === reference.id);
  return { chosen, reason: 'certified-rung', rival, others };
}

/** Choices that say who is good enough by themselves; a lock or a lack of alternatives leaves nothing to weigh. */
const weighable: ReadonlySet<ReasonCode> = new Set([
  'cheaper-within-loss',
  'checkable-task',
  'best-value',
  'little-evidence',
  'loss-too-high',
  'certified-rung',
]);

/**
 * Whether cheap answers are looked at before one is given out: a vote where one is acceptable and worth more than the choice, else a check of the
 * chosen answer.
 */
function cascadesOf(
  input: DecideInput,
  scored: Scored[],
  choice: Choice,
  trade: Trade,
  predictor: Predictor,
): { all: PlanEstimate[]; cascade: Decision['cascade'] } | undefined {
  if (input.cascade === undefined || !weighable.has(choice.reason)) return undefined;
  const candidates = scored.map((one) => one.estimate);
  const reference = candidates.find(({ candidate }) => candidate === input.reference.id);
  if (reference?.cost === undefined) return undefined;
  const question = {
    input,
    candidates,
    reference,
    trade,
    parameters: predictor.parameters.acceptance,
    comparison: input.comparison ?? 'text',
  };
  // What a ladder's rungs are tested on is single answers, checked.
  const { all, acceptable } =
    choice.reason === 'certified-rung' ? { all: [], acceptable: undefined } : weighVotes(question);
  const chosen = choice.chosen.estimate;
  if (acceptable !== undefined && worth(acceptable, trade) < worth(chosen, trade)) {
    return { all, cascade: cascadeOf(acceptable, question) };
  }
  const looked = input.cascade.checks && chosen.candidate !== reference.candidate;
  return { all, cascade: looked ? checkOf(chosen, question) : undefined };
}

/** The members of a cascade or the choice, the reference, the rest by expected utility; a route that observes puts the reference first. */
function planOf(
  input: DecideInput,
  choice: Choice,
  scored: Scored[],
  cascade: Decision['cascade'],
): string[] {
  // The order of a named model's deployments is the operator's.
  if (input.mode === 'named') return scored.map((one) => one.estimate.candidate);
  const ranked = [choice.chosen, ...choice.others].map((one) => one.estimate.candidate);
  const reference = ranked.filter((id) => id === input.reference.id);
  const wanted = cascade === undefined ? [ranked[0]!] : planMembers(cascade.plan);
  const first = input.mode === 'observe' ? [...reference, ...wanted] : [...wanted, ...reference];
  return [...new Set([...first, ...ranked])];
}

function observedSentence(input: DecideInput, wouldBe: string): string {
  return `The route only observes, so ${input.reference.id} answers. In assist: ${wouldBe}`;
}

function qualityOf(input: DecideInput, choice: Choice): Decision['quality'] {
  if (input.mode === 'certified') return choice.reason === 'certified-rung' ? 'certified' : 'uncertified';
  // On the prior alone nothing about this model was measured.
  return choice.reason === 'checkable-task' && choice.chosen.estimate.evidence === 0
    ? 'uncertified'
    : 'estimated';
}

type Head = 'id' | 'atMs' | 'route' | 'mode' | 'shape' | 'reference' | 'target' | 'propensity' | 'artefact';

function head(input: DecideInput, predictor: Predictor): Pick<Decision, Head> {
  return {
    id: input.id,
    atMs: input.nowMs,
    route: input.route,
    mode: input.mode,
    shape: input.reading.shape,
    reference: input.reference.id,
    target: input.target,
    propensity: 1,
    artefact: predictor.parameters.id,
  };
}

function nobody(input: DecideInput, predictor: Predictor, excluded: Exclusion[]): Decision {
  const why = excluded[0]?.why;
  return {
    ...head(input, predictor),
    plan: [],
    preferred: input.reference.id,
    candidates: [],
    excluded,
    lambda: 0,
    reason: 'no-candidate',
    explanation: {
      sentence: `No candidate can serve this request${why === undefined ? '' : `: ${why}`}.`,
      runnerUp: undefined,
      flip: undefined,
    },
    quality: 'uncertified',
  };
}

/** The way out of a fault of ours: the reference where policy allows it, else what policy allows first. */
function failed(input: DecideInput, predictor: Predictor): Decision {
  const allowed = input.candidates.map(({ candidate }) => candidate.id);
  const first = allowed.includes(input.reference.id) ? input.reference.id : allowed[0];
  const candidates: CandidateEstimate[] = [];
  return {
    ...head(input, predictor),
    plan: first === undefined ? [] : [first],
    preferred: first ?? input.reference.id,
    candidates,
    excluded: input.excluded,
    lambda: 0,
    reason: 'router-failed',
    explanation: {
      sentence: `The router failed on this request, so ${first ?? 'nobody'} answers it without a decision.`,
      runnerUp: undefined,
      flip: undefined,
    },
    quality: 'uncertified',
  };
}
