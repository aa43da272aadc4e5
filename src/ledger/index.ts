export type { AttemptRecord, RequestRecord } from './records.ts';
