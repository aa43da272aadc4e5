import type { Deployment } from '../../catalog/index.ts';
import { gateAgain, type ReplayPredictors, type Snapshot } from '../../gateway/index.ts';
import { type KeyInfo, type Principal, principalOf } from '../../identity/index.ts';
import type { LedgerStore, RequestRecord } from '../../ledger/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import { type Decision, lengthQuestion, OutputLengths, planId, redecideAs } from '../../router/index.ts';
import { type Measured, measuredOf, type RatioRow, ratioOf } from '../stats/ratio.ts';
import type { ProofStore } from '../store.ts';
import { underOther } from './other-route.ts';
import { pairLoss } from './pair-loss.ts';

export interface WhatIfQuestion {
  route: string;
  /** Inclusive. */
  fromMs: number | undefined;
  /** Exclusive. */
  toMs: number | undefined;
  /** The newest so many decisions. */
  limit: number;
}

export interface WhatIfSources {
  ledger: Pick<LedgerStore, 'list' | 'get'>;
  proof: Pick<ProofStore, 'pairs'>;
  predictors: ReplayPredictors;
  /** As it is, for where deployments are that were called; undefined = not known. */
  current: Snapshot | undefined;
  other: Snapshot;
  /** Every key there is. */
  keys(): Promise<readonly KeyInfo[]>;
}

/** Before and after; counts of requests. */
export interface Counts {
  before: number;
  after: number;
}

export interface WhatIfReport {
  route: string;
  decisions: number;
  /** Recorded without what they were made of, or not readable by this version. */
  notReplayable: number;
  /** Decisions that would have gone elsewhere. */
  changed: number;
  /** No candidate of the other configuration could have served them. */
  refused: number;
  /** Both sides have a price and an estimate. */
  compared: number;
  /** As the router expects it, nano-USD in all; `ratio` = after over before, its interval by sessions. */
  cost: { beforeNano: number; afterNano: number; ratio: Measured | undefined };
  /** Mean expected loss against the reference of each side, 0..1: the router's estimate, not a measurement. */
  expectedLoss: { before: number; after: number };
  /** Mean loss as the route's pairs show it, where they have the answer that would have been given; undefined with fewer than two sessions, or another reference. */
  measured:
    | { pairs: number; notCovered: number; before: Measured | undefined; after: Measured | undefined }
    | undefined;
  /** By answer: a candidate, or a plan as `planId` writes it. */
  answers: { name: string; counts: Counts }[];
  /** By where requests would be processed, and by where the models come from. */
  processing: { name: string; counts: Counts }[];
  origin: { name: string; counts: Counts }[];
  /** Requests that would leave one place for another. */
  moved: { from: string; to: string; requests: number }[];
}

const pageSize = 200;
const pairsPage = 500;
const notStated = 'not stated';
export const whatIfMax = 100_000;

/** A key that is gone is taken to have been allowed all. */
const anybody: Principal = {
  keyId: 'key_gone',
  name: 'gone',
  role: 'caller',
  project: undefined,
  models: undefined,
  limits: {},
};

/** Makes the decisions of stored traffic again as another configuration would have made them. Nothing is called. Rejects with `invalid_request` where that has no such route. */
export async function whatIf(question: WhatIfQuestion, sources: WhatIfSources): Promise<WhatIfReport> {
  const route = sources.other.routes.get(question.route);
  if (route === undefined) {
    const names = [...sources.other.routes.keys()].join(', ') || 'no routes';
    throw new GatewayError(
      'invalid_request',
      `The other configuration has no route «${question.route}»; it has ${names}.`,
      { param: 'route' },
    );
  }
  const lengths = await learnedLengths(question, sources);
  const sum = new WhatIfSum(question.route, sources);
  const callers = new Map((await sources.keys()).map((key) => [key.id, principalOf(key)]));
  const decideAgain = async (record: RequestRecord): Promise<Decision | undefined> => {
    const { decision, inputs, keyId } = record;
    if (decision === undefined || inputs === undefined) return undefined;
    const replayWith = await sources.predictors.for(decision.artefact, true);
    const principal = callers.get(keyId) ?? anybody;
    const { policy } = sources.other;
    return redecideAs(decision, inputs, replayWith, (input) => {
      const gate = gateAgain(record, { principal, route, policy, nowMs: input.nowMs });
      return underOther(input, { route, gate, lengths });
    });
  };
  for await (const record of decidedRecords(question, sources.ledger)) {
    const after = await decideAgain(record);
    if (after === undefined) sum.notReplayable();
    else sum.add(record, after);
  }
  const reference = sources.current?.routes.get(question.route)?.reference.id;
  if (reference === undefined || reference === route.reference.id)
    await addPairs(sum, question, sources, decideAgain);
  return sum.report();
}

