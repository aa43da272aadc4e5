import type { Principal } from '../../identity/index.ts';
import { type LedgerStore, type RequestRecord, servedBy } from '../../ledger/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import { type CandidateFacts, modelKey, ownKey } from '../../router/index.ts';
import type { GatewayDeps } from '../gateway.ts';
import type { GradedOutcome, StoredCounts } from './outcome-store.ts';
import { type DecidedAbout, decidedAbout, encodeSubject, predictedModel } from './subject.ts';

/** How the answer to one request turned out, or several models' answers to it. */
export interface Feedback {
  /** One of the two. */
  requestId?: string | undefined;
  decisionId?: string | undefined;
  /** 0..1, of the model that answered, or of `model`. */
  score?: number | undefined;
  /** A candidate, deployment or model of the decision. */
  model?: string | undefined;
  /** By model: answers of several to the same request. */
  scores?: { readonly [model: string]: number } | undefined;
  source?: string | undefined;
  /** What somebody made of the answer before using it. */
  edit?: string | undefined;
  /** In their own words. */
  comment?: string | undefined;
}

/** What was said of an answer in words. */
export interface FeedbackNote {
  requestId: string;
  route: string | undefined;
  /** Key that gave it. */
  by: string;
  source: string;
  comment: string | undefined;
  edit: string | undefined;
  atMs: number;
}

/** The texts of answers, where a route keeps them, and what people say of them. */
export interface FeedbackTexts {
  /** How much of each kept answer is left in the edit, 0..1, by candidate; undefined where the route keeps no texts of the request. */
  kept(requestId: string, edit: string): Promise<{ [candidate: string]: number } | undefined>;
  /** An edit is kept for as long as the texts of its request. */
  note(note: FeedbackNote): Promise<void>;
}

export interface FeedbackTaken extends StoredCounts {
  /** What could not be taken, by its place in what was given. */
  rejected: { index: number; error: GatewayError }[];
}

type FeedbackDeps = Pick<GatewayDeps, 'ledger' | 'outcomes' | 'clock' | 'snapshot'> & {
  ledgerStore: LedgerStore;
  texts?: FeedbackTexts | undefined;
};

const defaultSource = 'feedback';

/**
 * Takes feedback: each piece stands for itself, and what is taken is learned from before this resolves. Rejects with `store_unavailable`.
 */
export async function giveFeedback(
  given: readonly Feedback[],
  principal: Principal,
  deps: FeedbackDeps,
): Promise<FeedbackTaken> {
  await deps.ledger.flush();
  const outcomes: GradedOutcome[] = [];
  const rejected: FeedbackTaken['rejected'] = [];
  for (const [index, feedback] of given.entries()) {
    try {
      outcomes.push(...(await outcomesOf(feedback, principal, deps)));
    } catch (thrown) {
      if (!(thrown instanceof GatewayError) || thrown.code === 'store_unavailable') throw thrown;
      rejected.push({ index, error: thrown });
    }
  }
  const counts =
    outcomes.length === 0 ? { added: 0, unchanged: 0, changed: 0 } : await deps.outcomes.take(outcomes);
  return { ...counts, rejected };
}

async function outcomesOf(
  feedback: Feedback,
  principal: Principal,
  deps: FeedbackDeps,
): Promise<GradedOutcome[]> {
  const record = await recordOf(feedback, deps.ledgerStore);
  // The same answer for «absent» and «not yours»: ids are never authority.
  if (record === undefined || (principal.role !== 'admin' && record.keyId !== principal.keyId)) {
    throw new GatewayError('not_found', 'There is no request or decision with this id.');
  }
  if (principal.role !== 'admin') requireTrust(record, deps);
  const about = decidedAbout(record);
  const grades = await gradesOf(feedback, record, about, deps.texts);
  const source = feedback.source ?? defaultSource;
  const atMs = deps.clock.nowMs();
  const { edit, comment } = feedback;
  if (edit !== undefined || comment !== undefined)
    await deps.texts?.note({
      requestId: record.id,
      route: record.route,
      by: principal.keyId,
      source,
      comment,
      edit,
      atMs,
    });
  return grades.map(([candidate, score]) => outcomeOf(record, about, { candidate, score, source, atMs }));
}

