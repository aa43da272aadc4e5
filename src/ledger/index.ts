export { encodeCursor, type ListPosition, listPosition } from './cursor.ts';
export { createTokenCounter, type TokenCounter } from './estimate/token-counter.ts';
export {
  createTokenEstimator,
  type InputObservation,
  type OutputObservation,
  type TokenEstimator,
} from './estimate/token-estimator.ts';
export type { FileLock, LockFile } from './journal.ts';
export {
  type Ledger,
  type LedgerBounds,
  type LedgerHealth,
  type LedgerOptions,
  openLedger,
} from './ledger.ts';
export {
  type AttemptRecord,
  type AttemptRole,
  type CascadeRecord,
  type GuardrailRecord,
  isAttemptToAnswer,
  type RequestRecord,
} from './records.ts';
export type { Replay } from './replay.ts';
export {
  type CostSplit,
  costSplit,
  type SavingsCell,
  type SavingsKind,
  type SavingsQuery,
  type SavingsStore,
} from './savings.ts';
export {
  decodeRecord,
  encodeRecord,
  type LedgerStore,
  type ListFilters,
  type ListQuery,
  listLimitMax,
  type Outcome,
  type RecordLine,
  type ReportBy,
  type ReportQuery,
  type ReportRow,
  type RequestPage,
  type RequestSummary,
  servedBy,
  summaryOf,
} from './store.ts';
