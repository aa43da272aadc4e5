import type { Decision } from '../../router/index.ts';
import type { RouteProofSettings } from '../route-settings.ts';
import { ProofBudget } from './budget.ts';
import { drawn } from './draw.ts';
import { StratumShares } from './shares.ts';
import { stratumOf } from './stratum.ts';

type SamplerSettings = Pick<
  RouteProofSettings,
  'shareMax' | 'shareCertified' | 'shareMin' | 'budgetUsdPerDay' | 'anchorsPerWeek'
>;

export interface Draw {
  stratum: string;
  propensity: number;
  propensityLeast: number;
  /** It is to become a pair, or its session's requests are. */
  drawn: boolean;
  /** No rung sends it anywhere: all is known of it without a pair. */
  known: boolean;
}

export interface Drawable {
  decision: Decision;
  /** Of the unit that is drawn: the request, or its session. */
  unitId: string;
  /** A session begins: it is drawn whatever its first request is. */
  session?: boolean | undefined;
  /** The route is certified, so that fewer are drawn. */
  certified: boolean;
}

const weekMs = 604_800_000;
const anchorsKnownMs = 3_600_000;
/** People are never asked about less than this share of the pairs, so that labels stay a sample of all. */
const anchorShareMin = 0.01;

/** Which requests of a route become pairs, and which pairs people are asked about. Every probability is fixed before its draw. */
export class Sampler {
  readonly #secret: Uint8Array;
  readonly #route: string;
  readonly #shares = new StratumShares();
  readonly #budget: ProofBudget;
  #settings: SamplerSettings;
  #pairs = 0;
  #sinceMs: number | undefined;

  constructor(route: string, settings: SamplerSettings, secret: Uint8Array) {
    this.#route = route;
    this.#settings = settings;
    this.#secret = secret;
    this.#budget = new ProofBudget(settings.budgetUsdPerDay);
  }

  reconfigured(settings: SamplerSettings): void {
    this.#settings = settings;
    this.#budget.usdPerDay = settings.budgetUsdPerDay;
  }

  /** Draws a request, or does not; `propensityLeast` is 0 while the day's money is spent. */
  draw({ decision, unitId, session, certified }: Drawable, nowMs: number): Draw {
    const stratum = stratumOf(decision);
    const { shareMin } = this.#settings;
    const wanted = certified ? this.#settings.shareCertified : this.#settings.shareMax;
    const mean = this.#budget.share(nowMs, this.#shares.pairUsd, Math.max(wanted, shareMin), shareMin);
    const known = stratum ?? `${decision.shape.language}/known`;
    const share = mean === 0 ? { propensity: 0, least: 0 } : this.#shares.share(known, mean, shareMin);
    const isKnown = stratum === undefined;
    if (isKnown && session !== true)
      return { stratum: known, propensity: 1, propensityLeast: share.least, drawn: false, known: true };
    this.#budget.seen(nowMs);
    this.#shares.seen(known);
    const about = [this.#route, decision.ladder?.policy ?? 'learn', unitId];
    return {
      stratum: known,
      propensity: share.propensity,
      propensityLeast: share.least,
      known: isKnown,
      drawn: share.propensity > 0 && drawn(this.#secret, 'pair', about) < share.propensity,
    };
  }

  /** A pair is being made. */
  began(): void {
    this.#budget.began();
  }

  /** It was made, at this cost, or given up. */
  ended(usd: number, nowMs: number): void {
    this.#budget.ended();
    this.#budget.spent(usd, nowMs);
  }

  /** What a pair has taught of where draws are worth most. */
  paired(stratum: string, square: number, usd: number): void {
    this.#shares.paired(stratum, square, usd);
  }

  /**
   * P(people are asked about this pair), and whether they are; undefined = they are asked about none.
   *
   * @param about the unit that is asked about as a whole: the pair, or its session
   * @param fixed the probability while a policy is tested
   */
  anchor(about: string, nowMs: number, fixed?: number): { propensity: number; drawn: boolean } | undefined {
    this.#sinceMs ??= nowMs;
    this.#pairs += 1;
    const propensity = fixed ?? this.labelShare(nowMs);
    if (propensity === 0) return undefined;
    return { propensity, drawn: drawn(this.#secret, 'anchor', [this.#route, about]) < propensity };
  }

  /** At which people are asked as often as the route says, as pairs came so far; 0 = never. */
  labelShare(nowMs: number): number {
    const { anchorsPerWeek } = this.#settings;
    if (anchorsPerWeek === 0) return 0;
    const ageMs = Math.max(anchorsKnownMs, nowMs - (this.#sinceMs ?? nowMs));
    const pairsPerWeek = (Math.max(1, this.#pairs) / ageMs) * weekMs;
    return Math.min(1, Math.max(anchorShareMin, anchorsPerWeek / pairsPerWeek));
  }

  spentToday(nowMs: number): number {
    return this.#budget.spentToday(nowMs);
  }

  state(): unknown {
    return {
      shares: this.#shares.state(),
      budget: this.#budget.state(),
      pairs: this.#pairs,
      sinceMs: this.#sinceMs,
    };
  }

  /** What cannot be read is learned anew. */
  restore(value: unknown): void {
    const { shares, budget, pairs, sinceMs } = (value ?? {}) as { [name: string]: unknown };
    this.#shares.restore(shares);
    this.#budget.restore(budget);
    if (typeof pairs === 'number' && typeof sinceMs === 'number') {
      this.#pairs = pairs;
      this.#sinceMs = sinceMs;
    }
  }
}
