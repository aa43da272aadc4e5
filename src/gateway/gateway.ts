import type { Identity } from '../identity/index.ts';
import type { Ledger, TokenEstimator } from '../ledger/index.ts';
import type { Limits } from '../limits/index.ts';
import type { Clock, IdSource } from '../std/index.ts';
import type { CircuitBreakers, RetryBudget, RetryPolicy, Transport } from '../upstream/index.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { OpenRequests } from './open-requests.ts';
import type { SessionMemory } from './session-memory.ts';
import type { Snapshot } from './snapshot.ts';

/** What the operator should know of, without prompts or keys. */
export interface GatewayLog {
  warn(facts: { [name: string]: unknown }, message: string): void;
  error(facts: { [name: string]: unknown }, message: string): void;
}

/** Everything a request needs, made once by the composition root. */
export interface GatewayDeps {
  clock: Clock;
  ids: IdSource;
  /** In [0, 1). */
  random(): number;
  identity: Identity;
  limits: Limits;
  ledger: Ledger;
  estimator: TokenEstimator;
  transport: Transport;
  breakers: CircuitBreakers;
  retryBudget: RetryBudget;
  retryPolicy: RetryPolicy;
  heartbeat: Heartbeat;
  sessions: SessionMemory;
  openRequests: OpenRequests;
  /** The configuration in force now. */
  snapshot(): Snapshot;
  log: GatewayLog;
}
