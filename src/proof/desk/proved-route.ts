import type { BesideDeps, ProofTicket, ProvedRequest, RouteStance } from '../../gateway/index.ts';
import { type AttemptRecord, type RequestRecord, servedBy } from '../../ledger/index.ts';
import type { ChatAnswer } from '../../protocol/index.ts';
import { nanoPerUsd } from '../../std/index.ts';
import type { Cancellation } from '../../upstream/index.ts';
import type { FrozenPolicy } from '../lifecycle/state.ts';
import type { Capture, Pair } from '../pairs/pair.ts';
import { drawn } from '../sampling/draw.ts';
import { type Draw, Sampler } from '../sampling/sampler.ts';
import { EvidenceOrder } from './evidence-order.ts';
import { captureOf, type DrawnTicket, type GradeAnswers, type MadePair, makePair } from './make-pair.ts';
import { isCovered } from './population.ts';
import { proofRecord } from './proof-record.ts';
import { type ConfiguredRoute, RouteProof, type RouteProofTools } from './route-proof.ts';
import type { StoredRouteState } from './route-state.ts';
import type { WorkQueue } from './work-queue.ts';

export interface ProvedRouteTools extends Omit<RouteProofTools, 'labelShare'> {
  /** Of the installation: draws are foreseen by whoever holds it. */
  secret: Uint8Array;
  deps: BesideDeps;
  /** Shared by all routes. */
  queue: WorkQueue;
  grade(configured: ConfiguredRoute): GradeAnswers;
  cancellation: Cancellation;
  keepPair(pair: Pair, capture: Capture | undefined): Promise<void>;
  keepCapture(capture: Capture): void;
  /** The ledger takes what proving cost. */
  record(record: RequestRecord): Promise<void>;
  /** A pair that only teaches. */
  teach(pair: Pair, record: RequestRecord): void;
  /** How much worse than the reference's what a client got was, in the usual form of the route or in its canary. */
  served(variant: 'usual' | 'canary', loss: number, weight: number): void;
  failed(thrown: unknown): void;
}

const dayMs = 86_400_000;

/** One route that is being proved, between the requests as they are served and the evidence they leave. */
export class ProvedRoute {
  readonly proof: RouteProof;
  readonly #sampler: Sampler;
  readonly #order = new EvidenceOrder();
  readonly #tools: ProvedRouteTools;
  #grade: GradeAnswers;
  #turn = 0;

  constructor(configured: ConfiguredRoute, tools: ProvedRouteTools) {
    this.#tools = tools;
    this.#grade = tools.grade(configured);
    this.#sampler = new Sampler(configured.route.name, configured.settings, tools.secret);
    const labelShare = () => this.#sampler.labelShare(tools.clock.nowMs());
    this.proof = new RouteProof(configured, { ...tools, labelShare });
  }

  stance(): RouteStance {
    return this.proof.stance();
  }

  spentToday(): number {
    return this.#sampler.spentToday(this.#tools.clock.nowMs());
  }

  reconfigured(configured: ConfiguredRoute): void {
    this.#grade = this.#tools.grade(configured);
    this.#sampler.reconfigured(configured.settings);
    this.proof.reconfigured(configured);
  }

