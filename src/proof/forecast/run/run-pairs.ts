import type { Route } from '../../../gateway/index.ts';
import { type ChatAnswer, type ChatRequest, clientDialects, GatewayError } from '../../../protocol/index.ts';
import type { Estimated, EstimatedLog } from '../estimate.ts';
import type { JudgedRow } from '../statistics/judged.ts';
import type { Ladder } from '../statistics/ladder.ts';
import { type RunPlan, wantedOptions } from './plan.ts';
import type { PairRunner } from './runner.ts';

/** One request that was answered and judged, as it is kept to go on from: figures only. */
export interface KeptPair {
  id: string;
  reference: string;
  /** Undefined where the reference failed, so that nothing could be compared. */
  referenceUsd: number | undefined;
  /** By candidate id; absent where it failed or could not be graded. */
  candidates: { [id: string]: { loss: number; usd: number } | undefined };
  spentUsd: number;
  by: string[];
}

export interface RunOptions {
  log: EstimatedLog;
  ladder: Ladder;
  route: Route;
  plan: RunPlan;
  runner: PairRunner;
  budgetUsd: number;
  signal: AbortSignal;
  /** What an earlier run has got done. */
  done: ReadonlyMap<string, KeptPair>;
  keep(pair: KeptPair): void;
  progress(done: number, of: number, spentUsd: number): void;
}

export interface RunResult {
  judged: JudgedRow[];
  spentUsd: number;
  judges: string[];
  stopped: string | undefined;
}

/** Calls that wait for answers at once. */
const parallel = 4;
/** So many pairs in a row without a single usable one end the run: something is wrong with keys or addresses. */
const failuresMax = 10;

/**
 * Calls and judges the drawn requests, until all are done, the budget is spent, or the signal aborts. A pair is begun only while what it is expected to cost still
 * fits, so what is spent exceeds the budget by at most what the pairs under way cost more than expected.
 */
export async function runPairs(options: RunOptions): Promise<RunResult> {
  const { plan, log, done, budgetUsd, signal, keep, progress } = options;
  const judged: JudgedRow[] = [];
  const judges = new Set<string>();
  let spentUsd = 0;
  let finished = 0;
  let failures = 0;
  let stopped: string | undefined;
  const mean = plan.expectedUsd / Math.max(1, plan.order.length);
  let under = 0;
  const queue = [...plan.order];
  const note = (index: number, pair: KeptPair): void => {
    for (const by of pair.by) judges.add(by);
    const row = judgedRow(index, pair, options);
    if (row !== undefined) judged.push(row);
    failures = row === undefined ? failures + 1 : 0;
    finished += 1;
    progress(finished, plan.order.length, spentUsd);
  };
  const worker = async (): Promise<void> => {
    while (stopped === undefined) {
      const index = queue.shift();
      if (index === undefined) return;
      const before = done.get(log.requests[index]!.entry.id);
      if (before !== undefined) {
        note(index, before);
        continue;
      }
      if (signal.aborted) stopped = 'interrupted';
      else if (spentUsd + (under + 1) * mean > budgetUsd && mean > 0) stopped = 'the budget is spent';
      else if (failures >= failuresMax) stopped = `${failures} requests in a row could not be judged`;
      if (stopped !== undefined) return;
      under += 1;
      const pair = await pairOf(index, options);
      under -= 1;
      spentUsd += pair.spentUsd;
      if (signal.aborted && pair.referenceUsd === undefined) continue;
      // What failed may do better next time.
      if (judgedRow(index, pair, options) !== undefined) keep(pair);
      note(index, pair);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return { judged, spentUsd, judges: [...judges].sort(), stopped };
}

async function pairOf(index: number, options: RunOptions): Promise<KeptPair> {
  const { log, ladder, route, runner, signal } = options;
  const estimated = log.requests[index]!;
  const { entry } = estimated;
  const pair: KeptPair = {
    id: entry.id,
    reference: route.reference.id,
    referenceUsd: undefined,
    candidates: {},
    spentUsd: 0,
    by: [],
  };
  const wanted = wantedOptions(ladder, index);
  if (wanted.length === 0) return { ...pair, referenceUsd: estimated.row.referenceUsd };
  const request = requestOf(estimated, route);
  if (request === undefined) return pair;
  const reference = await referenceAnswer(estimated, request, options);
  pair.spentUsd += reference.spentUsd;
  if (reference.answer === undefined) return pair;
  pair.referenceUsd = reference.usd;
  for (const at of wanted) {
    const candidate = log.candidates[estimated.row.options[at]!.candidate]!;
    const answered = await runner.answer(request, candidate, signal);
    if (answered === undefined) continue;
    const usd = answered.usd ?? estimated.row.options[at]!.usd;
    pair.spentUsd += usd;
    const grade = await runner.grade(
      {
        request,
        reference: { candidate: route.reference, answer: reference.answer },
        other: { candidate, answer: answered.answer },
      },
      signal,
    );
    if (grade === undefined) continue;
    pair.spentUsd += grade.usd;
    if (grade.loss === undefined) continue;
    if (!pair.by.includes(grade.by)) pair.by.push(grade.by);
    pair.candidates[candidate.id] = { loss: grade.loss, usd };
  }
  return pair;
}

interface ReferenceAnswer {
  answer: ChatAnswer | undefined;
  usd: number;
  spentUsd: number;
}

/** As logged, where the log has the reference's own answer; else it is called. */
async function referenceAnswer(
  { entry, row }: Estimated,
  request: ChatRequest,
  { route, runner, signal }: RunOptions,
): Promise<ReferenceAnswer> {
  if (row.referenceKnown && entry.answer !== undefined)
    return { answer: entry.answer, usd: row.referenceUsd, spentUsd: 0 };
  const answered = await runner.answer(request, route.reference, signal);
  if (answered === undefined) return { answer: undefined, usd: row.referenceUsd, spentUsd: 0 };
  const usd = answered.usd ?? row.referenceUsd;
  return { answer: answered.answer, usd, spentUsd: usd };
}

/** Whole answers are wanted, not streams. */
function requestOf({ entry }: Estimated, route: Route): ChatRequest | undefined {
  const body = { ...entry.body, model: route.name, stream: false, stream_options: undefined };
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  try {
    return clientDialects[entry.dialect].decodeRequest(JSON.parse(new TextDecoder().decode(bytes)), bytes);
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}

function judgedRow(index: number, pair: KeptPair, { log, ladder }: RunOptions): JudgedRow | undefined {
  if (pair.referenceUsd === undefined) return undefined;
  const { candidates } = log.requests[index]!;
  const options = candidates.map((id) => pair.candidates[id]);
  const wanted = wantedOptions(ladder, index);
  if (wanted.length > 0 && wanted.every((at) => options[at] === undefined)) return undefined;
  return { row: index, referenceUsd: pair.referenceUsd, options };
}
