import { fill, Wealths, type WealthsState } from './wealths.ts';

export interface LadderTestOptions {
  /** How many policies, the most careful first. */
  rungs: number;
  /** To keep, 0.5..1. No excess is above it. */
  quality: number;
  /** Chance, at most, that a rung is ever certified whose mean excess is above 0. */
  delta: number;
  /** Mean excesses of which it is told whether they are excluded, rising, with 0 among them; absent = a grid fine enough for bounds that people read. */
  shifts?: readonly number[] | undefined;
}

interface LadderTestState {
  certified: number;
  known: number[];
  knownWeight: number;
  weights: number[];
  sums: number[];
  wealths: WealthsState;
}

/** Sums of fractions may be above their bound by as much. */
const rounding = 1e-9;
const gridStep = 0.0025;
const gridFine = 40;
const gridCoarse = [0.15, 0.2, 0.3, 0.4];

/** From −10 points to +10 in quarters of a point, and a few beyond, as far as the quality leaves room. */
function usualShifts(quality: number): number[] {
  const fine = Array.from({ length: 2 * gridFine + 1 }, (_, i) => (i - gridFine) * gridStep);
  return [...fine, ...gridCoarse].filter((shift) => shift < quality - gridStep);
}

/**
 * Says how far up a ladder of policies one may go: rungs are tested from the first on, each only once all before it are certified (fixed-sequence testing, Bauer 1991), so that no correction for their
 * number is due; and each by a capital that bets against «its mean excess is above 0», so that one may look at any time and stop whenever one likes. One error share δ covers the whole climb.
 */
export class LadderTest {
  readonly rungs: number;
  readonly #options: LadderTestOptions;
  readonly #wealths: Wealths;
  readonly #zero: number;
  /** Requests that are yet to be counted, by how many rungs call the reference for them. */
  readonly #known: Float64Array;
  #knownWeight = 0;
  readonly #weights: Float64Array;
  readonly #sums: Float64Array;
  readonly #tops: Float64Array;
  #certified = 0;

  constructor(options: LadderTestOptions) {
    const { rungs, quality, delta } = options;
    requireShare('quality', quality);
    requireShare('delta', delta);
    const shifts = options.shifts ?? usualShifts(quality);
    this.#zero = shifts.indexOf(0);
    if (this.#zero < 0) throw new RangeError('0 must be among the shifts: it is what is tested.');
    this.rungs = rungs;
    this.#options = options;
    this.#wealths = new Wealths(rungs, shifts);
    this.#known = new Float64Array(rungs + 1);
    this.#weights = new Float64Array(rungs);
    this.#sums = new Float64Array(rungs);
    this.#tops = new Float64Array(rungs).fill(quality);
  }

  /** Rungs that are certified, from the first; it never falls. */
  get certified(): number {
    return this.#certified;
  }

  /**
   * One drawn unit. Rungs before `from` are left out: theirs is known without a pair, and counted as such.
   *
   * @param weight 0..1, fixed before the draw
   * @param excess of each rung; above 0 is worse than allowed
   */
  add(weight: number, excess: ArrayLike<number>, from = 0): void {
    requireShare('weight', weight);
    for (let rung = from; rung < this.rungs; rung++)
      requireExcess(excess[rung], this.#tops[rung]!, this.#options.quality);
    this.#flush();
    for (let rung = from; rung < this.rungs; rung++) this.#play(rung, weight, excess[rung]!, 1);
    this.#climb();
  }

  /**
   * From the next unit on no excess of a rung is above its top: the quality, unless this says otherwise. It sets what is at stake, so it holds for known requests and for drawn ones
   * alike, and rests on the past alone: whoever staked more on the requests that are known to lose nothing would certify those.
   */
  setTops(tops: ArrayLike<number>): void {
    this.#flush();
    this.#tops.set(tops);
  }

  /** A request for which the first `rungs` rungs call the reference, so that they lose nothing. Cheap: such requests are counted, and played together before the next unit. */
  addKnown(weight: number, rungs: number): void {
    requireShare('weight', weight);
    if (!Number.isInteger(rungs) || rungs < 0 || rungs > this.rungs)
      throw new RangeError(`Between 0 and ${this.rungs} rungs can be known.`);
    if (weight !== this.#knownWeight) this.#flush();
    this.#knownWeight = weight;
    this.#known[rungs]! += 1;
  }

  /** Weighted mean excess of what was added; undefined before anything was. */
  meanExcess(rung: number): number | undefined {
    this.#flush();
    const weight = this.#weights[rung];
    return weight === undefined || weight === 0 ? undefined : this.#sums[rung]! / weight;
  }

  /** Upper bound of the rung's mean excess that holds at all times at once with probability 1 − δ, to the next of the shifts; `quality` where there is none yet. */
  bound(rung: number): number {
    this.#flush();
    return this.#wealths.bound(rung, this.#options.delta) ?? this.#options.quality;
  }

  /** How far the next rung's evidence is on its way, 0..1: logarithm of its capital over what is needed. */
  progress(rung: number): number {
    this.#flush();
    return Math.min(1, Math.max(0, this.#wealths.log(rung, this.#zero) / this.#needed()));
  }

  state(): LadderTestState {
    return {
      certified: this.#certified,
      known: [...this.#known],
      knownWeight: this.#knownWeight,
      weights: [...this.#weights],
      sums: [...this.#sums],
      wealths: this.#wealths.state(),
    };
  }

  /** False where the value is no state of a test with as many rungs; the test is then not to be used. */
  restore(value: unknown): boolean {
    const state = value as Partial<LadderTestState> | null;
    if (typeof state !== 'object' || state === null || !state.wealths) return false;
    if (!Number.isInteger(state.certified) || !Number.isFinite(state.knownWeight)) return false;
    try {
      fill('known', this.#known, state.known!);
      fill('weights', this.#weights, state.weights!);
      fill('sums', this.#sums, state.sums!);
      this.#wealths.restore(state.wealths);
    } catch {
      return false;
    }
    this.#certified = state.certified!;
    this.#knownWeight = state.knownWeight!;
    return true;
  }

  #needed(): number {
    return Math.log(1 / this.#options.delta);
  }

  #play(rung: number, weight: number, excess: number, times: number): void {
    this.#wealths.play(rung, weight, excess, this.#tops[rung]!, times);
    this.#weights[rung]! += times * weight;
    this.#sums[rung]! += times * weight * excess;
  }

  #flush(): void {
    let times = 0;
    const excess = this.#options.quality - 1;
    for (let rung = this.rungs - 1; rung >= 0; rung--) {
      times += this.#known[rung + 1]!;
      if (times > 0) this.#play(rung, this.#knownWeight, excess, times);
    }
    if (times > 0) this.#climb();
    this.#known.fill(0);
  }

  #climb(): void {
    const needed = this.#needed();
    while (this.#certified < this.rungs && this.#wealths.peak(this.#certified, this.#zero) >= needed)
      this.#certified += 1;
  }
}

function requireShare(name: string, value: number): void {
  if (!(value > 0 && value <= 1)) throw new RangeError(`The ${name} must be above 0 and at most 1.`);
}

/** An excess is at least −2 where it is at most the quality, and scaled with its top where that is another. */
function requireExcess(value: number | undefined, top: number, quality: number): void {
  const bottom = (-2 * top) / quality;
  if (value === undefined || !(value >= bottom - rounding && value <= top + rounding))
    throw new RangeError(`An excess must be between ${bottom} and ${top}.`);
}
