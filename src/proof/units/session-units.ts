import type { Pair } from '../pairs/pair.ts';
import type { PairEvidence } from './pair-unit.ts';
import type { OpenLabel, TestUnit } from './unit.ts';

export interface SessionUnitsOptions {
  rungs: number;
  /** To keep, 0.5..1. */
  quality: number;
  /** Without a request for so long it is over. */
  idleMs: number;
}

/** With what probability a session was drawn, fixed when it began. */
export interface UnitDraw {
  propensity: number;
  propensityLeast: number;
  drawn: boolean;
}

interface OpenSession {
  key: string;
  beganMs: number;
  lastMs: number;
  draw: UnitDraw;
  /** Of all its requests the fewest rungs that call the reference alone. */
  known: number;
  requests: number;
  judged: number[];
  exact: boolean[];
  person: { sums: number[]; requests: number; open: OpenLabel[] } | undefined;
}

/** What goes on for longer is cut there: one endless session must not keep all others waiting. */
const sessionMsMax = 86_400_000;
const sessionsMax = 20_000;

/**
 * Makes one unit of all requests of a session, with their mean excess: turns of an agent depend on each other, and as many of one session are no more than one piece of evidence. Sessions count in the order in which they
 * began, each once it and all before it are over: short ones are often easy ones, and a test that saw them first would see the good half first.
 */
export class SessionUnits {
  readonly #options: SessionUnitsOptions;
  readonly #emit: (unit: TestUnit) => void;
  /** In the order in which they began. */
  readonly #open = new Map<string, OpenSession>();

  constructor(options: SessionUnitsOptions, emit: (unit: TestUnit) => void) {
    this.#options = options;
    this.#emit = emit;
  }

  /** How a session that goes on was drawn. */
  drawOf(session: string): UnitDraw | undefined {
    return this.#open.get(session)?.draw;
  }

  /** An answered request: `known` rungs, from the first, call the reference. */
  answered(session: string, draw: UnitDraw, known: number, atMs: number): void {
    this.over(atMs);
    const one = this.#open.get(session) ?? this.#begun(session, draw, atMs);
    one.lastMs = Math.max(one.lastMs, atMs);
    one.known = Math.min(one.known, known);
    if (known === this.#options.rungs) this.#add(one, undefined);
  }

  /** Its pair, where there is one. */
  paired({ session }: Pair, evidence: PairEvidence): void {
    const one = this.#open.get(session);
    if (one?.draw.drawn === true) this.#add(one, evidence);
  }

  /** Sessions that are over at this time become units. */
  over(nowMs: number): void {
    for (const [key, one] of this.#open) {
      const isOver = one.lastMs + this.#options.idleMs < nowMs || one.beganMs + sessionMsMax < nowMs;
      if (!isOver && this.#open.size < sessionsMax) return;
      this.#open.delete(key);
      this.#close(one);
    }
  }

  state(): unknown {
    return [...this.#open.values()];
  }

  /** False where the value is no such state. */
  restore(value: unknown): boolean {
    if (!Array.isArray(value)) return false;
    const { rungs } = this.#options;
    for (const one of value as OpenSession[]) {
      if (typeof one?.key !== 'string' || one.judged?.length !== rungs) return false;
      this.#open.set(one.key, one);
    }
    return true;
  }

  #begun(key: string, draw: UnitDraw, atMs: number): OpenSession {
    const { rungs } = this.#options;
    const one: OpenSession = {
      key,
      beganMs: atMs,
      lastMs: atMs,
      draw,
      known: rungs,
      requests: 0,
      judged: new Array<number>(rungs).fill(0),
      exact: new Array<boolean>(rungs).fill(true),
      person: undefined,
    };
    this.#open.set(key, one);
    return one;
  }

  /** Without evidence every rung calls the reference. */
  #add(one: OpenSession, evidence: PairEvidence | undefined): void {
    const { quality, rungs } = this.#options;
    const excess = evidence?.judged ?? new Array<number>(rungs).fill(quality - 1);
    one.requests += 1;
    for (let rung = 0; rung < rungs; rung++) {
      one.judged[rung]! += excess[rung]!;
      one.exact[rung] &&= evidence?.exact[rung] ?? true;
    }
    if (evidence?.labels !== undefined)
      one.person ??= {
        sums: one.judged.map((sum, i) => sum - excess[i]!),
        requests: one.requests - 1,
        open: [],
      };
    if (one.person === undefined) return;
    const open = evidence?.labels?.open;
    if (open !== undefined) one.person.open.push(open);
    else {
      one.person.requests += 1;
      for (let rung = 0; rung < rungs; rung++) one.person.sums[rung]! += excess[rung]!;
    }
  }

  #close({ draw, known, requests, judged, exact, person }: OpenSession): void {
    const least = draw.propensityLeast;
    if (least <= 0) return;
    if (known > 0) this.#emit({ kind: 'known', least, rungs: known, times: 1 });
    if (!draw.drawn || requests === 0) return;
    const mean = judged.map((sum) => sum / requests);
    this.#emit({ kind: 'drawn', weight: least / draw.propensity, from: known, judged: mean, exact, person });
  }
}
