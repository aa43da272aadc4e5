import type { Candidate } from '../../catalog/index.ts';
import { type BesideDeps, callBeside, type ProvedRequest } from '../../gateway/index.ts';
import { type AttemptRecord, type RequestRecord, servedBy } from '../../ledger/index.ts';
import type { ChatAnswer } from '../../protocol/index.ts';
import { answerFaults, faultTable } from '../../router/index.ts';
import type { Cancellation } from '../../upstream/index.ts';
import type { PairAnswer } from '../pairs/pair.ts';
import { costOfAll } from './judge-caller.ts';

/** A drawn request that is over. */
export interface DrawnRequest extends ProvedRequest {
  record: RequestRecord;
  /** What the client got. */
  answer: ChatAnswer;
  /** Whose answers make it a pair, beside the reference: candidates of the route. */
  wanted: Candidate[];
}

/** One answer of a pair with its text, which is kept only as long as it is graded, or where the route has it captured. */
export interface PairText {
  answer: PairAnswer;
  text: ChatAnswer | undefined;
}

export interface CompletedPair {
  /** The reference's first. */
  answers: PairText[];
  /** Of the calls that were made for it. */
  records: AttemptRecord[];
}

/** Why a drawn request is no pair; it counts as lost, which is told. */
export type Incomplete = 'reference-failed' | 'not-allowed' | 'cancelled';

/** Asks whoever has not answered the request what they would have answered. The same policy decides who may see it as for the request itself. */
export async function completePair(
  drawn: DrawnRequest,
  deps: BesideDeps,
  cancellation: Cancellation,
): Promise<CompletedPair | { incomplete: Incomplete; records: AttemptRecord[] }> {
  const { route, gate, wanted } = drawn;
  const reference = route.reference;
  const all = [reference, ...wanted.filter(({ id }) => id !== reference.id)];
  const candidates = all.map((candidate) => ({ candidate, calledAs: route.name }));
  if (gate.admit(candidates, 'shadow').allowed.length < all.length)
    return { incomplete: 'not-allowed', records: [] };
  const answers = await Promise.all(all.map((candidate) => answerOf(candidate, drawn, deps, cancellation)));
  const records = answers.flatMap((one) => one.records);
  if (cancellation.cancelled) return { incomplete: 'cancelled', records };
  const [first] = answers;
  if (first === undefined || first.text.answer.outcome === 'failed')
    return { incomplete: 'reference-failed', records };
  return { answers: answers.map((one) => one.text), records };
}

interface Answered {
  text: PairText;
  records: AttemptRecord[];
}

async function answerOf(
  candidate: Candidate,
  drawn: DrawnRequest,
  deps: BesideDeps,
  cancellation: Cancellation,
): Promise<Answered> {
  const served = servedAnswer(candidate, drawn);
  if (served !== undefined) return { text: served, records: [] };
  const { request, requestId, snapshot, clientHeaders } = drawn;
  const plan = [candidate];
  const { outcome, records } = await callBeside(
    { request, plan, requestId, role: 'shadow', clientHeaders, snapshot, cancellation },
    deps,
  );
  const call = records.at(-1);
  const cost = { costNano: costOfAll(records), outputTokens: call?.usage?.outputTokens };
  const head = { ...named(candidate), served: false, ...cost, ...ungraded };
  if (outcome.kind !== 'answered') {
    // On the route the next in line would have answered: the reference.
    return { text: { answer: { ...head, outcome: 'failed', faults: ['failed'] }, text: undefined }, records };
  }
  const faults = faultsOf(candidate, outcome.answer, drawn);
  return { text: { answer: { ...head, outcome: 'answered', faults }, text: outcome.answer }, records };
}

/** What is known of the candidate from serving the request: its answer, or that its answer was not good enough to be given out. */
function servedAnswer(candidate: Candidate, drawn: DrawnRequest): PairText | undefined {
  const { record, answer } = drawn;
  const attempt = servedBy(record);
  if (attempt !== undefined && isOf(candidate, attempt)) {
    const { costNano, usage } = attempt;
    const head = {
      ...named(candidate),
      served: true,
      costNano,
      outputTokens: usage?.outputTokens,
      ...ungraded,
    };
    return {
      answer: { ...head, outcome: 'answered', faults: faultsOf(candidate, answer, drawn) },
      text: answer,
    };
  }
  const faults = record.cascade?.faults[candidate.id];
  const wasRejected =
    record.cascade?.escalated === true && record.attempts.some((one) => isOf(candidate, one));
  if (!wasRejected) return undefined;
  const head = {
    ...named(candidate),
    served: false,
    costNano: undefined,
    outputTokens: undefined,
    ...ungraded,
  };
  return {
    answer: { ...head, outcome: 'answered', faults: faults?.length ? faults : ['escalated'] },
    text: undefined,
  };
}

/** At whichever deployment of its model: those are the same to a route. */
function isOf(
  { deployment, effort }: Candidate,
  attempt: Pick<AttemptRecord, 'model' | 'effort' | 'outcome'>,
): boolean {
  return (
    attempt.outcome === 'answered' &&
    attempt.model === deployment.model.id &&
    (attempt.effort ?? 'default') === effort
  );
}

/** What would have kept the answer from the client: whatever the route checks; without checks only what no client can use. */
function faultsOf(
  candidate: Candidate,
  answer: ChatAnswer,
  { request, route, decision }: DrawnRequest,
): string[] {
  if (candidate.id === route.reference.id) return [];
  const isChecked =
    route.cascade.checks && request.choices === 1 && (!request.stream || route.cascade.holdMs > 0);
  const faults = answerFaults(answer, request, decision.shape);
  if (isChecked) return faults;
  return request.stream ? [] : faults.filter((code) => faultTable[code] === 'broken');
}

const named = ({ id, deployment }: Candidate) => ({
  candidate: id,
  deployment: deployment.id,
  model: deployment.model.id,
});

const ungraded = { loss: undefined, grade: undefined };