  state(): StoredRouteState {
    return this.proof.state(this.#sampler.state());
  }

  restore(stored: StoredRouteState, policies: readonly FrozenPolicy[]): void {
    this.#sampler.restore(stored.sampling);
    this.proof.restore(stored, policies);
  }

  /** A request that got the canary is no evidence for the route; some are compared with the reference, to see how the canary fares. */
  beginsCanary(begun: ProvedRequest): ProofTicket | undefined {
    const { route, decision, requestId } = begun;
    const { shareMax } = this.proof.configured.settings;
    const { canary } = this.proof.configured.route;
    if (canary?.route !== route || !isCovered(begun)) return undefined;
    // About as many as of the usual form are compared.
    const propensity = Math.min(1, shareMax / canary.share);
    const nowMs = this.#tools.clock.nowMs();
    const { propensityLeast } = this.#sampler.draw({ decision, unitId: requestId, certified: false }, nowMs);
    const isDrawn = drawn(this.#tools.secret, 'canary', [route.name, requestId]) < propensity;
    if (propensityLeast === 0 || !isDrawn) return undefined;
    return {
      wantsAnswer: true,
      over: (record, answer) => {
        if (record.outcome === 'answered' && answer !== undefined)
          this.#compare(begun, record, answer, propensity);
      },
    };
  }

  #compare(begun: ProvedRequest, record: RequestRecord, answer: ChatAnswer, propensity: number): void {
    const { ids, queue, clock } = this.#tools;
    const draw = { stratum: 'canary', propensity, propensityLeast: propensity, drawn: true, known: false };
    const pairId = ids('pair');
    const ticket = {
      begun,
      record,
      answer,
      draw,
      policy: undefined,
      pairId,
      turn: 0,
      anchor: undefined,
      servedOnly: true,
    };
    this.#sampler.began();
    const made = queue.add(async () => {
      const pair = await this.#make(ticket);
      if (pair !== undefined) this.#served('canary', pair);
    }, begun.request.bytes.byteLength);
    if (!made) this.#sampler.ended(0, clock.nowMs());
  }

  #served(variant: 'usual' | 'canary', pair: Pair): void {
    const served = pair.answers.find((one) => one.served);
    const loss = served?.candidate === pair.reference ? 0 : served?.loss;
    if (loss !== undefined) this.#tools.served(variant, loss, 1 / pair.propensity);
  }

  begins(begun: ProvedRequest): ProofTicket {
    const { decision } = begun;
    const { capture } = this.proof.configured.settings;
    const policy = this.proof.policy?.id;
    const captures = capture === 'all' && !begun.noStore && mayBeKept(begun);
    const counts =
      isCovered(begun) &&
      decision.ladder?.policy === policy &&
      !this.proof.isLearned(decision.shape.sessionKey);
    if (!counts) {
      return {
        wantsAnswer: captures,
        over: (record, answer) => {
          if (record.outcome === 'answered') this.#order.add(() => this.proof.uncovered());
          if (captures) this.#capture(begun, record, answer);
        },
      };
    }
    const certified = this.proof.stage === 'certified';
    const { sessionKey } = decision.shape;
    const { unit } = this.proof.configured.settings;
    const session = unit === 'session';
    const unitId = session ? sessionKey : begun.requestId;
    const own = this.#sampler.draw({ decision, unitId, session, certified }, this.#tools.clock.nowMs());
    const draw = { ...own, ...this.proof.drawOf(sessionKey) };
    const isPair = draw.drawn && !draw.known;
    return {
      wantsAnswer: isPair || captures,
      over: (record, answer) => {
        if (record.outcome !== 'answered') return;
        if (isPair) this.#take(begun, record, answer, draw, policy);
        else {
          this.#order.add(() => this.proof.answered(decision, draw, record.startedAtMs));
          if (captures) this.#capture(begun, record, answer);
        }
      },
    };
  }

