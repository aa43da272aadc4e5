import type { PicoUsdPerToken } from '../std/index.ts';
import type { FactSource } from './model.ts';

/**
 * One price row. The row for a request is the one that matches provider vendor, region, time of day and total input size; the
 * tier chosen by the size of the whole request applies to all its tokens (how DashScope, Gemini and others bill).
 */
export interface PriceRow extends FactSource {
  /** Catalogue model id. */
  model: string;
  /** Vendor id the price holds at. */
  vendor: string;
  /** Region of that vendor, `undefined` = every region without a row of its own. */
  region: string | undefined;
  /** Inclusive ISO instant (date) from which the row holds. */
  from: string;
  /** Exclusive; undefined = still valid. */
  to: string | undefined;
  /** The row holds for requests with more input tokens than this (0 = the base row). */
  inputTokensAbove: number;
  /** Hours of the day (UTC, inclusive start, exclusive end) in which the row holds; undefined = always. */
  hoursUtc?: [number, number][] | undefined;
  input: PicoUsdPerToken;
  output: PicoUsdPerToken;
  /** Undefined = the vendor has no such rate; the input rate applies. */
  cacheRead: PicoUsdPerToken | undefined;
  cacheWrite: PicoUsdPerToken | undefined;
  cacheWrite1h: PicoUsdPerToken | undefined;
}
