import type { DrawnUnit, KnownUnit, TestUnit } from '../units/unit.ts';

/** A unit whose labels are all there. */
export interface ReadyUnit extends Omit<DrawnUnit, 'person'> {
  /** Mean excess as people see it; undefined where it was not drawn for labels. */
  person: number[] | undefined;
}

/** With more units waiting the first is given up: people do not keep up with what they are asked. */
const waitingMax = 5000;

/**
 * Keeps units in order while people are asked about some: one that waits for a label, and all after it, wait. What nobody has said anything about when its texts are gone counts as lost in full, as does the first when too
 * many wait: who answers is no chance.
 */
export class LabelOrder {
  readonly #apply: (unit: KnownUnit | ReadyUnit) => void;
  #waiting: TestUnit[] = [];
  #drawn = 0;

  constructor(apply: (unit: KnownUnit | ReadyUnit) => void) {
    this.#apply = apply;
  }

  add(unit: TestUnit): void {
    const last = this.#waiting.at(-1);
    if (
      unit.kind === 'known' &&
      last?.kind === 'known' &&
      last.rungs === unit.rungs &&
      last.least === unit.least
    )
      last.times += unit.times;
    else this.#waiting.push({ ...unit });
    if (unit.kind === 'drawn') this.#drawn += 1;
    if (this.#drawn > waitingMax) this.#giveUp(this.#waiting.find(({ kind }) => kind === 'drawn'));
    this.#advance();
  }

  /** People have said what they think of all answers of a pair: its excess as they see it. */
  labelled(pairId: string, excess: readonly number[]): void {
    for (const unit of this.#waiting) {
      if (unit.kind !== 'drawn' || !unit.person?.open.some((one) => one.pairId === pairId)) continue;
      close(unit, pairId, excess);
      this.#advance();
      return;
    }
  }

  /** What was asked before this time is not answered any more. */
  expire(beforeMs: number): number {
    let given = 0;
    for (const unit of this.#waiting) {
      if (unit.kind !== 'drawn') continue;
      for (const { pairId, atMs, worst } of [...(unit.person?.open ?? [])]) {
        if (atMs >= beforeMs) continue;
        close(unit, pairId, worst);
        given += 1;
      }
    }
    this.#advance();
    return given;
  }

  /** Pairs that wait for a label, the first first. */
  get open(): string[] {
    return this.#waiting.flatMap((unit) =>
      unit.kind === 'drawn' ? (unit.person?.open ?? []).map(({ pairId }) => pairId) : [],
    );
  }

  /** Units that wait, drawn ones. */
  get waiting(): number {
    return this.#drawn;
  }

  state(): unknown {
    return this.#waiting;
  }

  /** False where the value is no such state. */
  restore(value: unknown): boolean {
    if (!Array.isArray(value)) return false;
    this.#waiting = value as TestUnit[];
    this.#drawn = this.#waiting.filter(({ kind }) => kind === 'drawn').length;
    return true;
  }

  #giveUp(unit: TestUnit | undefined): void {
    if (unit?.kind !== 'drawn') return;
    for (const { pairId, worst } of [...(unit.person?.open ?? [])]) close(unit, pairId, worst);
  }

  #advance(): void {
    let done = 0;
    for (const unit of this.#waiting) {
      if (unit.kind === 'drawn' && (unit.person?.open.length ?? 0) > 0) break;
      done += 1;
      if (unit.kind === 'known') this.#apply(unit);
      else {
        this.#drawn -= 1;
        const { person } = unit;
        this.#apply({ ...unit, person: person?.sums.map((sum) => sum / person.requests) });
      }
    }
    this.#waiting.splice(0, done);
  }
}

function close({ person }: DrawnUnit, pairId: string, excess: readonly number[]): void {
  if (person === undefined) return;
  person.open = person.open.filter((one) => one.pairId !== pairId);
  person.requests += 1;
  person.sums = person.sums.map((sum, rung) => sum + excess[rung]!);
}
