import { type FindableCapability, findingAgainst } from '../../catalog/index.ts';
import type { Exclusion, Shape } from '../decision.ts';
import type { CandidateFacts, DecideInput, PricedCandidate } from './input.ts';

/** Between the byte bound and this multiple of the estimate a request is let through: a tokenizer would decide alike. */
const estimateMargin = 1.25;

export type Lock = 'tool-loop-lock' | 'session-lock';

export interface Capable {
  eligible: PricedCandidate[];
  excluded: Exclusion[];
  /** Set when the state of the conversation, not the estimate, decides who answers. */
  lock: Lock | undefined;
}

/** Which candidates can serve the request as it is. Each refusal names its rule and what would make the candidate eligible. */
export function capable(input: DecideInput, expectedOutputTokens: number): Capable {
  const { shape } = input.reading;
  const excluded: Exclusion[] = [];
  // Clients ask for thinking by default; where nobody here thinks, the wish goes unheard and is named as dropped.
  const someThink = input.candidates.some(({ candidate }) => thinks(candidate));
  const asked = someThink ? shape : { ...shape, wantsReasoning: false };
  let eligible = input.candidates.filter(({ candidate, expectedOutputTokens: own }) => {
    const refusal = isJudged(candidate, input)
      ? refusalOf(candidate, asked, own ?? expectedOutputTokens)
      : undefined;
    if (refusal !== undefined) excluded.push({ candidate: candidate.id, stage: 'capability', ...refusal });
    return refusal === undefined;
  });
  const locked = applyLock(input, eligible, excluded);
  eligible = applyHealth(input, locked.eligible, excluded);
  return { eligible, excluded, lock: locked.lock };
}

/**
 * A model that the client named is the client's choice, and its provider says what it cannot do. A reference of which the catalogue
 * knows nothing is the operator's: what is unknown about it must not leave a request without an answer.
 */
function isJudged({ id, deployment }: CandidateFacts, { mode, reference }: DecideInput): boolean {
  return mode !== 'named' && !(id === reference.id && deployment.model.facts.length === 0);
}

/** Whether tools in the request would leave this candidate where it is. */
export function usesTools(id: string, input: DecideInput): boolean {
  const one = input.candidates.find(({ candidate }) => candidate.id === id)?.candidate;
  return one !== undefined && (one.deployment.model.capabilities.tools || !isJudged(one, input));
}

function thinks({ deployment }: CandidateFacts): boolean {
  return deployment.model.capabilities.reasoning !== 'none';
}

type Refusal = Pick<Exclusion, 'rule' | 'why'>;

function refusalOf(
  candidate: CandidateFacts,
  shape: Shape,
  expectedOutputTokens: number,
): Refusal | undefined {
  const { model, provider } = candidate.deployment;
  const { capabilities } = model;
  const found = (capability: FindableCapability): string => foundOut(candidate, capability);
  if (shape.hasImages && !capabilities.imageInput) {
    return {
      rule: 'capability.image-input',
      why: `${model.id} does not read images${found('image-input')}; send text only, or add a model that does`,
    };
  }
  if (shape.hasDocuments && !capabilities.documentInput) {
    return {
      rule: 'capability.document-input',
      why: `${model.id} does not read documents; send their text, or add a model that does`,
    };
  }
  if (shape.tools > 0 && !capabilities.tools) {
    return {
      rule: 'capability.tools',
      why: `${model.id} does not call tools${found('tools')}; send none, or add a model that does`,
    };
  }
  if (shape.wantsJsonSchema && !(capabilities.jsonSchema && provider.quirks.jsonSchema)) {
    return {
      rule: 'capability.json-schema',
      why: `${candidate.deployment.id} does not enforce a JSON schema${found('json-schema')}; ask for plain JSON, or add a deployment that does`,
    };
  }
  if (shape.wantsReasoning && capabilities.reasoning === 'none') {
    return {
      rule: 'capability.reasoning',
      why: `${model.id} has no thinking mode; leave reasoning out, or add a model that has one`,
    };
  }
  if (candidate.effort === 'off' && findingAgainst(candidate.deployment, 'thinking-off') !== undefined) {
    return {
      rule: 'capability.thinking-off',
      why: `${candidate.deployment.id} thinks although it is told not to${found('thinking-off')}; correct how its thinking is switched, or name it without #off`,
    };
  }
  if (wantsThinking(candidate, shape) && findingAgainst(candidate.deployment, 'thinking-on') !== undefined) {
    return {
      rule: 'capability.thinking-on',
      why: `${candidate.deployment.id} does not think although it is told to${found('thinking-on')}; correct how its thinking is switched, or name it without an effort`,
    };
  }
  if (shape.outputTokensMax !== undefined && shape.outputTokensMax > model.outputTokensMax) {
    return {
      rule: 'capability.output-limit',
      why: `${model.id} writes at most ${model.outputTokensMax} tokens, ${shape.outputTokensMax} were asked for; ask for fewer`,
    };
  }
  const output = shape.outputTokensMax ?? Math.min(expectedOutputTokens, model.outputTokensMax);
  const fits = shape.inputTokensBound + output <= model.contextTokens;
  if (!fits && shape.inputTokensEstimate * estimateMargin + output > model.contextTokens) {
    return {
      rule: 'capability.context',
      why: `about ${shape.inputTokensEstimate} input and ${output} output tokens do not fit the ${model.contextTokens} of ${model.id}${found('context-tokens')}; send less, or add a model with a larger context`,
    };
  }
  return undefined;
}

