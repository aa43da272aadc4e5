import * as z from 'zod';

/**
 * The form of a catalogue file, shipped or the operator's: sources once, then models and prices that name them. Unknown
 * fields are refused, so that a misspelt price never passes for an absent one.
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
    .enum(['none', 'reasoning_effort', 'thinking', 'adaptive-thinking', 'enable_thinking'])
    .optional(),
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

const modelEntry = z.strictObject({
  id: z.string().regex(/^[^\sA-Z#]+$/, 'must be lower case, without spaces or #'),
  aliases: z.array(z.string().regex(/^[^\sA-Z#]+$/, 'must be lower case, without spaces or #')),
  name: z.string().min(1),
  family: z.string().min(1),
  lab: z.string().min(1),
  origin: z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 code of two letters (ZZ = unknown)'),
  licence: z.strictObject({
    id: z.string().min(1),
    openWeights: z.boolean(),
    commercialUse: z.enum(['yes', 'no', 'conditions', 'unknown']),
    notes: z.string().optional(),
  }),
  released: z.string().regex(isoDate).nullable(),
  contextTokens: tokens,
  outputTokensMax: tokens,
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
  simulated: z.boolean(),
  note: z.string().optional(),
  servedBy: z.array(serving),
});

const hour = z.number().int().min(0).max(24);

const priceEntry = z
  .strictObject({
    model: z.string().min(1),
    vendor: z.string().min(1),
    region: z.string().min(1).nullable().default(null),
    from: z.string().regex(isoDateOrInstant, 'must be a date or an instant such as 2026-08-16T16:00:00Z'),
    to: z
      .string()
      .regex(isoDateOrInstant, 'must be a date or an instant such as 2026-08-16T16:00:00Z')
      .nullable()
      .default(null),
    inputTokensAbove: z.number().int().nonnegative().default(0),
    inputTokensUpTo: tokens.optional(),
    hoursUtc: z
      .array(z.tuple([hour, hour]).refine(([start, end]) => start < end, 'must begin before it ends'))
      .min(1)
      .optional(),
    weekdaysUtc: z.array(z.number().int().min(0).max(6)).min(1).optional(),
    input: usdPerMillion,
    output: usdPerMillion,
    outputThinking: usdPerMillion.optional(),
    cacheRead: usdPerMillion.optional(),
    cacheWrite: usdPerMillion.optional(),
    cacheWrite1h: usdPerMillion.optional(),
    source: sourceReference,
    note: z.string().optional(),
  })
  .refine((row) => row.to === null || Date.parse(row.from) < Date.parse(row.to), 'must begin before it ends')
  .refine(
    (row) => row.inputTokensUpTo === undefined || row.inputTokensUpTo > row.inputTokensAbove,
    'inputTokensUpTo must exceed inputTokensAbove',
  );

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
    .default({}),
  /** In an overlay a model that exists may be given in part: its id and the fields that change. */
  models: z.array(modelEntry.partial().required({ id: true })).default([]),
  prices: z.array(priceEntry).default([]),
});

export const completeModelSchema = modelEntry;

export type ModelEntry = z.infer<typeof modelEntry>;
export type PartialModelEntry = z.infer<typeof catalogFileSchema>['models'][number];
export type PriceEntry = z.infer<typeof priceEntry>;
export type Serving = z.infer<typeof serving>;
export type SourceReference = z.infer<typeof sourceReference>;
