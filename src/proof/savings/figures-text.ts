/** Figures as people read them. By hand, so that a page is the same on every machine. */

/** Four decimals, or six where there is less than a cent. */
export function usdText(nano: string): string {
  const value = BigInt(nano);
  const size = value < 0n ? -value : value;
  const decimals = size < 10_000_000n ? 6 : 4;
  const unit = 10n ** BigInt(9 - decimals);
  const digits = `${(size + unit / 2n) / unit}`.padStart(decimals + 1, '0');
  const whole = digits.slice(0, -decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${value < 0n ? '−' : ''}$${whole}.${digits.slice(-decimals)}`;
}

export function percentText(share: number, decimals = 1): string {
  return `${share < 0 ? '−' : ''}${Math.abs(100 * share).toFixed(decimals)} %`;
}

/** Null where nothing can be divided by. */
export function shareOf(part: string, whole: string): number | null {
  return BigInt(whole) === 0n ? null : Number(part) / Number(whole);
}

export function plusMinus(value: number, margin: number): string {
  return `${value.toFixed(4)} ± ${margin.toFixed(4)}`;
}
