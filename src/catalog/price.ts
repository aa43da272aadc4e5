import type { PicoUsdPerToken } from '../std/index.ts';
import type { FactSource } from './model.ts';

/** The rate at which a row in another currency was turned into USD; the row ends where the rate does. */
export interface Conversion {
  /** ISO 4217 code. */
  currency: string;
  usdPerUnit: number;
  /** ISO date from which the rate holds. */
  from: string;
  source: string;
}

/** A figure of another source, USD per 1M tokens or the row's own currency. */
export interface PriceEvidence extends FactSource {
  input?: number | undefined;
  output?: number | undefined;
  outputThinking?: number | undefined;
  cacheRead?: number | undefined;
  cacheWrite?: number | undefined;
  cacheWrite1h?: number | undefined;
  perRequest?: number | undefined;
}

/**
 * One price row. The row for a request is the one that matches provider vendor, region, time of day and total input size; the
 * tier chosen by the size of the whole request applies to all its tokens (how DashScope, Gemini and others bill). A price that
 * changed is two rows, the old one closed; a row is never edited.
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
  /**
   * The row holds for answers of at most this many tokens and comes before the row without such a limit (Volcengine Ark's discount
   * for short answers, volcengine.com/docs/82379/1544106). Until the length is known the dearer row holds.
   */
  outputTokensUpTo?: number | undefined;
  /**
   * Minutes of the day (UTC, inclusive start, exclusive end) in which the row holds; undefined = always. Comes before a row without
   * hours (DeepSeek's peak hours, api-docs.deepseek.com/quick_start/pricing).
   */
  minutesUtc?: [number, number][] | undefined;
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
  /** Pico-USD for each call, on top of its tokens: rerank models are billed by the search (docs.cohere.com, pricing). */
  perRequest?: number | undefined;
  /** How figures in another currency became USD. */
  converted?: Conversion | undefined;
  /** What other sources say and the row does not follow. */
  evidence?: PriceEvidence[] | undefined;
  /** Who says so; the operator's rows come before shipped ones. */
  origin?: 'operator' | 'shipped' | undefined;
  /** What the figures leave out, in words. */
  note?: string | undefined;
}
