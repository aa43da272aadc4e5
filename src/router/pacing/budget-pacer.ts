import { CostBias } from './cost-bias.ts';
import type { PacerMemory } from './pacer-memory.ts';
import { bestAt, type PacedOption, ResponseCurve } from './response-curve.ts';
import { dayStart, TrafficForecast } from './traffic-forecast.ts';

/**
 * Traffic that the rest of the day may bring, as multiples of what is expected, for which the money must do (`most`) and for which it must
 * still be spendable (`least`): a day may double or halve after any minute, and a first day is known by its last hour only. `within` bounds
 * both as shares of the way from the cheapest to the dearest: where candidates cost nearly the same no price can make up for a doubling, and
 * steering against it would only swing between the two. `steer` is how steeply spending answers beyond either.
 */
const hedges = {
  learned: { most: { times: 2, within: 0.3, steer: 3 }, least: { times: 0.4, within: 0.6, steer: 2 } },
  firstDay: { most: { times: 3, within: 0.3, steer: 3 }, least: { times: 0.3, within: 0.65, steer: 3 } },
} as const;
/** Share of the budget that may be missed for nothing: spending is not steered for less. */
const ease = 0.006;
/** Decisions whose cost is not known yet; of more the oldest is taken to have cost what was expected. */
const inFlightMax = 10_000;
/** Requests over which the curve is compared with what decisions really chose. */
const comparedRequests = 300;

/** What a decision was made of. */
export interface PacedDecision {
  options: readonly Omit<PacedOption, 'likelyNano'>[];
  /** Id of the option that was taken. */
  chosen: string;
  /** The price it traded at, as `lambdaUsd` gave it; undefined where something else decided. */
  lambdaUsd: number | undefined;
}

/** How a day's budget fares. */
export interface PacerView {
  dayStartMs: number;
  budgetNano: number;
  spentNano: number;
  /** Expected cost of what was decided and is not settled. */
  inFlightNano: number;
  requests: number;
  /** Undefined before the first decision. */
  lambdaUsd: number | undefined;
  /** What the whole day is expected to cost; undefined before the first decision. */
  forecastNano: number | undefined;
  /** Requests that the rest of the day is expected to bring. */
  requestsAhead: number;
  /** Whether the course of a usual day is known, or only the rate of late. */
  learned: boolean;
  /**
   * `under`: even the dearest way of answering everything leaves money over. `over`: even the cheapest way costs more than is left.
   * Neither can be helped by a price of quality.
   */
  reach: 'within' | 'under' | 'over';
}

interface InFlight {
  dayStartMs: number;
  chosen: string;
  costNano: number;
  likelyNano: number;
}

/**
 * Spends a budget over a UTC day where it buys the most quality: at one price of quality for all requests, moved only as far as what was spent and
 * what is expected change. For each decision it asks what the rest of the money allows the average request of the rest of the day to cost,
 * and looks up the price of quality at which it does. It never refuses: at price 0 the cheapest way answers.
 *
 * It keeps no clock: time is an argument, so a day can be replayed.
 */
export class BudgetPacer {
  private budgetNano: number;
  private dayStartMs: number;
  private spentNano = 0;
  private inFlightNano = 0;
  private readonly curve: ResponseCurve;
  private readonly traffic: TrafficForecast;
  private readonly bias: CostBias;
  /** Decayed sums of what decisions chose, and of what the curve foresaw at the price they were given. */
  private real: number;
  private foreseen: number;
  private readonly inFlight = new Map<string, InFlight>();

  constructor(budgetNano: number, nowMs: number, memory?: PacerMemory) {
    this.budgetNano = budgetNano;
    this.dayStartMs = dayStart(nowMs);
    this.curve = new ResponseCurve(memory?.curve);
    this.traffic = new TrafficForecast(nowMs, memory?.traffic);
    this.bias = new CostBias(memory?.bias);
    this.real = memory?.chosen.real ?? 0;
    this.foreseen = memory?.chosen.foreseen ?? 0;
    if (memory?.dayStartMs === this.dayStartMs) this.spentNano = memory.spentNano;
  }

  /** Something was decided already, so there is a price. */
  get ready(): boolean {
    return this.curve.known;
  }

  /** A new budget counts at once, for what is left of the day. */
  setBudget(budgetNano: number): void {
    this.budgetNano = budgetNano;
  }

  /** What the ledger knows of a day, where that is more than was remembered: after a crash, or with a neighbour on the same ledger. */
  learnSpent(dayStartMs: number, spentNano: number): void {
    if (dayStartMs === this.dayStartMs) this.spentNano = Math.max(this.spentNano, spentNano);
  }

  /** USD per whole answer of quality for a decision made now; undefined before anything was decided. */
  lambdaUsd(nowMs: number): number | undefined {
    this.advance(nowMs);
    return this.curve.known ? this.curve.lambdaFor(this.affordableNano(nowMs)) : undefined;
  }