/** Answers to one request as they were graded, 0..1, ready to be learned from. Throws `invalid_request` where nothing can be. */
export function gradedOutcomes(
  record: RequestRecord,
  scores: { readonly [candidate: string]: number },
  source: string,
  atMs: number,
): GradedOutcome[] {
  const about = decidedAbout(record);
  return Object.entries(scores).map(([name, score]) =>
    outcomeOf(record, about, { candidate: candidateNamed(name, about), score, source, atMs }),
  );
}

function outcomeOf(
  record: RequestRecord,
  about: DecidedAbout,
  { candidate, ...graded }: Pick<GradedOutcome, 'score' | 'source' | 'atMs'> & { candidate: CandidateFacts },
): GradedOutcome {
  return {
    requestId: record.id,
    model: ownKey(predictedModel(candidate)),
    ...graded,
    subject: encodeSubject(about, candidate),
  };
}

async function recordOf(
  { requestId, decisionId }: Feedback,
  store: LedgerStore,
): Promise<RequestRecord | undefined> {
  if (requestId !== undefined) return store.get(requestId);
  return decisionId === undefined ? undefined : store.findByDecision(decisionId);
}

/** Grades move the routing of everybody on the route, so a caller's count only where the operator says so. */
function requireTrust({ route }: RequestRecord, { snapshot }: FeedbackDeps): void {
  if (route !== undefined && snapshot().routes.get(route)?.feedbackFrom === 'callers') return;
  throw new GatewayError(
    'forbidden',
    'Feedback moves the routing of all callers, so this route takes it from admin keys only: use one, or set `feedback_from: callers` on the route.',
  );
}

async function gradesOf(
  { score, model, scores, edit, comment }: Feedback,
  record: RequestRecord,
  about: DecidedAbout,
  texts: FeedbackTexts | undefined,
): Promise<[CandidateFacts, number][]> {
  if (scores !== undefined)
    return Object.entries(scores).map(([name, each]) => [candidateNamed(name, about), each]);
  if (score === undefined && edit !== undefined) {
    const kept = await texts?.kept(record.id, edit);
    if (kept !== undefined)
      return Object.entries(kept).map(([name, each]) => [candidateNamed(name, about), each]);
    throw new GatewayError(
      'invalid_request',
      'No texts of this request are kept that the edit could be compared with: give a `score` too, or set `capture` on the route.',
      { param: 'edit' },
    );
  }
  if (score === undefined && comment !== undefined) return [];
  if (score === undefined)
    throw new GatewayError('invalid_request', 'Give `score`, `right`, `scores`, `edit` or `comment`.');
  return [[model === undefined ? candidateThatAnswered(record, about) : candidateNamed(model, about), score]];
}

function candidateThatAnswered(
  record: RequestRecord,
  { candidates, reference }: DecidedAbout,
): CandidateFacts {
  const attempt = record.deployment === undefined ? undefined : servedBy(record);
  const answered = [...candidates, reference].find(
    ({ deployment, effort }) =>
      deployment.id === attempt?.deployment && effort === (attempt.effort ?? 'default'),
  );
  if (answered !== undefined) return answered;
  throw new GatewayError(
    'invalid_request',
    'No model answered this request: name the `model` that is graded.',
    {
      param: 'model',
    },
  );
}

function candidateNamed(name: string, { candidates, reference }: DecidedAbout): CandidateFacts {
  const all = [reference, ...candidates];
  const key = modelKey(name);
  const named =
    all.find(({ id }) => id === name) ??
    all.find(({ deployment, effort }) => deployment.id === name && effort === 'default') ??
    all.find((candidate) => ownKey(predictedModel(candidate)) === key);
  if (named !== undefined) return named;
  const names = [...new Set(all.map(({ id }) => id))].slice(0, namesShownMax).join(', ');
  throw new GatewayError('invalid_request', `The decision knew no such model. It was among ${names}.`, {
    param: 'model',
  });
}

const namesShownMax = 10;
