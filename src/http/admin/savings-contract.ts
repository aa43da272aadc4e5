import { z } from '@hono/zod-openapi';

/** Documents of the savings endpoint. Amounts are exact nano-USD as text, as sums need them; savings may be below 0. */

const nano = z
  .string()
  .regex(/^-?\d+$/)
  .describe('Exact amount in nano-USD (1 USD = 1,000,000,000)');

export const savingsBySchema = z.enum(['route', 'project', 'key', 'model', 'day', 'deployment']);

const savingsRowSchema = z
  .object({
    group: z.string().nullable(),
    requests: z.int().describe('Of clients; simulated ones apart'),
    spent_nano_usd: nano.describe('All known costs, of proof too'),
    other_attempts_nano_usd: nano.describe('Part of it: attempts whose answer no client got'),
    signals_nano_usd: nano,
    proof_nano_usd: nano.describe('Part of it: calls that were made to prove routes'),
    judges_nano_usd: nano.describe('Part of the cost of proof'),
    compared_requests: z.int().describe('Only these are in savings'),
    compared_cost_nano_usd: nano,
    reference_nano_usd: nano.describe('The reference for the same tokens, with as much of them cached'),
    warm_reference_nano_usd: nano.describe('The reference with the caches it would have kept warm'),
    best_single_nano_usd: nano,
    best_single_margin_nano_usd: nano.describe('Half the width of its interval at 95 %'),
    random_mix_nano_usd: nano.nullable().describe('Null where a route has no measured candidate'),
    random_mix_margin_nano_usd: nano.nullable(),
    gross_nano_usd: nano.describe('Against the warm reference, before proof'),
    net_warm_reference_nano_usd: nano,
    net_best_single_nano_usd: nano,
    net_random_mix_nano_usd: nano.nullable(),
    unrouted_requests: z.int(),
    failed_requests: z.int(),
    aborted_requests: z.int(),
    unpriced_requests: z.int(),
    simulated_requests: z.int(),
    proof_requests: z.int(),
    proof_unpriced: z.int(),
  })
  .openapi('SavingsRow');

const alternativeSchema = z.object({
  candidate: z.string().nullable().describe('Null = the reference alone'),
  share: z.number().describe('Of requests that go to it; the rest to the reference'),
  factor: z.number().describe('Cost over the reference’s'),
  factor_margin: z.number(),
});

export const savingsSchema = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    by: savingsBySchema,
    total: savingsRowSchema,
    rows: z.array(savingsRowSchema),
    routes: z.array(
      z.object({
        route: z.string(),
        reference: z.string().nullable(),
        target: z.number().nullable(),
        pairs: z.int(),
        sessions: z.int(),
        quality: z.number().nullable().describe('Kept, relative to the reference; an estimate'),
        quality_margin: z.number().nullable().describe('Half the width of a normal interval at 95 %'),
        candidates: z.array(
          z.object({
            candidate: z.string(),
            pairs: z.int(),
            quality: z.number(),
            quality_margin: z.number(),
            cost_ratio: z.number(),
            cost_ratio_margin: z.number(),
          }),
        ),
        best_single: alternativeSchema,
        random_mix: alternativeSchema.nullable(),
      }),
    ),
    note: z.string(),
  })
  .openapi('Savings');

export type SavingsDocument = z.infer<typeof savingsSchema>;