  /** A decision was made and its calls begin. */
  began(id: string, decision: PacedDecision, nowMs: number): void {
    this.advance(nowMs);
    const options = decision.options.map((option) => ({
      ...option,
      likelyNano: option.costNano * this.bias.of(option.id),
    }));
    this.traffic.note(nowMs);
    const chosen = options.find((option) => option.id === decision.chosen);
    if (decision.lambdaUsd !== undefined && chosen !== undefined) {
      const keep = 1 - 1 / comparedRequests;
      this.real = this.real * keep + chosen.likelyNano;
      this.foreseen = this.foreseen * keep + bestAt(options, decision.lambdaUsd).likelyNano;
    }
    this.curve.note(options);
    if (chosen === undefined) return;
    const { costNano, likelyNano } = chosen;
    this.inFlight.set(id, { dayStartMs: this.dayStartMs, chosen: chosen.id, costNano, likelyNano });
    this.inFlightNano += likelyNano;
    if (this.inFlight.size <= inFlightMax) return;
    const oldest = this.inFlight.keys().next().value;
    if (oldest !== undefined) this.settled(oldest, undefined, nowMs);
  }

  /**
   * What became of it, seconds or minutes later; undefined where the cost is not known, which counts as expected. It belongs to the day it
   * began on. Of ids that are not in flight only the money counts; of those where nobody `answered`, nothing is learned.
   */
  settled(id: string, costNano: number | undefined, nowMs: number, answered = true): void {
    this.advance(nowMs);
    const begun = this.inFlight.get(id);
    if (begun === undefined) {
      this.spentNano += costNano ?? 0;
      return;
    }
    this.inFlight.delete(id);
    if (costNano !== undefined && answered) this.bias.note(begun.chosen, begun.costNano, costNano);
    if (begun.dayStartMs !== this.dayStartMs) return;
    this.inFlightNano = Math.max(0, this.inFlightNano - begun.likelyNano);
    this.spentNano += costNano ?? begun.likelyNano;
  }

  view(nowMs: number): PacerView {
    const lambdaUsd = this.lambdaUsd(nowMs);
    const requestsAhead = this.traffic.remaining(nowMs);
    const committedNano = this.spentNano + this.inFlightNano;
    const leftNano = this.budgetNano - committedNano;
    const forecastNano =
      lambdaUsd === undefined
        ? undefined
        : committedNano + requestsAhead * this.curve.spendAt(lambdaUsd) * this.chosenRatio();
    const reach = !this.curve.known
      ? 'within'
      : leftNano > requestsAhead * this.curve.dearestNano + ease * this.budgetNano
        ? 'under'
        : leftNano < requestsAhead * this.curve.cheapestNano - ease * this.budgetNano
          ? 'over'
          : 'within';
    return {
      dayStartMs: this.dayStartMs,
      budgetNano: this.budgetNano,
      spentNano: this.spentNano,
      inFlightNano: this.inFlightNano,
      requests: this.traffic.requestsToday,
      lambdaUsd,
      forecastNano,
      requestsAhead,
      learned: this.traffic.learned,
      reach,
    };
  }

  /** What a restart should know. */
  memory(): PacerMemory {
    return {
      version: 1,
      dayStartMs: this.dayStartMs,
      // What is in flight when a process ends is paid for, whatever its record says later.
      spentNano: this.spentNano + this.inFlightNano,
      curve: this.curve.memory(),
      traffic: this.traffic.memory(),
      bias: this.bias.memory(),
      chosen: { real: this.real, foreseen: this.foreseen },
    };
  }

  /**
   * What the average request of the rest of the day may cost, as the curve counts: what is left, shared evenly, but less where more traffic
   * than expected would exceed the budget even at the cheapest, and more where less traffic could not spend it even at the dearest.
   */
  private affordableNano(nowMs: number): number {
    const leftNano = this.budgetNano - this.spentNano - this.inFlightNano;
    const ahead = Math.max(0.5, this.traffic.remaining(nowMs));
    const { most, least } = this.traffic.learned ? hedges.learned : hedges.firstDay;
    const { cheapestNano, dearestNano } = this.curve;
    const spreadNano = Math.max(0, dearestNano - cheapestNano);
    const lowNano = ahead * Math.min(most.times * cheapestNano, cheapestNano + most.within * spreadNano);
    const highNano = ahead * Math.max(least.times * dearestNano, dearestNano - least.within * spreadNano);
    const easeNano = ease * this.budgetNano;
    const shortNano = Math.max(0, lowNano - easeNano - leftNano);
    const idleNano = Math.max(0, leftNano - easeNano - highNano);
    const shareNano = leftNano - most.steer * shortNano + least.steer * idleNano;
    return shareNano / ahead / this.chosenRatio();
  }

  /** How much more decisions choose to spend than the curve foresees, e.g. because they demand more than an expected gain. */
  private chosenRatio(): number {
    if (this.foreseen <= 0 || this.real <= 0) return 1;
    return Math.max(0.05, Math.min(20, this.real / this.foreseen));
  }

  private advance(nowMs: number): void {
    const today = dayStart(nowMs);
    if (today <= this.dayStartMs) return;
    this.dayStartMs = today;
    this.spentNano = 0;
    this.inFlightNano = 0;
  }
}
