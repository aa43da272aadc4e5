import { type Cancellation, type ExecutionTools, systemTimers } from '../upstream/index.ts';
import type { AnswerSink } from './call.ts';
import type { GatewayDeps } from './gateway.ts';
import type { OpenRequest } from './open-requests.ts';

/** The client left, or the gateway shuts down: either way nobody waits for the upstream any more. */
export function cancellationOf({ sink, open }: { sink: AnswerSink; open: OpenRequest }): Cancellation {
  return {
    get cancelled() {
      return sink.gone || open.interruption !== undefined;
    },
    onCancel: (listener) => {
      sink.onGone(listener);
      open.onInterrupt(listener);
    },
  };
}

export function toolsOf(deps: GatewayDeps): ExecutionTools {
  const { transport, fleet, signers, retryBudget, random, clock } = deps;
  const { monotonicMs } = clock;
  return { transport, fleet, signers, retryBudget, timers: systemTimers, random, monotonicMs };
}
