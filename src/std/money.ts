/**
 * Money is an integer number of nano-USD (1 USD = 1,000,000,000). One request never nears the 9.0 million USD at which
 * a JavaScript integer would lose exactness; sums over many requests are bigint.
 */
export type NanoUsd = number;

export const nanoPerUsd = 1_000_000_000;

/** A price in pico-USD per token: the integer form of «USD per 1M tokens» (1 USD per 1M tokens = 1,000,000 pico-USD a token). */
export type PicoUsdPerToken = number;

/** Converts a list price in USD per 1M tokens. Throws a RangeError for negative, infinite or too fine prices (finer than 1e-6 USD per 1M). */
export function picoUsdPerToken(usdPerMillionTokens: number): PicoUsdPerToken {
  const pico = Math.round(usdPerMillionTokens * 1_000_000);
  if (!Number.isSafeInteger(pico) || pico < 0) {
    throw new RangeError(`price ${usdPerMillionTokens} USD per 1M tokens is not a non-negative amount`);
  }
  return pico;
}

/** Rounds an exact sum of pico-USD to nano-USD, half up, once per attempt. */
export function nanoFromPico(picoUsd: bigint): NanoUsd {
  return Number((picoUsd + 500n) / 1000n);
}

export function usdFromNano(nano: NanoUsd | bigint): number {
  return Number(nano) / nanoPerUsd;
}

/** A plain decimal such as `0.000012340`, for headers and tables; never exponent notation. */
export function formatUsd(nano: NanoUsd | bigint): string {
  const value = BigInt(nano);
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(10, '0');
  return `${sign}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
