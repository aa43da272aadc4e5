export { openAttempt } from './attempt.ts';
export type { AnswerStream, AttemptOutcome, DecodedFrame } from './attempt-outcome.ts';
export type { Cancellation } from './cancellation.ts';
export { type CircuitBreakers, createCircuitBreakers } from './circuit-breaker.ts';
export { AnswerCollector } from './collect-answer.ts';
export {
  type AttemptObserver,
  type ExecutionOutcome,
  type ExecutionTools,
  execute,
  tokensOf,
} from './execute.ts';
export { type BalanceStrategy, balanceStrategies } from './load/balance.ts';
export { type Balancing, type Callee, type DeploymentView, Fleet } from './load/fleet.ts';
export type { Lease } from './load/lease.ts';
export { defaultRetryPolicy, type RetryPolicy } from './retry.ts';
export { createRetryBudget, type RetryBudget } from './retry-budget.ts';
export type { ByteFlow, ServiceRequest } from './service-call.ts';
export {
  executeService,
  type ServiceExecution,
  type ServiceObserver,
  type ServiceOutcome,
} from './service-execution.ts';
export { createSigners, type Signers } from './signers.ts';
export { systemTimers } from './timers.ts';
export type {
  ResponseHead,
  Timeouts,
  Transport,
  TransportCall,
  TransportFailure,
  TransportFailureKind,
  TransportHandler,
  TransportRequest,
  Upload,
} from './transport.ts';
export { createUndiciTransport } from './undici-transport.ts';
export { type UpstreamBody, upstreamBody } from './upstream-body.ts';
