import { type NanoUsd, nanoPerUsd } from '../../std/index.ts';
import { type DecisionTarget, lambdaUsdMax } from '../decision.ts';
import type { DecideInput } from './input.ts';

/** How the route's target trades cost against loss for one request. */
export interface Trade {
  /** USD per whole answer of quality. */
  lambdaUsd: number;
  /** Loss up to which a candidate is acceptable, given what it would save. */
  allowance: (savedNano: NanoUsd) => number;
  /** The price of quality is given, by the operator or by whoever paces a budget: then the expected loss is what counts, not its upper bound. */
  paced: boolean;
}

/** A target of 100 % would make every loss infinitely dear; at this allowance it is dear enough. */
const allowanceMin = 0.001;

/** Quality kept where a target says nothing about quality yet. */
export const unpacedQuality = 0.98;

/**
 * With a quality target, a loss as large as the whole allowance weighs as much as the reference's whole price. A price of quality
 * is used as it is: what is saved must pay for the loss. A budget is paced by a controller that passes `lambdaUsd`;
 * without one it is treated as a quality target of 98 %.
 */
export function tradeOf(
  target: DecisionTarget,
  referenceNano: NanoUsd | undefined,
  lambdaUsd: number | undefined,
): Trade {
  const given = target.kind === 'usd-per-quality' ? target.value : lambdaUsd;
  if (target.kind !== 'quality' && given !== undefined) {
    const priceOfQuality = Math.min(lambdaUsdMax, given);
    return {
      lambdaUsd: priceOfQuality,
      allowance: (savedNano) => (priceOfQuality <= 0 ? 1 : savedNano / nanoPerUsd / priceOfQuality),
      paced: true,
    };
  }
  const quality = target.kind === 'quality' ? target.value : unpacedQuality;
  const allowance = Math.max(0, 1 - quality);
  return {
    lambdaUsd: (referenceNano ?? 0) / nanoPerUsd / Math.max(allowanceMin, allowance),
    allowance: () => allowance,
    paced: false,
  };
}

/** A key over its cap on upgrades trades as if quality were worth less, so that whatever makes its requests look hard buys less. */
export function cappedTrade(trade: Trade, capped: DecideInput['capped']): Trade {
  const factor = capped?.lambdaFactor ?? 1;
  if (factor >= 1) return trade;
  return {
    ...trade,
    lambdaUsd: trade.lambdaUsd * factor,
    allowance: (savedNano) => (factor <= 0 ? 1 : trade.allowance(savedNano) / factor),
  };
}
