/** Digits a judge may give. */
const levels = 10;
/** Weight that each digit has before it was ever given. */
const priorEach = 2;
/** Beyond so many ratings the older half counts half. */
const ratingsMax = 200;

/**
 * Where a rating stands among those the judge usually gives: models that rate hardly use their scale, and one that always says «8» has said nothing. Its
 * usual rating becomes 0.5, whatever digit that is.
 */
export class RatingScale {
  readonly #counts: number[] = Array.from({ length: levels }, () => priorEach);

  /** The share of earlier ratings below this one, ties half, in (0, 1); then it is one of them itself. */
  place(rating: number): number {
    let below = 0;
    let total = 0;
    for (const [level, count] of this.#counts.entries()) {
      total += count;
      if (level < rating) below += count;
      else if (level === rating) below += count / 2;
    }
    this.#counts[rating]! += 1;
    if (total + 1 > ratingsMax + levels * priorEach) {
      for (let level = 0; level < levels; level++) this.#counts[level]! /= 2;
    }
    return below / total;
  }
}
