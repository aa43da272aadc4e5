import type { DialectName, ErrorCode, Usage } from '../protocol/index.ts';
import type { Decision } from '../router/index.ts';
import type { NanoUsd } from '../std/index.ts';

/** One upstream call. Exactly one record each, whatever happened. */
export interface AttemptRecord {
  id: string;
  requestId: string;
  /** 0 for the first. */
  index: number;
  deployment: string;
  model: string;
  provider: string;
  region: string | undefined;
  startedAtMs: number;
  /** Milliseconds from start to the first content, undefined if none came. */
  firstContentMs: number | undefined;
  durationMs: number;
  /** The request was written twice, because the reused socket of the first writing was closing; absent in older records. */
  replayed?: boolean | undefined;
  /** `aborted`: the client left or the total timeout struck after content had begun. */
  outcome: 'answered' | 'failed' | 'aborted';
  status: number | undefined;
  error: ErrorCode | undefined;
  /** The operator's side of the story. No prompt, no key. */
  errorDetail: string | undefined;
  usage: Usage | undefined;
  /** `reported` by the upstream, `estimated` by us after an abort or where the upstream reports none, `none` where nothing was generated. */
  usageSource: 'reported' | 'estimated' | 'none';
  /** Undefined when the price is unknown. */
  costNano: NanoUsd | undefined;
  /** Which price row was used: its `from` date, vendor, region and tier, for audit. */
  priceRow: string | undefined;
}

/** One client's call with all its attempts and its decision: the unit written to the ledger, once, when it is over. */
export interface RequestRecord {
  id: string;
  startedAtMs: number;
  durationMs: number;
  keyId: string;
  project: string | undefined;
  dialect: DialectName;
  /** What the client asked for. */
  model: string;
  route: string | undefined;
  stream: boolean;
  /** The deployment that answered; undefined if none did. */
  deployment: string | undefined;
  outcome: 'answered' | 'failed' | 'aborted';
  /** HTTP status the client saw. */
  status: number;
  error: ErrorCode | undefined;
  usage: Usage | undefined;
  usageSource: 'reported' | 'estimated' | 'none';
  /** Sum over attempts; undefined when a price is unknown. */
  costNano: NanoUsd | undefined;
  /** What the reference would have cost for the same tokens; undefined when unknown. */
  referenceCostNano: NanoUsd | undefined;
  firstContentMs: number | undefined;
  simulated: boolean;
  session: string | undefined;
  tags: string[];
  droppedParams: string[];
  attempts: AttemptRecord[];
  decision: Decision | undefined;
}
