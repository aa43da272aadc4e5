/** Half-hours of a UTC day. */
const bins = 48;
const dayMs = 86_400_000;
const binMs = dayMs / bins;

/**
 * Today's level is read in two windows, the newest hours counting most: a doubling is believed within the hour or two. Each window counts
 * against a prior, as a share of a usual day's requests, that is the slower window and then the usual day: in a quiet night a single burst
 * would else be taken for another kind of day.
 */
const windows = [
  { ms: 2_700_000, prior: 0.02 },
  { ms: 10_800_000, prior: 0.05 },
] as const;
/** Weight of the newest day in what is usual. */
const newestDayWeight = 0.4;
/** Without a usual day the first minutes must not be taken for the rate of the day. */
const firstRateMs = 300_000;

export interface TrafficMemory {
  /** Start of the day that is counted, Unix ms. */
  dayStartMs: number;
  counts: number[];
  /** First half-hour of that day that was seen whole. */
  seenFrom: number;
  /** Requests of a usual day by half-hour; absent until one was seen. */
  usual?: number[] | undefined;
}

/**
 * How many requests the rest of the day will bring. On the first day it knows the time that is left and the rate of late; later it knows the
 * usual course of a day, and today's level against it.
 */
export class TrafficForecast {
  private dayStartMs: number;
  private counts = new Float64Array(bins);
  private seenFrom: number;
  private usual: Float64Array | undefined;
  /** Per window, the decayed number of requests, and of those that were usual in the same time. */
  private readonly recent = windows.map(() => ({ seen: 0, usual: 0 }));
  private recentAtMs: number;

  constructor(nowMs: number, memory?: TrafficMemory) {
    this.dayStartMs = dayStart(nowMs);
    this.recentAtMs = nowMs;
    this.seenFrom = Math.ceil((nowMs - this.dayStartMs) / binMs);
    if (memory === undefined) return;
    if (memory.usual?.length === bins) this.usual = Float64Array.from(memory.usual);
    if (memory.dayStartMs === this.dayStartMs && memory.counts.length === bins) {
      this.counts = Float64Array.from(memory.counts);
      this.seenFrom = memory.seenFrom;
    } else if (memory.dayStartMs < this.dayStartMs && memory.counts.length === bins) {
      // The process was down at midnight: what it saw of its last day still teaches.
      this.usual = usualAfter(this.usual, memory.counts, memory.seenFrom);
    }
  }

  /** A usual day is known. */
  get learned(): boolean {
    return this.usual !== undefined;
  }

  get requestsToday(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** A request came. */
  note(nowMs: number): void {
    this.advance(nowMs);
    const bin = binOf(nowMs - this.dayStartMs);
    this.counts[bin] = this.counts[bin]! + 1;
    for (const window of this.recent) window.seen += 1;
  }

  /** Expected number of requests from now to midnight UTC. */
  remaining(nowMs: number): number {
    this.advance(nowMs);
    const sinceMs = Math.max(0, Math.min(dayMs, nowMs - this.dayStartMs));
    const leftMs = dayMs - sinceMs;
    if (this.usual === undefined) {
      // Of an exponential window only the part since the start has been filled.
      const windowMs = windows[0].ms;
      const seenMs = windowMs * (1 - Math.exp(-sinceMs / windowMs)) + firstRateMs;
      return (this.recent[0]!.seen / seenMs) * leftMs;
    }
    const total = sum(this.usual, 0, dayMs);
    const level = this.recent.reduceRight((slower, { seen, usual }, i) => {
      const prior = total * windows[i]!.prior;
      return (seen + prior * slower) / (usual + prior);
    }, 1);
    return level * sum(this.usual, sinceMs, dayMs);
  }

  memory(): TrafficMemory {
    return {
      dayStartMs: this.dayStartMs,
      counts: [...this.counts],
      seenFrom: this.seenFrom,
      usual: this.usual === undefined ? undefined : [...this.usual],
    };
  }

  /** Moves on to `nowMs`, over midnight where that lies between. A clock that went back changes nothing. */
  private advance(nowMs: number): void {
    // What is further back than a day has left the windows.
    let atMs = Math.max(this.recentAtMs, nowMs - dayMs);
    while (atMs < nowMs) {
      const untilMs = Math.min(nowMs, (Math.floor(atMs / binMs) + 1) * binMs);
      this.pass(untilMs - atMs, this.usual === undefined ? 0 : this.usual[binOf(atMs - dayStart(atMs))]!);
      atMs = untilMs;
    }
    this.recentAtMs = Math.max(this.recentAtMs, nowMs);
    if (dayStart(nowMs) <= this.dayStartMs) return;
    // Before the first usual day nothing was usual, so what was seen then compares with nothing.
    if (this.usual === undefined) for (const window of this.recent) window.seen = 0;
    this.usual = usualAfter(this.usual, this.counts, this.seenFrom);
    this.counts.fill(0);
    this.seenFrom = 0;
    this.dayStartMs = dayStart(nowMs);
  }

  /** Time within one half-hour, which usually has so many requests. */
  private pass(elapsedMs: number, usualOfBin: number): void {
    this.recent.forEach((window, i) => {
      const keep = Math.exp(-elapsedMs / windows[i]!.ms);
      window.seen *= keep;
      window.usual = window.usual * keep + (usualOfBin / binMs) * windows[i]!.ms * (1 - keep);
    });
  }
}

export function dayStart(nowMs: number): number {
  return Math.floor(nowMs / dayMs) * dayMs;
}

function binOf(sinceMs: number): number {
  return Math.max(0, Math.min(bins - 1, Math.floor(sinceMs / binMs)));
}

/** Requests of a usual day from `fromMs` to `toMs` after its start. */
function sum(usual: Float64Array, fromMs: number, toMs: number): number {
  let total = 0;
  for (let bin = 0; bin < bins; bin++) {
    const from = Math.max(fromMs, bin * binMs);
    const to = Math.min(toMs, (bin + 1) * binMs);
    if (to > from) total += (usual[bin]! * (to - from)) / binMs;
  }
  return total;
}

/**
 * A usual day after one more was seen. Neighbouring half-hours are averaged, so that yesterday's bursts are not expected again at the same minute.
 * Half-hours that were not seen stay as they were, or get the mean of the others; a day without requests teaches nothing.
 */
function usualAfter(
  usual: Float64Array | undefined,
  counts: ArrayLike<number>,
  seenFrom: number,
): Float64Array | undefined {
  let seen = 0;
  let total = 0;
  for (let bin = seenFrom; bin < bins; bin++) {
    seen += 1;
    total += counts[bin]!;
  }
  if (total === 0) return usual;
  const at = (bin: number): number => {
    const inside = Math.max(0, Math.min(bins - 1, bin));
    return inside >= seenFrom ? counts[inside]! : (usual?.[inside] ?? total / seen);
  };
  return Float64Array.from({ length: bins }, (_, bin) => {
    const newest = (at(bin - 2) + 2 * at(bin - 1) + 3 * at(bin) + 2 * at(bin + 1) + at(bin + 2)) / 9;
    return usual === undefined ? newest : usual[bin]! * (1 - newestDayWeight) + newest * newestDayWeight;
  });
}
