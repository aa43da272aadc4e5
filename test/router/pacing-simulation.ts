import { BudgetPacer } from '../../src/router/pacing/budget-pacer.ts';
import { type PacerMemory, readPacerMemory } from '../../src/router/pacing/pacer-memory.ts';

/** One request of a simulated day: what the decision sees of it, and what comes of each choice. */
export interface SimulatedAsk {
  /** The cheap candidate, then the reference. */
  options: [SimulatedOption, SimulatedOption];
}

export interface SimulatedOption {
  /** As the decision estimates it, nano-USD. */
  expectedNano: number;
  actualNano: number;
  /** As predicted, and its upper bound. */
  loss: number;
  lossHigh: number;
  /** 0..1, as it turns out. */
  score: number;
}

export interface Arrival {
  atMs: number;
  ask: SimulatedAsk;
  /** From the decision until the cost is known. */
  settleMs: number;
}

export interface TrafficPlan {
  /** Requests of an even day. */
  requests: number;
  /** 0 = even; 0.8 = the busiest hour has nine times the traffic of the quietest. */
  swing: number;
  /** Hour (UTC) of the peak. */
  peakHour: number;
  /** Bursts of three to fifteen minutes with eight times the traffic. */
  bursts: number;
  /** From `atHour` on traffic is multiplied. */
  change?: { atHour: number; factor: number } | undefined;
  /** Spread of the day's level, as standard deviation of its logarithm. */
  levelSpread: number;
  /** Difficulty drifts over the day: asks come in an order from easy to hard. */
  drift: boolean;
}

export const ordinaryDay: TrafficPlan = {
  requests: 8_000,
  swing: 0.75,
  peakHour: 13,
  bursts: 6,
  levelSpread: 0.1,
  drift: false,
};

/** A small, fast generator with a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function normalOf(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Requests of one UTC day, in order. `draw` makes an ask; `hardness` (0..1 over the day) is given where difficulty drifts. */
export function arrivalsOf(
  plan: TrafficPlan,
  dayStartMs: number,
  random: () => number,
  draw: (hardness: number | undefined) => SimulatedAsk,
): Arrival[] {
  const level = Math.exp(plan.levelSpread * normalOf(random));
  const bursts = Array.from({ length: plan.bursts }, () => {
    const from = random() * 1440;
    return { from, to: from + 3 + 12 * random() };
  });
  const arrivals: Arrival[] = [];
  for (let minute = 0; minute < 1440; minute++) {
    const hour = minute / 60;
    let rate = (plan.requests / 1440) * level;
    rate *= 1 + plan.swing * Math.cos((2 * Math.PI * (hour - plan.peakHour)) / 24);
    if (bursts.some(({ from, to }) => minute >= from && minute < to)) rate *= 8;
    if (plan.change !== undefined && hour >= plan.change.atHour) rate *= plan.change.factor;
    for (let left = poisson(rate, random); left > 0; left--) {
      const atMs = dayStartMs + Math.floor((minute + random()) * minuteMs);
      const settleMs = Math.min(600_000, 4_000 * Math.exp(1.2 * normalOf(random)));
      arrivals.push({ atMs, settleMs, ask: draw(plan.drift ? minute / 1440 : undefined) });
    }
  }
  return arrivals.sort((a, b) => a.atMs - b.atMs);
}

