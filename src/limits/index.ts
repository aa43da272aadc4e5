export type { Admission, Limits, RateState, Reservation } from './limits.ts';
export { createMemoryLimits, type MemoryLimitsOptions } from './memory-limits.ts';
