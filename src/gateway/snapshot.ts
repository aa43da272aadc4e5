import type { Candidate, Catalog } from '../catalog/index.ts';
import type { Policy, RequestFacts } from '../policy/index.ts';
import type { DecisionTarget, Predictor } from '../router/index.ts';
import type { BalanceStrategy, RetryPolicy, Timeouts } from '../upstream/index.ts';
import type { Guardrail } from './guardrails/guardrail.ts';
import type { RouteSignals } from './signals/settings.ts';

/** A virtual model that clients call. */
export interface Route {
  name: string;
  reference: Candidate;
  candidates: Candidate[];
  target: DecisionTarget;
  mode: 'observe' | 'assist';
  contentFilter: RetryPolicy['contentFilter'] | undefined;
  /** How long response headers wait for the first content of a stream; then errors are in-band. */
  holdbackMs: number;
  /** Which answers may be looked at before they are given out. */
  cascade: CascadeAllowance;
  /** Share of one key's requests that may go to candidates dearer than the route's usual choice; undefined = any. */
  upgradeShareMax?: number | undefined;
  /** Whether outcomes of the installation's own requests move its decisions; absent = `own`. */
  learn?: 'own' | 'off' | undefined;
  /** Whose feedback on its requests counts; absent = `admins`. */
  feedbackFrom?: 'admins' | 'callers' | undefined;
  /** Whom it asks where the choice is undecided; absent = nobody. */
  signals?: RouteSignals | undefined;
  /** What the operator states of the data in its requests; absent = nothing. */
  data?: Partial<Omit<RequestFacts, 'tags'>> | undefined;
  /** Another form of the route that part of its conversations get. */
  canary?: Canary | undefined;
  /** Set in that other form itself. */
  variant?: 'canary' | undefined;
}

export interface Canary {
  /** Of the route's conversations, 0..1. */
  share: number;
  route: Route;
  /** Changes with what it consists of: another one begins anew. */
  fingerprint: string;
}

export interface CascadeAllowance {
  /** A cheap answer may be checked, and replaced by the reference's. */
  checks: boolean;
  /** Cheap models may answer side by side. */
  votes: boolean;
  /** How long a stream may be held back for it, from its first content; 0 = streams are given out as they come. */
  holdMs: number;
}

/**
 * Everything configuration decides, compiled once. A request keeps the snapshot it started with, so that a reload never
 * mixes two configurations within one request.
 */
export interface Snapshot {
  catalog: Catalog;
  routes: Map<string, Route>;
  predictor: Predictor;
  /** Who may see which request, and what may be kept of it. */
  policy: Policy;
  timeouts: Timeouts;
  /** Upstream calls one request may make in all. */
  attemptsMax: number;
  /** What a content filter or a refusal leads to where the route says nothing. */
  contentFilter: RetryPolicy['contentFilter'];
  /** How the deployments of one model share its requests. */
  balance: BalanceStrategy;
  holdbackMs: number;
  answerBytesMax: number;
  /** In the order in which they are asked; absent = none. */
  guardrails?: readonly Guardrail[] | undefined;
}
