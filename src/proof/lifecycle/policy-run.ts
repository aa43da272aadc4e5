import type { FrozenKnowledge } from '../../gateway/index.ts';
import type { Decision, Ladder, LadderSteps } from '../../router/index.ts';
import { LiveTest } from '../drift/live-test.ts';
import { LabelOrder, type ReadyUnit } from '../labels/label-order.ts';
import { withLosses } from '../labels/labelled.ts';
import { excessOf } from '../pairs/excess.ts';
import type { Pair } from '../pairs/pair.ts';
import type { RouteProofSettings } from '../route-settings.ts';
import { LadderTest } from '../stats/ladder-test.ts';
import { RectifiedTest } from '../stats/rectified-test.ts';
import { pairEvidence } from '../units/pair-unit.ts';
import { RequestUnits } from '../units/request-units.ts';
import { SessionUnits, type UnitDraw } from '../units/session-units.ts';
import type { KnownUnit, TestUnit } from '../units/unit.ts';
import { RouteCosts } from './route-costs.ts';
import type { FrozenPolicy } from './state.ts';

/** Of a policy's share of error, what the test of its certificate may spend; the alarm has the same again beside it. */
const alarmDelta = 0.05;

interface RunState {
  test: unknown;
  costs: unknown;
  live: unknown;
  watched: number | undefined;
  units: unknown;
  waiting: unknown;
  drawnUnits: number;
}

/** A frozen policy while it is tested: the evidence for each of its rungs, what each would cost, and from its certificate on whether it still holds. */
export class PolicyRun {
  readonly policy: FrozenPolicy;
  readonly frozen: FrozenKnowledge;
  readonly test: LadderTest;
  /** Where people correct the judge. */
  readonly rectified: RectifiedTest | undefined;
  readonly costs: RouteCosts;
  readonly learned: ReadonlySet<string>;
  readonly #units: RequestUnits | SessionUnits;
  readonly #order: LabelOrder;
  #live: LiveTest | undefined;
  #watched: number | undefined;
  #drawnUnits = 0;

  constructor(
    policy: FrozenPolicy,
    frozen: FrozenKnowledge,
    { unit, idleMs }: Pick<RouteProofSettings, 'unit' | 'idleMs'>,
  ) {
    const { allowances, quality, delta, labelShare } = policy;
    const rungs = allowances.length;
    const options = { rungs, quality, delta };
    this.policy = policy;
    this.frozen = frozen;
    this.rectified = labelShare === undefined ? undefined : new RectifiedTest(options, labelShare);
    this.test = this.rectified?.ladder ?? new LadderTest(options);
    this.costs = new RouteCosts(rungs);
    this.learned = new Set(policy.learnedSessions);
    this.#order = new LabelOrder((ready) => this.#count(ready));
    const emit = (one: TestUnit): void => this.#order.add(one);
    this.#units =
      unit === 'request' ? new RequestUnits(rungs, emit) : new SessionUnits({ rungs, quality, idleMs }, emit);
  }

  ladder(rung: number | undefined): Ladder {
    const { id, allowances } = this.policy;
    return { policy: id, allowances, ...(rung !== undefined && { rung }) };
  }

  /** The rung that is certified now; undefined = none. */
  get rung(): number | undefined {
    const { certified } = this.test;
    return certified === 0 ? undefined : certified - 1;
  }

  /** From now on it is watched whether this rung keeps what was certified. */
  watch(rung: number): void {
    this.#watched = rung;
    this.#live ??= new LiveTest({ quality: this.policy.quality, delta: alarmDelta });
  }

  get watched(): boolean {
    return this.#live !== undefined;
  }

  get alarmed(): boolean {
    return this.#live?.alarmed ?? false;
  }

  /** How the session was drawn, where it goes on. */
  drawOf(session: string): UnitDraw | undefined {
    return this.#units.drawOf(session);
  }

  /** An answered request that the policy speaks of. Rungs that call the reference lose nothing, and need no pair to tell. */
  answered(decision: Decision, ladder: LadderSteps, draw: UnitDraw, atMs: number): void {
    this.costs.add(decision, ladder);
    const known = knownRungs(ladder, decision.reference);
    this.#units.answered(decision.shape.sessionKey, draw, known, atMs);
  }

  /** Its pair; false where an answer that counts could not be graded. */
  paired(pair: Pair): boolean {
    const evidence = pairEvidence(pair, this.policy.quality);
    if (this.rectified === undefined) evidence.labels = undefined;
    this.#units.paired(pair, evidence);
    return !evidence.ungraded;
  }

  /** People have said what they think of all its answers that a judge had graded. */
  labelled(pair: Pair, losses: ReadonlyMap<string, number>): void {
    this.#order.labelled(pair.id, excessOf(withLosses(pair, losses), this.policy.quality).rungs);
  }

  /** Sessions that are over by now count, and so do labels that were asked for before a time and never came. */
  due(nowMs: number, askedBeforeMs: number): void {
    this.#units.over(nowMs);
    this.#order.expire(askedBeforeMs);
  }

  /** Pairs that wait for a label, the first first. */
  get openLabels(): string[] {
    return this.#order.open;
  }

  /** Drawn units that wait for labels, theirs or of one before them. */
  get waitingUnits(): number {
    return this.#order.waiting;
  }

  /** Sessions or pairs that were counted. */
  get drawnUnits(): number {
    return this.#drawnUnits;
  }

  #count(unit: KnownUnit | ReadyUnit): void {
    const rung = this.#watched;
    const scale = this.#liveScale(rung);
    if (unit.kind === 'known') {
      const { least, rungs, times } = unit;
      for (let i = 0; i < times; i++) {
        this.test.addKnown(least, rungs);
        if (rung !== undefined && rung < rungs) this.#live?.addKnown(least, scale);
      }
      return;
    }
    const { weight, from, judged, exact, person } = unit;
    this.#drawnUnits += 1;
    let excess: ArrayLike<number> = judged;
    if (this.rectified === undefined) this.test.add(weight, judged, from);
    else {
      const said = person && { excess: person };
      excess = this.rectified.add(weight, judged, from, this.policy.labelShare!, said, exact);
    }
    if (rung !== undefined && rung >= from) this.#live?.add(weight, scale * excess[rung]!);
  }

  /** Labels spread an excess out; the alarm bets on what lies between its own bounds. */
  #liveScale(rung: number | undefined): number {
    if (this.rectified === undefined || rung === undefined) return 1;
    const { quality } = this.policy;
    return Math.min(1, ((2 - quality) * quality) / (2 * this.rectified.top(rung)));
  }

  state(): RunState {
    return {
      test: (this.rectified ?? this.test).state(),
      costs: this.costs.state(),
      live: this.#live?.state(),
      watched: this.#watched,
      units: this.#units.state(),
      waiting: this.#order.state(),
      drawnUnits: this.#drawnUnits,
    };
  }

  /** False where the value is no state of such a run. */
  restore(value: unknown): boolean {
    const { test, costs, live, watched, units, waiting, drawnUnits } = (value ?? {}) as Partial<RunState>;
    if (!(this.rectified ?? this.test).restore(test) || !this.costs.restore(costs)) return false;
    if (!this.#units.restore(units) || !this.#order.restore(waiting)) return false;
    this.#drawnUnits = drawnUnits ?? 0;
    if (live === undefined || watched === undefined) return live === undefined;
    this.watch(watched);
    return this.#live!.restore(live);
  }
}

/** How many rungs, from the first, would call the reference. */
function knownRungs({ steps, rungs }: LadderSteps, reference: string): number {
  return steps.find(({ candidate }) => candidate !== reference)?.rung ?? rungs;
}
