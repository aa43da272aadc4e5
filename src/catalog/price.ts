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
  /** The source names a dearer tier above this size but not its price: there the price is unknown. Undefined = no such limit. */
  inputTokensUpTo?: number | undefined;
  /** Hours of the day (UTC, inclusive start, exclusive end) in which the row holds; undefined = always. Comes before a row without hours. */
  hoursUtc?: [number, number][] | undefined;
  /** Days of the week (UTC, 0 = Sunday) on which the row holds; undefined = every day. */
  weekdaysUtc?: number[] | undefined;
  input: PicoUsdPerToken;
  output: PicoUsdPerToken;
  /** Rate of all output of an answer that reasoned, where the vendor bills thinking mode apart; undefined = `output`. */
  outputThinking?: PicoUsdPerToken | undefined;
  /** Undefined = the vendor has no such rate; the input rate applies. */
  cacheRead: PicoUsdPerToken | undefined;
  cacheWrite: PicoUsdPerToken | undefined;
  cacheWrite1h: PicoUsdPerToken | undefined;
  /** Who says so; the operator's rows come before shipped ones. */
  origin?: 'operator' | 'shipped' | undefined;
  /** What the figures leave out, in words. */
  note?: string | undefined;
}
