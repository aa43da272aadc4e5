import type { Candidate } from '../../catalog/index.ts';
import type { BesideDeps, ProvedRequest } from '../../gateway/index.ts';
import { type AttemptRecord, type RequestRecord, servedBy } from '../../ledger/index.ts';
import type { ChatAnswer } from '../../protocol/index.ts';
import { stepAt } from '../../router/index.ts';
import type { Cancellation } from '../../upstream/index.ts';
import type { Capture, Pair, PairAnswer } from '../pairs/pair.ts';
import type { Draw } from '../sampling/sampler.ts';
import { completePair, type DrawnRequest, type PairText } from './complete-pair.ts';
import type { JudgeContext } from './judge-caller.ts';
import { teachersOf } from './population.ts';

/** Says how good answers are beside the reference's; `unavailable` where whoever judges could not be asked. */
export type GradeAnswers = (
  drawn: DrawnRequest,
  answers: readonly PairText[],
  context: JudgeContext,
) => Promise<{ kind: 'graded'; answers: PairAnswer[] } | { kind: 'unavailable' }>;

/** A request that was drawn and answered. */
export interface DrawnTicket {
  begun: ProvedRequest;
  record: RequestRecord;
  answer: ChatAnswer;
  draw: Draw;
  /** Policy that it was drawn under. */
  policy: string | undefined;
  pairId: string;
  /** Grows with every pair of the route. */
  turn: number;
  anchor: { propensity: number; drawn: boolean } | undefined;
  /** Only whoever answered is compared with the reference. */
  servedOnly?: boolean | undefined;
}

export interface MadePair {
  /** Undefined = it was lost. */
  pair: Pair | undefined;
  texts: readonly PairText[];
  /** Every call that was made for it, pair or not. */
  calls: AttemptRecord[];
}

/** Whose answers tell something of the request: everyone that a rung would call, or, while the route learns, whoever teaches most. */
function wantedOf({ begun, turn, servedOnly, record }: DrawnTicket): Candidate[] {
  const { decision, route } = begun;
  if (servedOnly === true) {
    const served = servedBy(record);
    return route.candidates.filter(
      ({ id, deployment, effort }) =>
        id !== route.reference.id &&
        deployment.model.id === served?.model &&
        effort === (served.effort ?? 'default'),
    );
  }
  const ids = new Set(
    decision.ladder === undefined
      ? teachersOf(decision, turn)
      : decision.ladder.steps.map(({ candidate }) => candidate),
  );
  return route.candidates.filter(({ id }) => ids.has(id) && id !== route.reference.id);
}

/** Has the missing answers asked for and graded. Rejects only with faults of ours. */
export async function makePair(
  ticket: DrawnTicket,
  grade: GradeAnswers,
  deps: BesideDeps,
  cancellation: Cancellation,
): Promise<MadePair> {
  const { begun, record, answer } = ticket;
  const drawn: DrawnRequest = { ...begun, record, answer, wanted: wantedOf(ticket) };
  const calls: AttemptRecord[] = [];
  const completed = await completePair(drawn, deps, cancellation);
  calls.push(...completed.records);
  if ('incomplete' in completed) return { pair: undefined, texts: [], calls };
  const graded = await grade(drawn, completed.answers, {
    requestId: record.id,
    gate: begun.gate,
    snapshot: begun.snapshot,
    cancellation,
    noted: (records) => calls.push(...records),
  });
  if (graded.kind === 'unavailable') return { pair: undefined, texts: completed.answers, calls };
  return { pair: pairOf(ticket, graded.answers), texts: completed.answers, calls };
}

function pairOf({ begun, record, draw, policy, pairId, anchor }: DrawnTicket, answers: PairAnswer[]): Pair {
  const { decision, route } = begun;
  const { ladder, shape } = decision;
  return {
    id: pairId,
    route: route.name,
    requestId: record.id,
    session: shape.sessionKey,
    atMs: record.startedAtMs,
    policy,
    use: policy === undefined ? 'learn' : 'test',
    stratum: draw.stratum,
    propensity: draw.propensity,
    propensityLeast: draw.propensityLeast,
    language: shape.language,
    task: shape.task,
    reference: route.reference.id,
    rungs:
      ladder === undefined
        ? []
        : Array.from({ length: ladder.rungs }, (_, rung) => stepAt(ladder, rung) ?? route.reference.id),
    answers,
    anchorPropensity: anchor?.drawn === true ? anchor.propensity : undefined,
    simulated: record.simulated,
  };
}

/** The texts of a request and of the answers to it, as they are kept where the route has it so. */
export function captureOf(
  { begun, record, pairId }: Pick<DrawnTicket, 'begun' | 'record'> & { pairId: string | undefined },
  answers: { [candidate: string]: ChatAnswer },
  keepMs: number,
): Capture {
  return {
    requestId: record.id,
    route: begun.route.name,
    pairId,
    dialect: begun.request.dialect,
    atMs: record.startedAtMs,
    expiresAtMs: record.startedAtMs + keepMs,
    request: Buffer.from(begun.request.bytes).toString('utf8'),
    answers: Object.fromEntries(
      Object.entries(answers).map(([candidate, answer]) => [candidate, JSON.stringify(answer)]),
    ),
  };
}
