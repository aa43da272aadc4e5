import { z } from '@hono/zod-openapi';

const stageSchema = z.enum(['observe', 'assist', 'certified', 'retreated']);
const timeSchema = z.iso.datetime();

export const certificateSchema = z
  .object({
    id: z.string(),
    route: z.string(),
    policy: z.string(),
    ordinal: z.int().describe('Which policy of the route it is of; the k-th spends 6δ/(π²k²)'),
    kind: z.enum(['graded', 'judge-only', 'human-corrected']),
    quality: z.number().describe('Quality retained is at least this'),
    confidence: z.number(),
    rung: z.int(),
    evidence: z.object({
      requests: z.int(),
      pairs: z.int(),
      units: z.int().describe('Pieces of evidence: drawn sessions where those are the unit, else pairs'),
      anchors: z.int(),
      judge: z.string().nullable(),
      loss: z.number().describe('Measured mean loss per request, −1..1'),
      loss_bound: z.number().describe('Its upper bound at the confidence, whenever looked at'),
      cheap_share: z.number(),
      saved_share: z.number().describe('Of what the reference would cost, before the cost of proof'),
      proof_usd: z.number(),
    }),
    issued_at: timeSchema,
    ended_at: timeSchema.nullable(),
    ended_because: z.string().nullable(),
  })
  .openapi('Certificate');

export const routeProofSchema = z
  .object({
    route: z.string(),
    goal: z.enum(['observe', 'assist', 'certified']),
    stage: stageSchema,
    quality: z.number(),
    policy: z
      .object({
        id: z.string(),
        ordinal: z.int(),
        delta: z.number(),
        rungs: z.int(),
        frozen_at: timeSchema,
        fingerprint: z.record(z.string(), z.string()),
      })
      .nullable()
      .describe('What is tested; null while the route learns'),
    certificate: certificateSchema.nullable(),
    counts: z.object({
      requests: z.int(),
      covered: z.int().describe('Those that a certificate would speak of'),
      drawn: z.int(),
      lost: z.int().describe('Drawn, and never a pair'),
      pairs: z.int(),
      ungraded: z.int().describe('Pairs with an answer that nobody could grade; they count as lost in full'),
      waiting: z.int().describe('Pairs that are being made'),
    }),
    outlook: z
      .object({
        rung: z.int().nullable(),
        progress: z.number(),
        loss: z.number().nullable(),
        loss_allowed: z.number(),
        pairs_to_come: z.int().nullable(),
      })
      .nullable(),
    labels: z
      .object({
        share: z
          .number()
          .nullable()
          .describe('Of the units that are drawn, those that people are asked about'),
        given: z.int().describe('Labels that are part of the evidence'),
        waiting: z.int().describe('Drawn units that wait for a label, theirs or of one before them'),
        needed: z
          .int()
          .nullable()
          .describe('Labels that the next rung takes, about, by what was measured so far'),
        smallest_loss: z
          .number()
          .nullable()
          .describe('The smallest mean loss that could be certified with those given, 0..1'),
        judge_error: z
          .object({ mean: z.number(), bias: z.number(), pairs: z.int() })
          .nullable()
          .describe('Of the judge against people: mean absolute difference, and mean difference'),
      })
      .describe('What people have said; without labels_per_week all of it is empty'),
    sentence: z.string().describe('What the route waits for'),
    proof_usd: z.number().describe('What proving it has cost'),
    proof_usd_today: z.number(),
  })
  .openapi('RouteProof');

const storyEventSchema = z
  .object({
    id: z.string(),
    at: timeSchema,
    route: z.string(),
    kind: z.string(),
    from: stageSchema.nullable(),
    to: stageSchema.nullable(),
    sentence: z.string(),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  })
  .openapi('StoryEvent');

export const storySchema = z.object({ data: z.array(storyEventSchema), next_cursor: z.string().nullable() });

const pairSchema = z
  .object({
    id: z.string(),
    route: z.string(),
    request_id: z.string(),
    at: timeSchema,
    policy: z.string().nullable(),
    use: z.enum(['learn', 'test']),
    stratum: z.string(),
    propensity: z.number(),
    propensity_least: z.number(),
    language: z.string(),
    task: z.string(),
    reference: z.string(),
    rungs: z.array(z.string()),
    answers: z.array(
      z.object({
        candidate: z.string(),
        served: z.boolean(),
        outcome: z.enum(['answered', 'failed']),
        usd: z.number().nullable(),
        faults: z.array(z.string()),
        loss: z.number().nullable().describe('−1 better than the reference’s, 1 worse'),
        grader: z.string().nullable(),
        judge: z.string().nullable(),
        verdicts: z.array(z.string()),
      }),
    ),
  })
  .openapi('Pair');

export const pairPageSchema = z.object({ data: z.array(pairSchema), next_cursor: z.string().nullable() });

export const retreatSchema = z.object({
  reason: z.string().trim().min(3).max(500).describe('Told in the story of the route'),
});

const bothSchema = z.object({ usual: z.number().nullable(), canary: z.number().nullable() });

export const canarySchema = z
  .object({
    route: z.string(),
    share: z.number().describe('Of conversations, as configured; nobody gets it once it was taken back'),
    taken_back: z.object({ at: timeSchema, because: z.string() }).nullable(),
    requests: z.object({ usual: z.int(), canary: z.int() }),
    failures: bothSchema.describe('Share of requests with a failed call'),
    slow: bothSchema.describe('Share beyond what is slow for the usual form (its 95th percentile)'),
    loss: bothSchema.describe('Mean loss against the reference, where requests are compared'),
  })
  .openapi('Canary');

export const canaryActionSchema = z.strictObject({
  action: z.enum(['take_back', 'resume']),
  reason: z.string().trim().min(3).max(500).optional(),
});

export type CanaryView = z.infer<typeof canarySchema>;
export type CertificateView = z.infer<typeof certificateSchema>;
export type RouteProofView = z.infer<typeof routeProofSchema>;
export type StoryEventView = z.infer<typeof storyEventSchema>;
export type PairView = z.infer<typeof pairSchema>;
