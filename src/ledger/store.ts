import { restorePlan } from '../router/index.ts';
import { type AttemptRecord, isAttemptToAnswer, type RequestRecord } from './records.ts';

/**
 * A record as one line of JSON, made by `encodeRecord`. It is encoded once, on the main thread, and the same line goes to
 * the journal, to the store's thread and into its column: copying an object between threads costs several times as much.
 */
export type RecordLine = string;

export type Outcome = RequestRecord['outcome'];

export interface ListFilters {
  keyId?: string | undefined;
  route?: string | undefined;
  /** The model that served, see `servedBy`. */
  model?: string | undefined;
  outcome?: Outcome | undefined;
  /** Endpoint beside chat, e.g. `embeddings`. */
  service?: string | undefined;
  /** Inclusive, by the request's start. */
  fromMs?: number | undefined;
  /** Exclusive. */
  toMs?: number | undefined;
}

export interface ListQuery {
  /** 1 to `listLimitMax`. */
  limit: number;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
  filters?: ListFilters | undefined;
}

/** A request without its attempts and its decision, which `get` has. */
export interface RequestSummary extends Omit<RequestRecord, 'attempts' | 'decision' | 'inputs'> {
  /** The model that served, see `servedBy`. */
  servedModel: string | undefined;
  attemptCount: number;
  decisionId: string | undefined;
}

export interface RequestPage {
  requests: RequestSummary[];
  /** Undefined on the last page. */
  nextCursor: string | undefined;
}

export type ReportBy = 'model' | 'route' | 'key' | 'project' | 'day' | 'deployment';

export interface ReportQuery {
  /** Inclusive, by the request's start. */
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  by: ReportBy;
}

/**
 * Sums over one group. Simulated requests have rows of their own: no figure of theirs may enter a saving. A request counts
 * once, for the model and deployment that served it, so the totals are the same whatever the rows are grouped by.
 */
export interface ReportRow {
  /** Undefined for requests that have none (no project, no route, no model reached). Days are UTC, `YYYY-MM-DD`. */
  group: string | undefined;
  simulated: boolean;
  requests: number;
  answered: number;
  failed: number;
  aborted: number;
  /** All input tokens; the cached ones are among them. */
  inputTokens: number;
  cacheReadTokens: number;
  outputTokens: number;
  /** Sum of the known costs. */
  costNano: bigint;
  /** Requests whose cost is unknown; they are not in `costNano`. */
  unpricedRequests: number;
  /** Sum of the known costs of the reference for the same tokens. */
  referenceCostNano: bigint;
  /** The same two sums over the requests where both are known: only these may be subtracted from each other. */
  compared: { requests: number; costNano: bigint; referenceCostNano: bigint };
  /** Over answered requests where both are known: the decision's expectation of the whole cost and of the answer's length, and what
   * came.
   */
  predicted: {
    requests: number;
    costNano: bigint;
    actualCostNano: bigint;
    outputTokens: number;
    actualOutputTokens: number;
  };
  /** Nearest-rank percentiles of the time to the first content, over requests that had content. */
  firstContentMsP50: number | undefined;
  firstContentMsP95: number | undefined;
}

/**
 * The durable home of request records. An implementation passes `test/storage/ledger-store-conformance.ts`. Calls reject with
 * GatewayError `store_unavailable` when the store cannot be reached or written.
 */
export interface LedgerStore {
  /**
   * Stores whole batches or nothing. A record whose id exists is left as it is: a batch may be given again after a failure
   * or a crash. Resolves, with the number of new records, once they survive the process.
   */
  append(lines: readonly RecordLine[]): Promise<number>;
  get(id: string): Promise<RequestRecord | undefined>;
  /** The request that was served by this decision. Records of versions that kept no inputs of decisions are not found by it. */
  findByDecision(decisionId: string): Promise<RequestRecord | undefined>;
  /** Newest first, by start and then by id. Throws `invalid_request` for a bad limit or cursor. */
  list(query: ListQuery): Promise<RequestPage>;
  /** Sorted by group, those without one last. */
  report(query: ReportQuery): Promise<ReportRow[]>;
  /** Sum of the known costs of the requests that the key began at `fromMs` or later; what proving its routes cost is the operator's. */
  spentSince(keyId: string, fromMs: number): Promise<bigint>;
}

export const listLimitMax = 500;

export function encodeRecord(record: RequestRecord): RecordLine {
  return JSON.stringify(record);
}

/** Undefined when the line is not a whole record, as after a torn write. */
export function decodeRecord(line: string): RequestRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? restored(value) : undefined;
  } catch {
    return undefined;
  }
}

function restored(record: RequestRecord): RequestRecord {
  const { decision } = record;
  if (decision?.cascade === undefined && decision?.cascades === undefined) return record;
  const { cascade, cascades } = decision;
  return {
    ...record,
    decision: {
      ...decision,
      ...(cascade && { cascade: { ...cascade, plan: restorePlan(cascade.plan) } }),
      ...(cascades && { cascades: cascades.map((one) => ({ ...one, plan: restorePlan(one.plan) })) }),
    },
  };
}

/** Lines are only ever written by `encodeRecord`, so knowing that a line is whole is enough. */
function isRecord(value: unknown): value is RequestRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { id, startedAtMs, keyId, outcome, attempts } = value as Partial<RequestRecord>;
  return (
    typeof id === 'string' &&
    typeof startedAtMs === 'number' &&
    typeof keyId === 'string' &&
    typeof outcome === 'string' &&
    Array.isArray(attempts)
  );
}

/** The attempt that a request is counted under: the one of the deployment that answered, else the last one tried. */
export function servedBy(record: RequestRecord): AttemptRecord | undefined {
  const attempts = record.attempts.filter(isAttemptToAnswer);
  return attempts.findLast((attempt) => attempt.deployment === record.deployment) ?? attempts.at(-1);
}

export function summaryOf(record: RequestRecord): RequestSummary {
  const { attempts, decision, inputs, ...rest } = record;
  return {
    ...rest,
    servedModel: servedBy(record)?.model,
    attemptCount: attempts.filter(isAttemptToAnswer).length,
    decisionId: decision?.id,
  };
}
