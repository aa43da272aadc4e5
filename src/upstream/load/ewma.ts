/** As the Peak EWMA of Finagle and Envoy: what is older than this counts for a third. */
const decayMs = 10_000;
/** Least weight of a new sample, so that many at the same instant are heard too. */
const sampleShareMin = 0.05;

/** A mean that forgets: samples count less the older they are. */
export class Ewma {
  value: number | undefined;
  private atMs = 0;

  add(sample: number, nowMs: number): void {
    const share = Math.max(sampleShareMin, 1 - Math.exp(-(nowMs - this.atMs) / decayMs));
    this.value = this.value === undefined ? sample : this.value + (sample - this.value) * share;
    this.atMs = nowMs;
  }
}
