import type { Candidate } from '../../catalog/index.ts';
import type { ChatRequest } from '../../protocol/index.ts';
import {
  type AcceptanceTerms,
  type AnswerPlan,
  type DecideInput,
  type Decision,
  planId,
  planMembers,
} from '../../router/index.ts';
import type { Route } from '../snapshot.ts';

/** A plan in which answers are looked at before one is given out, with what is needed to carry it out. */
export interface CascadePlan {
  /** As records spell it. */
  id: string;
  plan: Exclude<AnswerPlan, { kind: 'single' }>;
  terms: AcceptanceTerms;
  /** In the order of the plan; at least two. */
  members: Candidate[];
}

/**
 * Which plans the router may weigh for a request. None where the client would wait for it longer than the route allows, and where answers
 * cannot be replaced: several at once, or a conversation that one provider holds.
 */
export function allowedCascade(
  { stream, choices, ownDialectOnly }: ChatRequest,
  route: Route | undefined,
): DecideInput['cascade'] {
  if (route === undefined || choices > 1 || ownDialectOnly !== undefined) return undefined;
  const { checks, votes, holdMs } = route.cascade;
  if (stream && holdMs === 0) return undefined;
  return checks || votes ? { checks, votes } : undefined;
}

/** Undefined where a plain plan was decided on, where the route only observes, and where a member may not be called after all. */
export function cascadeOf(decision: Decision, candidates: readonly Candidate[]): CascadePlan | undefined {
  const { cascade, mode } = decision;
  if (cascade === undefined || cascade.plan.kind === 'single' || mode === 'observe') return undefined;
  const { plan, terms } = cascade;
  const ids = planMembers(plan);
  const members = ids.flatMap((id) => candidates.find((one) => one.id === id) ?? []);
  return members.length < ids.length ? undefined : { id: planId(plan), plan, terms, members };
}