function poisson(mean: number, random: () => number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normalOf(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}

/** What the choices of a day came to. */
export interface DayResult {
  requests: number;
  spentNano: number;
  /** Mean score. */
  quality: number;
}

/** Picks an option of an ask at a price of quality. */
export type Rule = (ask: SimulatedAsk, lambdaUsd: number) => 0 | 1;

/** Least expected cost + price × expected loss. */
export const expectedRule: Rule = ({ options: [cheap, reference] }, lambdaUsd) =>
  cheap.expectedNano + lambdaUsd * 1e9 * cheap.loss <= reference.expectedNano ? 0 : 1;

/** The same with the upper bound of the loss: it spends more at a price than the pacer foresees. */
export const carefulRule: Rule = ({ options: [cheap, reference] }, lambdaUsd) =>
  cheap.expectedNano + lambdaUsd * 1e9 * cheap.lossHigh <= reference.expectedNano ? 0 : 1;

export function choiceResult(
  arrivals: Arrival[],
  pick: (arrival: Arrival, index: number) => 0 | 1,
): DayResult {
  let spentNano = 0;
  let score = 0;
  arrivals.forEach((arrival, i) => {
    const taken = arrival.ask.options[pick(arrival, i)];
    spentNano += taken.actualNano;
    score += taken.score;
  });
  return { requests: arrivals.length, spentNano, quality: score / Math.max(1, arrivals.length) };
}

/** A whole day under the pacer: costs are settled late, decisions are made with what is known by then. */
export function pacedDay(pacer: BudgetPacer, arrivals: Arrival[], rule: Rule = expectedRule): DayResult {
  const due = new DueCosts();
  const picks: (0 | 1)[] = [];
  arrivals.forEach(({ atMs, ask, settleMs }, i) => {
    due.until(atMs, (one) => pacer.settled(one.id, one.costNano, one.atMs));
    const lambdaUsd = pacer.lambdaUsd(atMs);
    const pick = lambdaUsd === undefined ? 1 : rule(ask, lambdaUsd);
    picks.push(pick);
    const id = String(i);
    const [cheap, reference] = ask.options;
    const options = [
      { id: 'cheap', costNano: cheap.expectedNano, loss: cheap.loss },
      { id: 'reference', costNano: reference.expectedNano, loss: 0 },
    ];
    pacer.began(id, { options, chosen: options[pick]!.id, lambdaUsd }, atMs);
    due.add({ id, atMs: atMs + settleMs, costNano: ask.options[pick].actualNano });
  });
  due.until(Number.POSITIVE_INFINITY, (one) => pacer.settled(one.id, one.costNano, one.atMs));
  return choiceResult(arrivals, (_, i) => picks[i]!);
}

interface DueCost {
  id: string;
  atMs: number;
  costNano: number;
}

/** Costs by the moment at which they become known: a binary heap. */
class DueCosts {
  private readonly heap: DueCost[] = [];

  add(cost: DueCost): void {
    const { heap } = this;
    heap.push(cost);
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (heap[parent]!.atMs <= heap[i]!.atMs) return;
      [heap[parent], heap[i]] = [heap[i]!, heap[parent]!];
      i = parent;
    }
  }

  until(atMs: number, known: (cost: DueCost) => void): void {
    while (this.heap.length > 0 && this.heap[0]!.atMs <= atMs) known(this.pop());
  }

  private pop(): DueCost {
    const { heap } = this;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let i = 0; ; ) {
      const left = 2 * i + 1;
      const right = left + 1;
      let least = i;
      if (left < heap.length && heap[left]!.atMs < heap[least]!.atMs) least = left;
      if (right < heap.length && heap[right]!.atMs < heap[least]!.atMs) least = right;
      if (least === i) return first;
      [heap[i], heap[least]] = [heap[least]!, heap[i]!];
      i = least;
    }
  }
}

/** The one price that spends a day's budget, known only afterwards: nothing that keeps a single price does better. */
export function hindsightLambda(arrivals: Arrival[], budgetNano: number, rule: Rule = expectedRule): number {
  let low = -9;
  let high = 5;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    const { spentNano } = choiceResult(arrivals, ({ ask }) => rule(ask, 10 ** middle));
    if (spentNano > budgetNano) high = middle;
    else low = middle;
  }
  return 10 ** low;
}

/** The reference until the money is gone, then the cheap candidate. */
export function greedyDay(arrivals: Arrival[], budgetNano: number): DayResult {
  return stoppedDay(arrivals, budgetNano, Number.POSITIVE_INFINITY);
}

/** One price, until the money is gone; then the cheap candidate. Spending is known at once here, which only helps it. */
export function stoppedDay(
  arrivals: Arrival[],
  budgetNano: number,
  lambdaUsd: number,
  rule: Rule = expectedRule,
): DayResult {
  let spentNano = 0;
  return choiceResult(arrivals, ({ ask }) => {
    const wanted = lambdaUsd === Number.POSITIVE_INFINITY ? 1 : rule(ask, lambdaUsd);
    const pick = spentNano >= budgetNano ? 0 : wanted;
    spentNano += ask.options[pick].actualNano;
    return pick;
  });
}

/** Cost of a day with one candidate for everything. */
export function fixedDay(arrivals: Arrival[], pick: 0 | 1): DayResult {
  return choiceResult(arrivals, () => pick);
}

/** A pacer that has lived through some days already; what it remembers goes through JSON, as it does over a restart. */
export function experiencedPacer(
  days: Arrival[][],
  budgetNano: number,
  nextDayMs: number,
  rule: Rule = expectedRule,
): BudgetPacer {
  let memory: PacerMemory | undefined;
  for (const day of days) {
    const startMs = Math.floor(day[0]!.atMs / dayMs) * dayMs;
    const pacer = new BudgetPacer(budgetNano, startMs, memory);
    pacedDay(pacer, day, rule);
    memory = readPacerMemory(JSON.parse(JSON.stringify(pacer.memory())));
    if (memory === undefined) throw new Error('what a pacer remembers must survive JSON');
  }
  return new BudgetPacer(budgetNano, nextDayMs, memory);
}