function wantsThinking({ effort }: CandidateFacts, { wantsReasoning }: Shape): boolean {
  return effort === 'low' || effort === 'high' || (effort === 'default' && wantsReasoning);
}

/** Who says so, where a check found it and the catalogue claims otherwise. */
function foundOut({ deployment }: CandidateFacts, capability: FindableCapability): string {
  const finding = findingAgainst(deployment, capability);
  return finding === undefined
    ? ''
    : ` (doctor, ${new Date(finding.atMs).toISOString().slice(0, 10)}: ${finding.evidence})`;
}

/**
 * An open tool loop and provider-bound state (signed thinking) stay with the deployment that began them: another model did not make
 * these calls, and another maker refuses these signatures. Where that deployment is not known, the reference continues.
 */
function applyLock(
  input: DecideInput,
  eligible: PricedCandidate[],
  excluded: Exclusion[],
): { eligible: PricedCandidate[]; lock: Lock | undefined } {
  const { shape } = input.reading;
  const lock: Lock | undefined = shape.openToolLoop
    ? 'tool-loop-lock'
    : shape.providerBoundState
      ? 'session-lock'
      : undefined;
  if (lock === undefined || input.mode === 'named') return { eligible, lock: undefined };
  const owned = ownersOf(input, eligible);
  // The owner cannot serve any more (removed, refused, too small): holding on to it would end the conversation.
  if (owned.length === 0) return { eligible, lock: undefined };
  for (const { candidate } of eligible) {
    if (owned.some((one) => one.candidate.id === candidate.id)) continue;
    const state = shape.openToolLoop ? 'an open tool loop' : 'thinking that only its maker accepts';
    excluded.push({
      candidate: candidate.id,
      stage: 'capability',
      rule: shape.openToolLoop ? 'capability.tool-loop' : 'capability.provider-bound-state',
      why: `the conversation holds ${state} that ${owned[0]!.candidate.deployment.id} continues; at the next user turn without it this one is eligible again`,
    });
  }
  return { eligible: owned, lock: owned.length < eligible.length ? lock : undefined };
}

/** The candidate that began it; else its deployment with another effort, which may refuse a switch of thinking but knows its own state. */
function ownersOf({ session, reference }: DecideInput, eligible: PricedCandidate[]): PricedCandidate[] {
  const home = session?.home;
  if (home === undefined) return eligible.filter(({ candidate }) => candidate.id === reference.id);
  const same = eligible.filter(({ candidate }) => candidate.id === home.candidate);
  return same.length > 0
    ? same
    : eligible.filter(({ candidate }) => candidate.deployment.id === home.deployment);
}

/** Ruled-out deployments leave the plan, unless that would leave nobody: a stale verdict must not be an outage. */
function applyHealth(
  input: DecideInput,
  eligible: PricedCandidate[],
  excluded: Exclusion[],
): PricedCandidate[] {
  const down = new Map((input.unavailable ?? []).map(({ deployment, why }) => [deployment, why]));
  const up = eligible.filter(({ candidate }) => !down.has(candidate.deployment.id));
  if (up.length === 0) return eligible;
  for (const { candidate } of eligible) {
    const why = down.get(candidate.deployment.id);
    if (why !== undefined)
      excluded.push({ candidate: candidate.id, stage: 'health', rule: 'health.unavailable', why });
  }
  return up;
}