  #take(
    begun: ProvedRequest,
    record: RequestRecord,
    answer: ChatAnswer | undefined,
    draw: Draw,
    policy: string | undefined,
  ): void {
    const { ids, clock, queue } = this.#tools;
    const pairId = ids('pair');
    const settle = this.#order.open();
    const isOurs = (): boolean => this.proof.policy?.id === policy;
    const lose = (): void =>
      settle(() => {
        this.proof.answered(begun.decision, draw, record.startedAtMs);
        if (isOurs()) this.proof.lost();
      });
    this.proof.drew();
    if (answer === undefined) {
      lose();
      return;
    }
    this.#turn += 1;
    const isSession = this.proof.configured.settings.unit === 'session';
    const about = isSession ? begun.decision.shape.sessionKey : pairId;
    const anchor = this.#sampler.anchor(about, clock.nowMs(), this.proof.policy?.labelShare);
    const ticket = { begun, record, answer, draw, policy, pairId, turn: this.#turn, anchor };
    this.#sampler.began();
    const made = queue.add(async () => {
      const pair = await this.#make(ticket);
      if (pair === undefined) {
        lose();
        return;
      }
      settle(() => {
        this.proof.answered(begun.decision, draw, record.startedAtMs);
        this.proof.paired(pair);
      });
      this.#served('usual', pair);
      if (pair.use === 'learn') this.#tools.teach(pair, record);
    }, begun.request.bytes.byteLength);
    if (made) return;
    this.#sampler.ended(0, clock.nowMs());
    lose();
  }

  /** Undefined where it came to nothing; whatever it cost is on record all the same. */
  async #make(ticket: DrawnTicket): Promise<Pair | undefined> {
    const { deps, cancellation, failed } = this.#tools;
    let made: MadePair = { pair: undefined, texts: [], calls: [] };
    let pair: Pair | undefined;
    try {
      made = await makePair(ticket, this.#grade, deps, cancellation);
      if (made.pair !== undefined) {
        if (ticket.servedOnly !== true) await this.#tools.keepPair(made.pair, this.#captureOf(ticket, made));
        pair = made.pair;
      }
    } catch (thrown) {
      failed(thrown);
    }
    await this.#settled(ticket, made.calls, pair).catch(failed);
    return pair;
  }

  async #settled(
    ticket: DrawnTicket,
    calls: readonly AttemptRecord[],
    pair: Pair | undefined,
  ): Promise<void> {
    const { clock, ids, record } = this.#tools;
    const nowMs = clock.nowMs();
    const known = calls.reduce((sum, { costNano }) => sum + (costNano ?? 0), 0);
    const isKnown = calls.every(({ costNano }) => costNano !== undefined);
    this.#sampler.ended(known / nanoPerUsd, nowMs);
    this.proof.spent(known);
    if (pair !== undefined && ticket.servedOnly !== true)
      this.#sampler.paired(pair.stratum, squareOf(pair), known / nanoPerUsd);
    if (calls.length === 0) return;
    const costNano = isKnown ? known : undefined;
    await record(
      proofRecord(ids('req'), ticket.record, calls, { costNano, isPair: pair !== undefined, nowMs }),
    );
  }

  #captureOf(ticket: DrawnTicket, { texts }: MadePair): Capture | undefined {
    const { capture, captureDays } = this.proof.configured.settings;
    if (capture === 'none' || !mayBeKept(ticket.begun)) return undefined;
    const answers: { [candidate: string]: ChatAnswer } = {};
    for (const { answer, text } of texts) if (text !== undefined) answers[answer.candidate] = text;
    return captureOf(ticket, answers, captureDays * dayMs);
  }

  #capture(begun: ProvedRequest, record: RequestRecord, answer: ChatAnswer | undefined): void {
    const served = servedBy(record);
    if (answer === undefined || served === undefined) return;
    const effort = served.effort === undefined ? '' : `#${served.effort}`;
    const answers = { [`${served.deployment}${effort}`]: answer };
    const keepMs = this.proof.configured.settings.captureDays * dayMs;
    this.#tools.keepCapture(captureOf({ begun, record, pairId: undefined }, answers, keepMs));
  }
}

/** Mean squared loss of the answers that were not the reference's: how much there was to be found out. */
function squareOf({ answers, reference }: Pair): number {
  const losses = answers.filter(({ candidate }) => candidate !== reference).map(({ loss }) => loss ?? 1);
  return losses.length === 0 ? 0 : losses.reduce((sum, loss) => sum + loss * loss, 0) / losses.length;
}

/** A pair is figures, which count wherever they are; its texts stay where the request may. */
const mayBeKept = ({ gate }: ProvedRequest): boolean => gate.keepRefusal('capture') === undefined;
