import type { GuardrailRecord } from '../../ledger/index.ts';
import type { ServiceUsage } from '../../protocol/index.ts';
import type { ServiceName } from '../../providers/index.ts';
import type { CallTrace } from '../trace.ts';

/** What is known of one attempt beside chat, with what the answer reports of its use. */
export interface ServiceAttempt extends CallTrace, ServiceUsage {}

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
