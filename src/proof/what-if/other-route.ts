import { type Candidate, selectPrice } from '../../catalog/index.ts';
import type { Route } from '../../gateway/index.ts';
import type { PolicyGate } from '../../policy/index.ts';
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
  /** Of the request, under the other packs. */
  gate: PolicyGate;
  /** How long answers are, for candidates that were not weighed then. */
  lengths: OutputLengths;
}

/**
 * What the router would have been told under another configuration: its pool, policy, prices at that hour, target and plans. Conversations, caches and what was learned stay as they were; a pool's new members
 * have no caches and no outcomes of their own.
 */
export function underOther(input: DecideInput, { route, gate, lengths }: OtherRoute): DecideInput {
  const called = route.candidates.map((candidate) => ({ candidate, calledAs: route.name }));
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
