import type { LedgerStore, ListFilters } from '../../ledger/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import type { ReplayPredictors } from './replay-predictors.ts';
import { type DecisionReplay, type Outlook, type ReplayQuestion, replayRecord } from './replay-record.ts';

export interface WindowQuestion extends ReplayQuestion {
  filters: ListFilters;
  /** The newest so many decisions; at most `windowMax`. */
  limit: number;
}

/** Sums over the decisions where both sides have a price and an estimate. */
export interface WhatIfSum {
  compared: number;
  /** Decisions that would have gone elsewhere. */
  changed: number;
  before: { costNano: number; loss: number };
  after: { costNano: number; loss: number };
  /** How many decisions each answer got, before and after. */
  answers: Map<string, { before: number; after: number }>;
}

export interface WindowReplay {
  replayed: number;
  same: number;
  different: number;
  /** Different ones that were replayed with another artefact than they were made with. */
  otherArtefact: number;
  /** Recorded without what they were made of, or not readable. */
  notReplayable: number;
  /** The first that differ. */
  first: DecisionReplay[];
  whatIf: WhatIfSum | undefined;
}

export const windowMax = 100_000;
const pageSize = 200;
const firstMax = 5;

/** Makes the decisions of a stretch of the ledger again, newest first. */
export async function replayWindow(
  question: WindowQuestion,
  ledger: Pick<LedgerStore, 'list' | 'get'>,
  predictors: ReplayPredictors,
): Promise<WindowReplay> {
  const sum: WindowReplay = {
    replayed: 0,
    same: 0,
    different: 0,
    otherArtefact: 0,
    notReplayable: 0,
    first: [],
    whatIf: question.target && emptySum(),
  };
  const limit = Math.min(question.limit, windowMax);
  for await (const id of decidedRequests(question.filters, limit, ledger)) {
    const record = await ledger.get(id);
    if (record === undefined) continue;
    try {
      add(sum, await replayRecord(record, question, predictors));
    } catch (thrown) {
      if (!(thrown instanceof GatewayError) || thrown.code !== 'invalid_request') throw thrown;
      sum.notReplayable += 1;
    }
  }
  return sum;
}

async function* decidedRequests(
  filters: ListFilters,
  limit: number,
  ledger: Pick<LedgerStore, 'list'>,
): AsyncGenerator<string> {
  let cursor: string | undefined;
  let left = limit;
  do {
    const page = await ledger.list({ limit: pageSize, cursor, filters });
    for (const { id, decisionId } of page.requests) {
      if (decisionId === undefined) continue;
      if (left === 0) return;
      left -= 1;
      yield id;
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

function add(sum: WindowReplay, one: DecisionReplay): void {
  sum.replayed += 1;
  if (one.same) sum.same += 1;
  else {
    sum.different += 1;
    if (one.replayedWith !== one.madeWith) sum.otherArtefact += 1;
    if (sum.first.length < firstMax) sum.first.push(one);
  }
  if (sum.whatIf !== undefined && one.whatIf !== undefined) compare(sum.whatIf, one.whatIf);
}

function compare(sum: WhatIfSum, { before, after }: { before: Outlook; after: Outlook }): void {
  if (before.answer !== after.answer) sum.changed += 1;
  count(sum, before.answer, 'before');
  count(sum, after.answer, 'after');
  if (before.costNano === undefined || after.costNano === undefined) return;
  if (before.loss === undefined || after.loss === undefined) return;
  sum.compared += 1;
  sum.before.costNano += before.costNano;
  sum.before.loss += before.loss;
  sum.after.costNano += after.costNano;
  sum.after.loss += after.loss;
}

function count({ answers }: WhatIfSum, answer: string, side: 'before' | 'after'): void {
  const counts = answers.get(answer) ?? { before: 0, after: 0 };
  counts[side] += 1;
  answers.set(answer, counts);
}

function emptySum(): WhatIfSum {
  return {
    compared: 0,
    changed: 0,
    before: { costNano: 0, loss: 0 },
    after: { costNano: 0, loss: 0 },
    answers: new Map(),
  };
}
