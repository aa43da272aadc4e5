import type { Certificate, Stage } from '../lifecycle/state.ts';

/** What is counted of a route since its policy was frozen, or since it began to learn. */
export interface RouteCounts {
  /** Answered requests of the route. */
  requests: number;
  /** Those that evidence may be drawn from and a certificate speaks of. */
  covered: number;
  drawn: number;
  /** Drawn, and never to be a pair: the queue was full, a call failed, the process ended. */
  lost: number;
  pairs: number;
  /** Pairs with an answer that nobody could grade; counted as lost in full. */
  ungraded: number;
  /** Since the certificate in force. */
  requestsCertified: number;
  pairsCertified: number;
}

export const noCounts = (): RouteCounts => ({
  requests: 0,
  covered: 0,
  drawn: 0,
  lost: 0,
  pairs: 0,
  ungraded: 0,
  requestsCertified: 0,
  pairsCertified: 0,
});

/** What outlives the process of a route; the parts are each somebody's `state()`. */
export interface StoredRouteState {
  version: 1;
  stage: Stage;
  policyId: string | undefined;
  /** Policies of the route so far. */
  ordinal: number;
  counts: RouteCounts;
  proofCostNano: number;
  learnSessions: string[];
  /** Policies that are over, whose pairs have yet to teach. */
  teaching: string[];
  /** The last pair that counts in the tests; those after it are read again. */
  lastPairId: string | undefined;
  flips: unknown;
  judge?: unknown;
  mix?: unknown;
  sampling: unknown;
  /** Of the policy that is tested. */
  run: unknown;
  certificate: Certificate | undefined;
}

/** Undefined where the text is no state of this version. */
export function readRouteState(text: string | undefined): StoredRouteState | undefined {
  if (text === undefined) return undefined;
  try {
    const state = JSON.parse(text) as StoredRouteState;
    return state.version === 1 ? state : undefined;
  } catch {
    return undefined;
  }
}
