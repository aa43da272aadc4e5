import { LiveTest } from '../drift/live-test.ts';

/** Chance, at most, that a canary that is no worse is ever taken back, over all that is watched. */
const delta = 0.05;
/** By how much it may be worse before that is held against it. */
const margins = { failures: 0.01, slow: 0.05, loss: 0.01 } as const;
/** A test of whether a mean is above 0, of numbers from −1 to 1. */
const evenQuality = 1;
/** Requests of the usual form before it is known what is slow for it. */
const usualMin = 200;
const slowShare = 0.05;

export type Watched = keyof typeof margins;
export type Variant = 'usual' | 'canary';

interface Side {
  sum: number;
  weight: number;
}

interface WatchState {
  tests: { [what in Watched]: unknown };
  sides: { [what in Watched]: { [variant in Variant]: Side } };
  means: { [what in Watched]: { [variant in Variant]: Side } };
  usualMs: number[];
  slowMs: number | undefined;
  requests: { [variant in Variant]: number };
}

const watched = Object.keys(margins) as Watched[];
const perWatched = <T>(of: () => T) =>
  Object.fromEntries(watched.map((what) => [what, of()])) as Record<Watched, T>;
const sides = () => ({ usual: { sum: 0, weight: 0 }, canary: { sum: 0, weight: 0 } });

/**
 * Compares a route's canary with its usual form as traffic comes: what became of the newest requests of one against those of the other at the same time, so that a bad hour of a provider is nobody's fault. A capital bets that the canary
 * is worse by more than a margin, and takes it back at 1/δ: while it is not, that ever happens with a probability of at most δ, however long it runs.
 */
export class CanaryWatch {
  readonly #tests = perWatched(() => new LiveTest({ quality: evenQuality, delta: delta / watched.length }));
  #open = perWatched(sides);
  #means = perWatched(sides);
  #usualMs: number[] = [];
  #slowMs: number | undefined;
  #requests = { usual: 0, canary: 0 };

  get requests(): Readonly<Record<Variant, number>> {
    return this.#requests;
  }

  /** A request is over; `firstContentMs` is undefined where none came. */
  over(variant: Variant, failed: boolean, firstContentMs: number | undefined): void {
    this.#requests[variant] += 1;
    this.#add('failures', variant, Number(failed), 1);
    if (firstContentMs === undefined) return;
    if (this.#slowMs !== undefined) this.#add('slow', variant, Number(firstContentMs > this.#slowMs), 1);
    else if (variant === 'usual') this.#learnSlow(firstContentMs);
  }

  /** What somebody got was compared with the reference's answer: loss −1..1, with 1 / P(drawn). */
  judged(variant: Variant, loss: number, weight: number): void {
    this.#add('loss', variant, loss, weight);
  }

  /** What it is worse in; undefined = nothing that is certain. */
  get worse(): Watched | undefined {
    return watched.find((what) => this.#tests[what].alarmed);
  }

  /** Means of each form so far; undefined where nothing was seen. */
  mean(what: Watched, variant: Variant): number | undefined {
    const { sum, weight } = this.#means[what][variant];
    return weight === 0 ? undefined : sum / weight;
  }

  state(): WatchState {
    return {
      tests: Object.fromEntries(
        watched.map((what) => [what, this.#tests[what].state()]),
      ) as WatchState['tests'],
      sides: this.#open,
      means: this.#means,
      usualMs: this.#usualMs,
      slowMs: this.#slowMs,
      requests: this.#requests,
    };
  }

  /** False where the value is no such state; the watch is then not to be used. */
  restore(value: unknown): boolean {
    const { tests, sides: open, means, usualMs, slowMs, requests } = (value ?? {}) as Partial<WatchState>;
    if (!tests || !open || !means || !requests || !Array.isArray(usualMs)) return false;
    if (!watched.every((what) => this.#tests[what].restore(tests[what]))) return false;
    this.#open = open;
    this.#means = means;
    this.#usualMs = usualMs;
    this.#slowMs = slowMs;
    this.#requests = requests;
    return true;
  }

  #learnSlow(ms: number): void {
    this.#usualMs.push(ms);
    if (this.#usualMs.length < usualMin) return;
    const sorted = this.#usualMs.sort((a, b) => a - b);
    this.#slowMs = sorted[Math.floor((1 - slowShare) * sorted.length)]!;
    this.#usualMs = [];
  }

  /** As soon as both forms have something new, their means are played against each other. */
  #add(what: Watched, variant: Variant, value: number, weight: number): void {
    for (const kept of [this.#open, this.#means]) {
      const side = kept[what][variant];
      side.sum += weight * value;
      side.weight += weight;
    }
    const { usual, canary } = this.#open[what];
    if (usual.weight === 0 || canary.weight === 0) return;
    const excess = canary.sum / canary.weight - usual.sum / usual.weight - margins[what];
    this.#tests[what].add(1, Math.max(-1, Math.min(1, excess)));
    this.#open[what] = sides();
  }
}
