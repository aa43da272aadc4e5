const dayMs = 86_400_000;
/** How far back the rate of requests is remembered. */
const rateMs = 1_800_000;
/** Before a pair was paid for, what one may cost: this part of the day's budget. */
const firstPairPart = 1 / 100;

/**
 * What proving a route may spend, per UTC day: the share of requests that is drawn is lowered so that the money lasts until midnight, and nothing is drawn once it is spent. Pairs that are being made
 * count as spent at what a pair has cost so far.
 */
export class ProofBudget {
  #usdPerDay: number | undefined;
  #day = 0;
  #spentUsd = 0;
  #open = 0;
  #rate = 0;
  #rateAtMs: number | undefined;
  #sinceMs = 0;

  constructor(usdPerDay: number | undefined) {
    this.#usdPerDay = usdPerDay;
  }

  set usdPerDay(usd: number | undefined) {
    this.#usdPerDay = usd;
  }

  /** A request that could be drawn, at this time. */
  seen(nowMs: number): void {
    this.#decay(nowMs);
    this.#rate += 1;
  }

  /** A pair is being made. */
  began(): void {
    this.#open += 1;
  }

  /** It was made, or will not be. */
  ended(): void {
    this.#open = Math.max(0, this.#open - 1);
  }

  spent(usd: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#spentUsd += usd;
  }

  spentToday(nowMs: number): number {
    this.#turn(nowMs);
    return this.#spentUsd;
  }

  /**
   * The share of requests that may be drawn now; 0 = the day's money is spent.
   *
   * @param pairUsd what a pair costs in the mean; undefined before one was paid for
   * @param share that is wanted
   * @param floor that the share is not lowered below while there is money
   */
  share(nowMs: number, pairUsd: number | undefined, share: number, floor: number): number {
    const usdPerDay = this.#usdPerDay;
    if (usdPerDay === undefined) return share;
    this.#turn(nowMs);
    const price = pairUsd ?? usdPerDay * firstPairPart;
    const left = usdPerDay - this.#spentUsd - this.#open * price;
    if (left <= 0 || left < price) return 0;
    if (price <= 0) return share;
    this.#decay(nowMs);
    const ageMs = nowMs - this.#sinceMs;
    const perMs = this.#rate / Math.max(1, rateMs * -Math.expm1(-ageMs / rateMs));
    const untilMidnightMs = dayMs - (nowMs % dayMs);
    const affordable = left / price / Math.max(1, perMs * untilMidnightMs);
    return Math.min(share, Math.max(floor, affordable));
  }

  state(): unknown {
    return { day: this.#day, spentUsd: this.#spentUsd };
  }

  /** False, and nothing is changed, where the value is no such state. */
  restore(value: unknown): boolean {
    const { day, spentUsd } = (value ?? {}) as { day?: unknown; spentUsd?: unknown };
    if (typeof day !== 'number' || typeof spentUsd !== 'number' || !(spentUsd >= 0)) return false;
    this.#day = day;
    this.#spentUsd = spentUsd;
    return true;
  }

  #turn(nowMs: number): void {
    const day = Math.floor(nowMs / dayMs);
    if (day === this.#day) return;
    this.#day = day;
    this.#spentUsd = 0;
  }

  #decay(nowMs: number): void {
    if (this.#rateAtMs === undefined) this.#sinceMs = nowMs;
    else this.#rate *= Math.exp(-Math.max(0, nowMs - this.#rateAtMs) / rateMs);
    this.#rateAtMs = nowMs;
  }
}
