import * as z from 'zod';

const interval = z.strictObject({ mean: z.number(), low: z.number(), high: z.number() });

const rung = z.strictObject({
  rung: z.int(),
  allowance: z
    .number()
    .describe('Expected loss that a saved USD may cost (1 / λ) on this rung; 1e9 on the last: any'),
  cheap_share: z.number().describe('Share of requests that go to a cheaper candidate'),
  saving: interval.describe('Share of the reference’s cost; may be below 0'),
  quality: interval.describe('Quality retained: 1 − mean loss per request against the reference'),
  random_mix_saving: z
    .number()
    .nullable()
    .describe(
      'What sending a random share of requests to the last rung’s candidates saves at the same quality',
    ),
});

const forecast = z.strictObject({
  basis: z
    .enum(['priors', 'judged'])
    .describe(
      'Only what the router knew before, or corrected by answers to a sample that were called and judged',
    ),
  log: z.strictObject({
    requests: z.int().describe('Chat requests in the log'),
    used: z.int().describe('Of these, how many are in the sample that was decided'),
    bad: z.int(),
    bad_first: z.array(z.strictObject({ file: z.string(), line: z.int(), why: z.string() })),
    other: z.record(z.string(), z.int()).describe('Records that are no chat request, by kind'),
    formats: z.record(z.string(), z.int()),
    from: z.string().nullable().describe('ISO instant of the first request; null where the log has no times'),
    to: z.string().nullable(),
  }),
  today: z.strictObject({
    cost_usd: z
      .number()
      .describe('Of the priced requests, scaled to the whole log where only a sample was kept'),
    priced: z.int().describe('Of the used requests'),
    unpriced: z.int(),
    models: z.record(
      z.string(),
      z.strictObject({ requests: z.int(), priced: z.int(), cost_usd: z.number() }),
    ),
  }),
  route: z.strictObject({
    name: z.string(),
    reference: z.string(),
    candidates: z.array(z.string()),
    quality_target: z.number(),
    reference_cost_usd: z.number().describe('What the reference costs for all requests of the log'),
  }),
  next_requests: z.int().describe('Requests of the traffic that the intervals are for'),
  confidence: z.number().describe('Of saving and quality together'),
  curve: z.array(rung),
  recommended: rung
    .extend({
      saved_usd: interval.describe('Over the requests that the intervals are for'),
      candidates: z.record(z.string(), z.number()).describe('Share of requests that each would get'),
      mode: z.enum(['observe', 'assist']),
      yaml: z.string(),
    })
    .nullable()
    .describe('Null where no rung is expected to keep the target'),
  clusters: z.array(
    z.strictObject({
      task: z.string(),
      language: z.string(),
      length: z.string().describe('Input tokens'),
      requests: z.int(),
      cost_usd: z.number().describe('Of the reference, in the sample'),
      cost_share: z.number(),
      saving: z.number().nullable().describe('Expected at the recommended rung, share of the cluster’s cost'),
      loss: z.number().nullable().describe('Expected there, per request'),
    }),
  ),
  costly: z.array(
    z.strictObject({ id: z.string(), cost_usd: z.number(), task: z.string(), language: z.string() }),
  ),
  judged: z
    .strictObject({
      drawn: z.int(),
      usable: z.int(),
      spent_usd: z.number(),
      judges: z.array(z.string()),
      stopped: z.string().nullable().describe('Why fewer were judged than were drawn'),
    })
    .nullable(),
  missing: z.array(z.string()).describe('What the forecast does not know, in sentences'),
});

export type ForecastReport = z.infer<typeof forecast>;
export type ReportRung = z.infer<typeof rung>;

/** The JSON Schema of what `yumen forecast --json` prints, published as `docs/forecast.schema.json`. */
export function forecastJsonSchema(): unknown {
  return z.toJSONSchema(forecast);
}
