import { decodeEmbeddingsRequest, isObject, parseJsonBody } from '../../protocol/index.ts';
import { projectEmbedding } from '../../router/index.ts';
import { executeService, type ServiceOutcome, systemTimers } from '../../upstream/index.ts';
import { embeddings, requestTo, serviceAt } from '../services/json-services.ts';
import { settleAttempt } from '../services/settle.ts';
import type { ServiceAttempt } from '../services/trace.ts';
import { boundNano, expectedTokens } from '../services/worst-case.ts';
import { beginCall, endAttempt } from '../trace.ts';
import {
  type Asking,
  balancingOf,
  fruitless,
  orFailed,
  type PreparedSignal,
  type SignalReply,
  signalAnswerBytesMax,
  signalAttemptsMax,
} from './asking.ts';
import { shownAsk } from './shown-ask.ts';

/** Asks for the ask's embedding; its reply holds the projection of it. */
export function prepareEmbedding(ask: string, asking: Asking): PreparedSignal {
  const { source, snapshot, deps } = asking;
  const { clock, ids } = deps;
  const text = shownAsk(ask, source.askCharsMax);
  const bytes = Buffer.from(JSON.stringify({ model: 'embedding', input: [text] }));
  const request = decodeEmbeddingsRequest(parseJsonBody(bytes), bytes);
  const bound = embeddings.bound(request);
  const costs = source.callees.map(({ deployment }) => boundNano(deployment, bound, clock.nowMs()) ?? 0);
  return {
    worstNano: Math.max(...costs),
    async call() {
      const attempts: ServiceAttempt[] = [];
      const { transport, fleet, signers, retryBudget, retryPolicy, random } = deps;
      const tools = { transport, fleet, signers, retryBudget, random, timers: systemTimers };
      const tokens = expectedTokens(bytes.byteLength);
      const outcome = await orFailed(
        executeService<ServiceAttempt>(
          {
            plan: source.callees,
            balancing: balancingOf(asking, tokens),
            request: (deployment) => requestTo(deployment, request, embeddings),
            repeatable: true,
            take: () => 'whole',
            read: (answer, deployment) =>
              embeddings.read(answer, request, serviceAt(deployment, 'embeddings').form, {
                requestId: asking.requestId,
                model: deployment.upstreamName,
              }),
            timeouts: snapshot.timeouts,
            policy: { ...retryPolicy, attemptsMax: signalAttemptsMax, contentFilter: 'fail' },
            answerBytesMax: signalAnswerBytesMax,
            observer: {
              async started(deployment, credential) {
                const at = { startedAtMs: clock.nowMs(), startedMonotonicMs: clock.monotonicMs() };
                const call = beginCall({ id: ids('att'), deployment, credential, ...at });
                const attempt: ServiceAttempt = { ...call, usage: undefined, units: undefined };
                attempts.push(attempt);
                return attempt;
              },
              ...fruitless(asking),
            },
            cancellation: asking.cancellation,
          },
          { ...tools, monotonicMs: clock.monotonicMs },
        ),
      );
      const about = { prompt: () => text, promptTokens: undefined, requests: undefined, unbilled: false };
      return {
        reply: replyOf(outcome, asking),
        deployment: attempts.at(-1)?.deployment.id,
        records: async () => {
          const settled = attempts.map((each, index) =>
            settleAttempt(each, index, about, asking.requestId, deps.estimator),
          );
          return (await Promise.all(settled)).map((record) => ({ ...record, role: 'signal' as const }));
        },
      };
    },
  };
}

type Outcome = ServiceOutcome<ServiceAttempt>;

function replyOf(outcome: Outcome, { deps: { clock } }: Asking): SignalReply {
  switch (outcome.kind) {
    case 'whole': {
      const { trace, answer, head } = outcome;
      trace.usage = answer.usage;
      trace.units = answer.units;
      trace.firstContentMs = clock.monotonicMs() - trace.startedMonotonicMs;
      endAttempt(trace, { outcome: 'answered', monotonicMs: clock.monotonicMs(), status: head.status });
      const numbers = projectEmbedding(vectorOf(answer.bytes));
      return numbers === undefined ? { kind: 'unclear' } : { kind: 'answered', numbers };
    }
    case 'flowing':
      // Nobody asked for a flow.
      outcome.abort();
      outcome.lease.release(undefined);
      endAttempt(outcome.trace, { outcome: 'aborted', monotonicMs: clock.monotonicMs() });
      return { kind: 'unclear' };
    case 'failed':
      return { kind: 'failed' };
    case 'cancelled':
      return { kind: 'cancelled' };
  }
}

/** The first vector of an answer in OpenAI's form; empty where it has none. */
function vectorOf(bytes: Uint8Array): unknown[] {
  let data: unknown;
  try {
    data = parseJsonBody(bytes)['data'];
  } catch {
    return [];
  }
  const first: unknown = Array.isArray(data) ? data[0] : undefined;
  const vector = isObject(first) ? first['embedding'] : undefined;
  return Array.isArray(vector) ? vector : [];
}
