import type { Deployment } from '../../catalog/index.ts';
import type { GuardrailRecord } from '../../ledger/index.ts';
import type { GatewayError, ServiceUsage } from '../../protocol/index.ts';
import type { ServiceName } from '../../providers/index.ts';

/** What is known of one upstream call while it runs and after. */
export interface ServiceAttempt extends ServiceUsage {
  id: string;
  deployment: Deployment;
  /** Id of the key it was made with; undefined where there is none. */
  credential: string | undefined;
  startedAtMs: number;
  startedMonotonicMs: number;
  firstContentMs: number | undefined;
  durationMs: number;
  outcome: 'running' | 'answered' | 'failed' | 'aborted';
  status: number | undefined;
  error: GatewayError | undefined;
  replayed: boolean;
}

/** What is known of one request beside chat; `settleService` turns it into the ledger's record. */
export interface ServiceTrace {
  service: ServiceName;
  /** As the client wrote it; where an endpoint has no model, `provider/service`. */
  model: string;
  stream: boolean;
  tags: string[];
  startedMonotonicMs: number;
  attempts: ServiceAttempt[];
  /** What the model reads of the request, for an estimate; undefined where that cannot be told. */
  prompt: (() => string) | undefined;
  /** Where the input is token ids, their number: it needs no estimate. */
  promptTokens: number | undefined;
  /** What is billed by the call, where the answer does not say so, such as searches; undefined = 1. */
  requests: number | undefined;
  /** The endpoint generates nothing and is not billed for by use, such as a look at a file. */
  unbilled: boolean;
  /** What was noted of guardrails; absent where none concerns the request. */
  guardrails?: GuardrailRecord[] | undefined;
}

export function endServiceAttempt(
  attempt: ServiceAttempt,
  ending: {
    outcome: 'answered' | 'failed' | 'aborted';
    monotonicMs: number;
    status?: number | undefined;
    error?: GatewayError | undefined;
  },
): void {
  if (attempt.outcome !== 'running') return;
  attempt.outcome = ending.outcome;
  attempt.durationMs = ending.monotonicMs - attempt.startedMonotonicMs;
  attempt.status = ending.status ?? attempt.status;
  attempt.error = ending.error;
}
