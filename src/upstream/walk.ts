import type { GatewayError } from '../protocol/index.ts';
import { CallSearch, type SearchInput, type SearchTools } from './call-search.ts';
import type { Won } from './load/fleet.ts';
import type { Lease } from './load/lease.ts';
import type { RetryPolicy } from './retry.ts';
import type { RetryBudget } from './retry-budget.ts';

export interface WalkTools extends SearchTools {
  retryBudget: RetryBudget;
}

/** What is left to try after this call. */
export interface OthersLeft {
  any: boolean;
  ofOtherVendors: boolean;
}

/** What one call led to: an outcome for the client, or the reason to go on. */
export type Step<Outcome> =
  | { kind: 'over'; outcome: Outcome }
  /** `otherKey`: the account is to blame, and another one may be tried at once. */
  | { kind: 'go-on'; error: GatewayError; otherKey: boolean };

export type NoAnswer = { kind: 'failed'; error: GatewayError } | { kind: 'cancelled' };

/**
 * Calls one deployment after the other until one answers, whatever is asked of them. Bounded by `attemptsMax`, by the retry budget, so that
 * an outage is not amplified, and by circuit breakers and rate limits. `attempt` makes one call and sees to its lease. Rejects with what
 * `attempt` rejects with.
 */
export async function walk<Outcome>(
  input: SearchInput,
  attempt: (won: Won, others: OthersLeft) => Promise<Step<Outcome>>,
  tools: WalkTools,
): Promise<Outcome | NoAnswer> {
  const { policy, cancellation } = input;
  const search = new CallSearch(input, tools);
  let lastError: GatewayError | undefined;

  for (let made = 0; made < policy.attemptsMax; made++) {
    const won = await search.next();
    if (cancellation.cancelled) {
      if (won !== undefined) giveBack(won.lease, tools);
      return { kind: 'cancelled' };
    }
    if (won === undefined) break;
    const isRetry = made > 0;
    if (isRetry && !(await mayRetry(won.lease, policy, tools))) {
      giveBack(won.lease, tools);
      break;
    }
    try {
      if (cancellation.cancelled) {
        giveBack(won.lease, tools);
        return { kind: 'cancelled' };
      }
      const others = { any: search.hasOthers, ofOtherVendors: search.hasOtherVendors(won.candidate) };
      const step = await attempt(won, others);
      if (step.kind === 'over') return step.outcome;
      lastError = step.error;
      // The last attempt belongs to another deployment, if there is one: all keys of this one may be bad.
      const isLastButOne = made + 2 >= policy.attemptsMax;
      if (step.otherKey && !(isLastButOne && search.hasOthers)) search.again(won.candidate);
      else if (!search.failed(won.candidate, step.error)) break;
    } finally {
      if (isRetry) tools.retryBudget.release();
    }
  }
  return { kind: 'failed', error: lastError ?? search.obstacle() };
}

/** A retry at a deployment that is thought to work waits for its turn; one that only finds out whether it does, does not. */
async function mayRetry(lease: Lease, policy: RetryPolicy, tools: WalkTools): Promise<boolean> {
  const { retryBudget, timers } = tools;
  return lease.probe ? retryBudget.tryAcquire() : retryBudget.acquireWithin(policy.budgetWaitMsMax, timers);
}

function giveBack(lease: Lease, tools: WalkTools): void {
  lease.cancelled(tools.monotonicMs());
  lease.release(0);
}
