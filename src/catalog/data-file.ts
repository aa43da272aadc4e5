import * as z from 'zod';
import { modelKinds, obligationKinds } from './model.ts';

/**
 * The form of a catalogue file, shipped or the operator's: sources and licences once, then models and prices that name them.
 * Unknown fields are refused, so that a misspelt price never passes for an absent one.
 */

const isoDate = /^\d{4}-\d{2}-\d{2}$/;
const isoDateOrInstant = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$/;

/** The finest price that fits the integer form is 0.000001 USD per 1M tokens; a million USD per 1M is a slip of the unit. */
const usdPerMillion = z.number().nonnegative().max(1_000_000);
const tokens = z.number().int().positive().max(1_000_000_000);

/** A key of `sources`, or the citation itself. */
const sourceReference = z.union([
  z.string().min(1),
  z.strictObject({ source: z.string().min(1), asOf: z.string().regex(isoDate) }),
]);

const quirks = z.strictObject({
  maxTokensField: z.enum(['max_tokens', 'max_completion_tokens']).optional(),
  usageNeedsStreamOption: z.boolean().optional(),
  jsonSchema: z.boolean().optional(),
  reasoningControl: z
    .enum([
      'none',
      'reasoning_effort',
      'reasoning',
      'thinking',
      'adaptive-thinking',
      'enable_thinking',
      'chat_template_kwargs',
      'thinking_level',
      'thinking_budget',
    ])
    .optional(),
  reasoningEfforts: z.array(z.string().min(1)).min(1).optional(),
  reasoningEcho: z.enum(['none', 'tool-turns', 'all']).optional(),
  thinkingNeedsStream: z.boolean().optional(),
  refusedFields: z.array(z.string().min(1)).optional(),
  refusedWhileThinking: z.array(z.string().min(1)).optional(),
  ranges: z.record(z.string().min(1), z.strictObject({ min: z.number(), max: z.number() })).optional(),
  extraBody: z.record(z.string().min(1), z.unknown()).optional(),
  systemRole: z.enum(['system', 'merged']).optional(),
  alternatingRoles: z.boolean().optional(),
  heartbeats: z.boolean().optional(),
});

/** Which vendor serves a model, under which name, and how it differs there. */
const serving = z.strictObject({
  vendor: z.string().min(1),
  name: z.string().min(1),
  /** Only these regions of the vendor; absent = all. */
  regions: z.array(z.string().min(1)).min(1).optional(),
  quirks: quirks.optional(),
  contextTokens: tokens.optional(),
  outputTokensMax: tokens.optional(),
});

const commercialUse = z.enum(['yes', 'no', 'conditions', 'unknown']);

const licence = z.strictObject({
  id: z.string().min(1),
  openWeights: z.boolean(),
  commercialUse,
  notes: z.string().optional(),
  obligations: z
    .array(
      z.strictObject({
        kind: z.enum(obligationKinds),
        text: z.string().min(1),
        /** `weights`: only whoever runs the weights is bound; `always`: also who calls them at a vendor. */
        binds: z.enum(['weights', 'always']),
        /** ISO 3166 codes, `EU` for the Union. */
        territories: z
          .array(z.string().regex(/^[A-Z]{2}$/))
          .min(1)
          .optional(),
      }),
    )
    .optional(),
});

