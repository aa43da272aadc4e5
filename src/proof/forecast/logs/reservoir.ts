/** Characters of all bodies kept together: beyond it fewer requests are kept. */
const keptCharsMax = 300_000_000;

/**
 * A uniform sample of a stream of unknown length in bounded memory (algorithm R: Vitter, ACM Transactions on Mathematical Software 11, 1985). Where the
 * kept ones grow too large together, it goes on with room for fewer.
 */
export class Reservoir<T> {
  #room: number;
  #kept: { item: T; chars: number }[] = [];
  #chars = 0;
  #seen = 0;
  readonly #random: () => number;
  readonly #charsMax: number;

  constructor(room: number, random: () => number, charsMax = keptCharsMax) {
    this.#room = room;
    this.#random = random;
    this.#charsMax = charsMax;
  }

  add(item: T, chars: number): void {
    this.#seen += 1;
    if (this.#kept.length < this.#room) {
      this.#kept.push({ item, chars });
      this.#chars += chars;
    } else {
      const at = Math.floor(this.#random() * this.#seen);
      if (at >= this.#room) return;
      this.#chars += chars - this.#kept[at]!.chars;
      this.#kept[at] = { item, chars };
    }
    while (this.#chars > this.#charsMax && this.#kept.length > 1) this.#dropOne();
  }

  get seen(): number {
    return this.#seen;
  }

  items(): T[] {
    return this.#kept.map(({ item }) => item);
  }

  #dropOne(): void {
    const at = Math.floor(this.#random() * this.#kept.length);
    this.#chars -= this.#kept[at]!.chars;
    this.#kept[at] = this.#kept.at(-1)!;
    this.#kept.pop();
    this.#room = this.#kept.length;
  }
}
