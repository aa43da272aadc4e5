import type { Candidate } from '../catalog/index.ts';
import { GatewayError } from '../protocol/index.ts';
import { type AttemptObserver, type Cancellation, execute } from '../upstream/index.ts';
import { balancingOf } from './balancing.ts';
import { toolsOf } from './execution.ts';
import type { Outcome, Serving } from './serving.ts';
import { pastThoughts } from './thoughts.ts';
import type { AttemptTrace } from './trace.ts';

export interface PlanCall {
  /** In order of preference. */
  candidates: Candidate[];
  attemptsMax: number;
  totalMs: number;
  observer: AttemptObserver<AttemptTrace>;
  cancellation: Cancellation;
}

/** Calls one candidate after another until one answers. What the gateway refuses by itself is a failure like any other; rejects with faults. */
export async function callPlan(
  { trace, snapshot, deps }: Serving,
  { candidates, attemptsMax, totalMs, observer, cancellation }: PlanCall,
): Promise<Outcome> {
  try {
    return await execute(
      {
        request: trace.request,
        plan: candidates,
        balancing: balancingOf(trace, snapshot, deps),
        timeouts: { ...snapshot.timeouts, totalMs },
        policy: {
          ...deps.retryPolicy,
          attemptsMax,
          contentFilter: trace.target?.route?.contentFilter ?? snapshot.contentFilter,
        },
        answerBytesMax: snapshot.answerBytesMax,
        clientHeaders: trace.call.headers,
        thoughts: pastThoughts(trace, deps),
        observer,
        cancellation,
      },
      toolsOf(deps),
    );
  } catch (thrown) {
    if (thrown instanceof GatewayError) return { kind: 'failed', error: thrown };
    throw thrown;
  }
}
