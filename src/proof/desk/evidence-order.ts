/** Evidence that waits for a pair before it; with more, what needs no pair is left out, which only ever means less evidence. */
const waitingMax = 50_000;

interface Slot {
  /** Undefined while it is open. */
  apply: (() => void) | undefined;
}

/**
 * Puts evidence in the order of its requests. What is known at once must not run ahead of pairs that take a minute to be graded: while those are out, a test would see the good half of
 * the traffic first, and what looks at it all the time would stop there.
 */
export class EvidenceOrder {
  readonly #slots: Slot[] = [];
  #first = 0;

  /** Of a request that becomes a pair; the returned function settles it, once. */
  open(): (apply: () => void) => void {
    const slot: Slot = { apply: undefined };
    this.#slots.push(slot);
    return (apply) => {
      slot.apply ??= apply;
      this.#advance();
    };
  }

  /** Of a request that says what it says at once. */
  add(apply: () => void): void {
    if (this.#waiting === 0) apply();
    else if (this.#waiting < waitingMax) this.#slots.push({ apply });
  }

  get #waiting(): number {
    return this.#slots.length - this.#first;
  }

  #advance(): void {
    for (;;) {
      const slot = this.#slots[this.#first];
      if (slot?.apply === undefined) break;
      this.#first += 1;
      slot.apply();
    }
    if (this.#first < 1000 && this.#first < this.#slots.length) return;
    this.#slots.splice(0, this.#first);
    this.#first = 0;
  }
}
