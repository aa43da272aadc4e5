import type { Pair } from '../pairs/pair.ts';
import type { PairEvidence } from './pair-unit.ts';
import type { UnitDraw } from './session-units.ts';
import type { PersonSoFar, TestUnit } from './unit.ts';

/** Makes a unit of each request. */
export class RequestUnits {
  readonly #rungs: number;
  readonly #emit: (unit: TestUnit) => void;

  constructor(rungs: number, emit: (unit: TestUnit) => void) {
    this.#rungs = rungs;
    this.#emit = emit;
  }

  drawOf(): undefined {
    return undefined;
  }

  answered(_session: string, { propensityLeast }: UnitDraw, known: number): void {
    if (propensityLeast > 0 && known > 0)
      this.#emit({ kind: 'known', least: propensityLeast, rungs: Math.min(known, this.#rungs), times: 1 });
  }

  paired({ propensity, propensityLeast }: Pair, { from, judged, exact, labels }: PairEvidence): void {
    const open = labels?.open;
    const person: PersonSoFar | undefined = labels && {
      sums: open === undefined ? judged : judged.map(() => 0),
      requests: open === undefined ? 1 : 0,
      open: open === undefined ? [] : [open],
    };
    this.#emit({ kind: 'drawn', weight: propensityLeast / propensity, from, judged, exact, person });
  }

  over(): void {}

  state(): unknown {
    return [];
  }

  restore(): boolean {
    return true;
  }
}