async function addPairs(
  sum: WhatIfSum,
  { route, fromMs, toMs }: WhatIfQuestion,
  { proof, ledger, other }: WhatIfSources,
  decideAgain: (record: RequestRecord) => Promise<Decision | undefined>,
): Promise<void> {
  const reference = other.routes.get(route)!.reference.id;
  let cursor: string | undefined;
  do {
    const page = await proof.pairs({ route, fromMs, toMs, cursor, limit: pairsPage });
    for (const pair of page.pairs) {
      const record = await ledger.get(pair.requestId);
      const after = record && (await decideAgain(record));
      if (after === undefined || pair.reference !== reference) continue;
      sum.addPair({
        session: pair.session,
        weight: 1 / pair.propensity,
        before: pairLoss(pair, record!.decision!),
        after: pairLoss(pair, after),
      });
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** How long answers were, by model and kind of work, as the window shows it. */
async function learnedLengths(
  question: WhatIfQuestion,
  { ledger, current, other }: WhatIfSources,
): Promise<OutputLengths> {
  const lengths = new OutputLengths();
  const deployments = new Map<string, Deployment>();
  for (const snapshot of [other, current])
    for (const route of snapshot?.routes.values() ?? [])
      for (const { deployment } of [route.reference, ...route.candidates])
        deployments.set(deployment.id, deployment);
  for await (const { decision, usage, deployment, attempts, outcome } of decidedRecords(question, ledger)) {
    const found = deployment === undefined ? undefined : deployments.get(deployment);
    if (found === undefined || decision === undefined || usage === undefined || outcome !== 'answered')
      continue;
    const effort = attempts.findLast((one) => one.deployment === deployment)?.effort ?? 'default';
    const asked = lengthQuestion({ deployment: found, effort }, decision.shape);
    if (usage.outputTokens > 0) lengths.observe({ ...asked, tokens: usage.outputTokens, whole: true });
  }
  return lengths;
}

async function* decidedRecords(
  { route, fromMs, toMs, limit }: WhatIfQuestion,
  ledger: Pick<LedgerStore, 'list' | 'get'>,
): AsyncGenerator<RequestRecord> {
  let cursor: string | undefined;
  let left = limit;
  do {
    const page = await ledger.list({ limit: pageSize, cursor, filters: { route, fromMs, toMs } });
    for (const { id, decisionId, simulated } of page.requests) {
      if (decisionId === undefined || simulated) continue;
      if (left === 0) return;
      left -= 1;
      const record = await ledger.get(id);
      if (record !== undefined) yield record;
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

interface Outlook {
  answer: string;
  costNano: number | undefined;
  loss: number | undefined;
  /** Who would be called first. */
  first: string;
}

/** Of what is called, which where the route only observes is not what is preferred. */
function outlookOf({ cascade, plan, candidates }: Decision): Outlook {
  const choice = plan[0]!;
  if (cascade !== undefined)
    return {
      answer: planId(cascade.plan),
      costNano: cascade.cost?.totalNano,
      loss: cascade.loss.mean,
      first: choice,
    };
  const one = candidates.find(({ candidate }) => candidate === choice);
  return { answer: choice, costNano: one?.cost?.totalNano, loss: one?.loss.mean, first: choice };
}

class WhatIfSum {
  readonly #route: string;
  readonly #places: Map<string, { processing: string; origin: string }>;
  #report = { decisions: 0, notReplayable: 0, changed: 0, refused: 0 };
  readonly #costs: RatioRow[] = [];
  #losses = { before: 0, after: 0 };
  readonly #answers = new Map<string, Counts>();
  readonly #processing = new Map<string, Counts>();
  readonly #origin = new Map<string, Counts>();
  readonly #moved = new Map<string, { from: string; to: string; requests: number }>();
  readonly #measured: { before: RatioRow[]; after: RatioRow[] } = { before: [], after: [] };
  #pairs = { pairs: 0, notCovered: 0 };

  constructor(route: string, { current, other }: WhatIfSources) {
    this.#route = route;
    this.#places = new Map();
    for (const snapshot of [current, other])
      for (const one of snapshot?.routes.values() ?? [])
        for (const { id, deployment } of [one.reference, ...one.candidates]) {
          const { provider, model } = deployment;
          this.#places.set(id, { processing: provider.processing ?? notStated, origin: model.origin });
        }
  }

  notReplayable(): void {
    this.#report.decisions += 1;
    this.#report.notReplayable += 1;
  }

  add({ decision, session, id }: RequestRecord, after: Decision): void {
    this.#report.decisions += 1;
    if (after.plan.length === 0) {
      this.#report.refused += 1;
      return;
    }
    const [was, is] = [outlookOf(decision!), outlookOf(after)];
    if (was.answer !== is.answer) this.#report.changed += 1;
    count(this.#answers, was.answer, is.answer);
    const unknown = { processing: notStated, origin: notStated };
    const [left, taken] = [was, is].map(({ first }) => this.#places.get(first) ?? unknown) as [
      typeof unknown,
      typeof unknown,
    ];
    count(this.#processing, left.processing, taken.processing);
    count(this.#origin, left.origin, taken.origin);
    if (left.processing !== taken.processing) this.#move(left.processing, taken.processing);
    if (was.costNano === undefined || is.costNano === undefined) return;
    if (was.loss === undefined || is.loss === undefined) return;
    this.#costs.push({ cluster: session ?? id, weight: 1, above: is.costNano, below: was.costNano });
    this.#losses.before += was.loss;
    this.#losses.after += is.loss;
  }

  addPair(pair: {
    session: string;
    weight: number;
    before: number | undefined;
    after: number | undefined;
  }): void {
    this.#pairs.pairs += 1;
    if (pair.after === undefined) this.#pairs.notCovered += 1;
    for (const side of ['before', 'after'] as const) {
      const loss = pair[side];
      if (loss !== undefined)
        this.#measured[side].push({
          cluster: pair.session,
          weight: pair.weight,
          above: loss,
          below: 1,
        });
    }
  }

  report(): WhatIfReport {
    const compared = this.#costs.length;
    const ratio = ratioOf(this.#costs);
    const measured = (rows: readonly RatioRow[]) => {
      const one = ratioOf(rows);
      return one && measuredOf(one);
    };
    const mean = (sum: number): number => (compared === 0 ? 0 : sum / compared);
    const sumOf = (side: 'above' | 'below') => this.#costs.reduce((all, one) => all + one[side], 0);
    return {
      route: this.#route,
      ...this.#report,
      compared,
      cost: { beforeNano: sumOf('below'), afterNano: sumOf('above'), ratio: ratio && measuredOf(ratio) },
      expectedLoss: { before: mean(this.#losses.before), after: mean(this.#losses.after) },
      measured:
        this.#pairs.pairs === 0
          ? undefined
          : {
              ...this.#pairs,
              before: measured(this.#measured.before),
              after: measured(this.#measured.after),
            },
      answers: listed(this.#answers),
      processing: listed(this.#processing),
      origin: listed(this.#origin),
      moved: [...this.#moved.values()].sort((a, b) => b.requests - a.requests),
    };
  }

  #move(from: string, to: string): void {
    const key = JSON.stringify([from, to]);
    const one = this.#moved.get(key) ?? { from, to, requests: 0 };
    one.requests += 1;
    this.#moved.set(key, one);
  }
}

function count(counts: Map<string, Counts>, before: string, after: string): void {
  for (const [name, side] of [
    [before, 'before'],
    [after, 'after'],
  ] as const) {
    const one = counts.get(name) ?? { before: 0, after: 0 };
    one[side] += 1;
    counts.set(name, one);
  }
}

function listed(counts: ReadonlyMap<string, Counts>): { name: string; counts: Counts }[] {
  return [...counts]
    .map(([name, each]) => ({ name, counts: each }))
    .sort((a, b) => b.counts.before + b.counts.after - a.counts.before - a.counts.after);
}
