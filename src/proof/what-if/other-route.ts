import { type Candidate, selectPrice } from '../../catalog/index.ts';
import type { Route } from '../../gateway/index.ts';
import type { Principal } from '../../identity/index.ts';
import { openGate, type Policy, type RequestFacts } from '../../policy/index.ts';
import {
  type DecideInput,
  lengthLimit,
  lengthQuestion,
  type OutputLengths,
  type PricedCandidate,
} from '../../router/index.ts';

/** How the route would be configured instead. */
export interface OtherRoute {
  route: Route;
  policy: Policy;
  /** What was said of the request, as its record has it. */
  facts: RequestFacts;
  /** Who called; undefined = a key that is gone, which is taken to be allowed all. */
  principal: Principal | undefined;
  /** How long answers are, for candidates that were not weighed then. */
  lengths: OutputLengths;
}

const anybody: Principal = {
  keyId: 'key_gone',
  name: 'gone',
  role: 'caller',
  project: undefined,
  models: undefined,
  limits: {},
};

/**
 * What the router would have been told under another configuration: its pool, policy, prices at that hour, target and plans. Conversations, caches and what was learned stay as they were; a pool's new members
 * have no caches and no outcomes of their own.
 */
export function underOther(
  input: DecideInput,
  { route, policy, facts, principal = anybody, lengths }: OtherRoute,
): DecideInput {
  const called = route.candidates.map((candidate) => ({ candidate, calledAs: route.name }));
  const gate = openGate({
    principal,
    route: route.name,
    stated: { dataClasses: [], purpose: undefined, subjectRegion: undefined, tags: [], ...route.data },
    claimed: facts,
    policy,
    switches: () => [],
    nowMs: () => input.nowMs,
  });
  const { allowed, excluded } = gate.admit(called, 'serve');
  const known = new Map(input.candidates.map((one) => [one.candidate.id, one]));
  const { cascade, lambdaUsd, capped: _, ladder: __, target: ___, ...others } = input;
  const isPaced = route.target.kind === 'budget-per-day' && input.target.kind === 'budget-per-day';
  return {
    ...others,
    mode: route.mode,
    target: route.target,
    ...(isPaced && { lambdaUsd }),
    reference: route.reference,
    candidates: allowed.map((candidate) => priced(candidate, known.get(candidate.id), input, lengths)),
    excluded,
    ...(cascade !== undefined && {
      cascade: {
        checks: cascade.checks && route.cascade.checks,
        votes: cascade.votes && route.cascade.votes,
      },
    }),
  };
}

function priced(
  candidate: Candidate,
  known: PricedCandidate | undefined,
  { reading, nowMs }: DecideInput,
  lengths: OutputLengths,
): PricedCandidate {
  const { shape } = reading;
  const { prices, provider } = candidate.deployment;
  const row = selectPrice(prices, {
    atMs: nowMs,
    inputTokens: shape.inputTokensEstimate,
    region: provider.region,
  });
  const question = lengthQuestion(candidate, shape);
  const thinks = question.thinking !== 'off' && question.thinking !== 'default';
  const output = thinks ? (row?.outputThinking ?? row?.output) : row?.output;
  return {
    candidate,
    rates: row && { ...row, output: output ?? row.output },
    expectedOutputTokens:
      known?.expectedOutputTokens ?? lengths.expected(question, lengthLimit(candidate, shape)),
    ...(known?.cutShare !== undefined && { cutShare: known.cutShare }),
  };
}