const modelEntry = z.strictObject({
  id: z.string().regex(/^[^\sA-Z#]+$/, 'must be lower case, without spaces or #'),
  aliases: z.array(z.string().regex(/^[^\sA-Z#]+$/, 'must be lower case, without spaces or #')),
  name: z.string().min(1),
  family: z.string().min(1),
  lab: z.string().min(1),
  origin: z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 code of two letters (ZZ = unknown)'),
  /** What it is for; absent = `chat`. */
  kind: z.enum(modelKinds).optional(),
  /** A key of `licences`, or the licence itself. */
  licence: z.union([z.string().min(1), licence]),
  released: z.string().regex(isoDate).nullable(),
  contextTokens: tokens,
  /** 0 for models that write no text. */
  outputTokensMax: tokens.or(z.literal(0)),
  /** Length of an embedding's vector, at its longest. */
  dimensions: tokens.optional(),
  capabilities: z.strictObject({
    tools: z.boolean(),
    parallelTools: z.boolean(),
    jsonSchema: z.boolean(),
    sampling: z.boolean().optional(),
    forcedToolChoice: z.boolean().optional(),
    imageInput: z.boolean(),
    documentInput: z.boolean(),
    reasoning: z.enum(['none', 'optional', 'always']),
  }),
  scores: z.array(
    z.strictObject({
      benchmark: z.string().min(1),
      value: z.number().min(0).max(100),
      source: sourceReference,
    }),
  ),
  facts: z.array(sourceReference),
  /** What other sources say and the entry does not follow. */
  evidence: z
    .array(
      z.strictObject({
        field: z.string().min(1),
        value: z.union([z.string(), z.number(), z.boolean()]),
        source: sourceReference,
      }),
    )
    .optional(),
  simulated: z.boolean(),
  note: z.string().optional(),
  servedBy: z.array(serving),
});

/** An hour of the day, or `hour:minute`. */
const timeOfDay = z.union([
  z.number().int().min(0).max(24),
  z.string().regex(/^(([01]?\d|2[0-3]):[0-5]\d|24:00)$/, 'must be a time such as 16:30'),
]);

/** 90 for `1:30` and 120 for 2. */
export function minuteOfDay(time: number | string): number {
  if (typeof time === 'number') return time * 60;
  const [hours, minutes] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}

const rates = {
  input: usdPerMillion,
  output: usdPerMillion,
  outputThinking: usdPerMillion.optional(),
  cacheRead: usdPerMillion.optional(),
  cacheWrite: usdPerMillion.optional(),
  cacheWrite1h: usdPerMillion.optional(),
  /** Per call, e.g. a search of a rerank model. */
  perRequest: z.number().nonnegative().max(1000).optional(),
};

const currencyCode = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as CNY');

const priceEntry = z
  .strictObject({
    model: z.string().min(1),
    vendor: z.string().min(1),
    region: z.string().min(1).nullable().optional(),
    from: z.string().regex(isoDateOrInstant, 'must be a date or an instant such as 2026-08-16T16:00:00Z'),
    to: z
      .string()
      .regex(isoDateOrInstant, 'must be a date or an instant such as 2026-08-16T16:00:00Z')
      .nullable()
      .optional(),
    inputTokensAbove: z.number().int().nonnegative().optional(),
    inputTokensUpTo: tokens.optional(),
    outputTokensUpTo: tokens.optional(),
    hoursUtc: z
      .array(
        z
          .tuple([timeOfDay, timeOfDay])
          .refine(([start, end]) => minuteOfDay(start) < minuteOfDay(end), 'must begin before it ends'),
      )
      .min(1)
      .optional(),
    weekdaysUtc: z.array(z.number().int().min(0).max(6)).min(1).optional(),
    /** What the figures are in, per 1M tokens; absent = USD. Another currency needs a row in `rates`. */
    currency: currencyCode.optional(),
    ...rates,
    source: sourceReference,
    /** What other sources say and the row does not follow, in the row's own unit. */
    evidence: z
      .array(z.strictObject({ ...z.strictObject(rates).partial().shape, source: sourceReference }))
      .optional(),
    note: z.string().optional(),
  })
  .refine(
    (row) => row.to === null || row.to === undefined || Date.parse(row.from) < Date.parse(row.to),
    'must begin before it ends',
  )
  .refine(
    (row) => row.inputTokensUpTo === undefined || row.inputTokensUpTo > (row.inputTokensAbove ?? 0),
    'inputTokensUpTo must exceed inputTokensAbove',
  );

/** What a unit of a currency was worth from a date on. */
const rateEntry = z.strictObject({
  currency: currencyCode.refine((code) => code !== 'USD', 'is what all rates are in'),
  usd: z.number().positive().max(1000),
  from: z.string().regex(isoDate, 'must be a date such as 2026-08-26'),
  source: sourceReference,
});

export const catalogFileSchema = z.strictObject({
  about: z.string().optional(),
  sources: z
    .record(
      z.string().min(1),
      z.strictObject({
        source: z.string().min(1),
        asOf: z.string().regex(isoDate),
        licence: z.string().optional(),
      }),
    )
    .optional(),
  licences: z
    .record(z.string().min(1), licence.omit({ id: true }).extend({ source: sourceReference.optional() }))
    .optional(),
  rates: z.array(rateEntry).optional(),
  /** In an overlay a model that exists may be given in part: its id and the fields that change. */
  models: z.array(modelEntry.partial().required({ id: true })).optional(),
  prices: z.array(priceEntry).optional(),
});

export const completeModelSchema = modelEntry;

export type ModelEntry = z.infer<typeof modelEntry>;
export type CatalogContent = z.infer<typeof catalogFileSchema>;
export type PartialModelEntry = NonNullable<CatalogContent['models']>[number];
export type PriceEntry = z.infer<typeof priceEntry>;
export type Serving = z.infer<typeof serving>;
export type SourceReference = z.infer<typeof sourceReference>;
