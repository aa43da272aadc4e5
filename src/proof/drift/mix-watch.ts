import type { Language, TaskFamily } from '../../router/index.ts';

/** Requests that a mix is measured over: those at the beginning, and the newest. */
const windowRequests = 1000;
/** Half the sum of differences of shares: told from the first on, no longer what was certified from the second on. */
const toldFrom = 0.15;
const endsFrom = 0.35;

type Counts = { [kind: string]: number };

interface MixState {
  first: Counts;
  firstCount: number;
  now: Counts;
  nowCount: number;
  /** 1 = a shift was told, 2 = one that ends a certificate. */
  told: number;
}

export interface MixShift {
  /** Total variation distance to the mix at the beginning, 0..1. */
  distance: number;
  /** What has grown most, with its shares then and now. */
  grown: { kind: string; before: number; now: number };
  /** So far from what was tested that a certificate says nothing of it any more. */
  ends: boolean;
}

/**
 * Watches whether a route still gets the kind of requests that its policy was tested on: language and kind of work. Each thousand requests are held against the first thousand by the total variation distance; of a mix of ten kinds that has not changed it is
 * about .03 by chance, and .15 is beyond what chance does in a thousand years.
 */
export class MixWatch {
  #state: MixState = { first: {}, firstCount: 0, now: {}, nowCount: 0, told: 0 };

  /** A request; returns a shift the moment it is first seen, and again when it is as far as to end a certificate. */
  add(language: Language, task: TaskFamily): MixShift | undefined {
    const state = this.#state;
    const kind = `${language} ${task}`;
    if (state.firstCount < windowRequests) {
      state.first[kind] = (state.first[kind] ?? 0) + 1;
      state.firstCount += 1;
      return undefined;
    }
    state.now[kind] = (state.now[kind] ?? 0) + 1;
    state.nowCount += 1;
    if (state.nowCount < windowRequests) return undefined;
    const shift = shiftOf(state);
    state.now = {};
    state.nowCount = 0;
    const level = Number(shift.distance >= toldFrom) + Number(shift.ends);
    const isNew = level > state.told;
    state.told = level;
    return isNew ? shift : undefined;
  }

  state(): MixState {
    return this.#state;
  }

  /** What cannot be read begins anew. */
  restore(value: unknown): void {
    const { first, firstCount, now, nowCount, told } = (value ?? {}) as Partial<MixState>;
    if (!first || !now || firstCount === undefined || nowCount === undefined) return;
    this.#state = { first, firstCount, now, nowCount, told: told ?? 0 };
  }
}

function shiftOf({ first, firstCount, now, nowCount }: MixState): MixShift {
  let distance = 0;
  let grown = { kind: '', before: 0, now: 0 };
  for (const kind of new Set([...Object.keys(first), ...Object.keys(now)])) {
    const [before, after] = [(first[kind] ?? 0) / firstCount, (now[kind] ?? 0) / nowCount];
    distance += Math.abs(after - before) / 2;
    if (after - before > grown.now - grown.before) grown = { kind, before, now: after };
  }
  return { distance, grown, ends: distance >= endsFrom };
}
