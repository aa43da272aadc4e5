export type { AnswerStream, DecodedFrame } from './attempt-outcome.ts';
export type { Permit } from './circuit-breaker.ts';
export { type CircuitBreakers, createCircuitBreakers } from './circuit-breaker.ts';
export {
  type AttemptObserver,
  type Cancellation,
  type ExecutionOutcome,
  type ExecutionTools,
  execute,
} from './execute.ts';
export { defaultRetryPolicy, type RetryPolicy } from './retry.ts';
export { createRetryBudget, type RetryBudget } from './retry-budget.ts';
export type {
  ResponseHead,
  Timeouts,
  Transport,
  TransportCall,
  TransportFailure,
  TransportFailureKind,
  TransportHandler,
  TransportRequest,
} from './transport.ts';
export { createUndiciTransport } from './undici-transport.ts';
export type { UpstreamBody } from './upstream-body.ts';
