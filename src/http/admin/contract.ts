import { z } from '@hono/zod-openapi';
import { policyFactsSchema, requestPolicySchema } from './policy-contract.ts';

/**
 * The admin API's documents, as the dashboard and operators see them: snake case, money both as a USD number for people and as exact
 * nano-USD text for sums. This file is the only one that the dashboard imports, as types.
 */

const nanoUsd = z.string().regex(/^\d+$/).describe('Exact amount in nano-USD (1 USD = 1,000,000,000)');
const usd = z.number().describe('USD');

const usageSchema = z
  .object({
    input_tokens: z.int().describe('All prompt tokens, cached or not'),
    cache_read_tokens: z.int(),
    cache_write_tokens: z.int(),
    output_tokens: z.int().describe('All generated tokens, reasoning included'),
    reasoning_tokens: z.int(),
  })
  .openapi('Usage');

const costUsd = usd.nullable().describe('USD; null = a price is unknown, which is never free');
const costNanoUsd = nanoUsd.nullable();

const attemptSchema = z
  .object({
    id: z.string(),
    index: z.int(),
    deployment: z.string(),
    model: z.string(),
    provider: z.string(),
    region: z.string().nullable(),
    effort: z.enum(['off', 'low', 'high']).nullable().describe('Effort preset; null = the model’s default'),
    role: z
      .enum(['voter', 'escalation', 'signal', 'shadow', 'judge'])
      .nullable()
      .describe('What a call of a cascade, or of a signal that was asked, was for; null = simply to answer'),
    credential: z.string().nullable().describe('Id of the provider’s key, never the key'),
    started_at: z.iso.datetime(),
    duration_ms: z.number(),
    first_content_ms: z.number().nullable(),
    replayed: z.boolean().describe('Written twice: the reused socket of the first writing was closing'),
    outcome: z.enum(['answered', 'failed', 'aborted']),
    status: z.int().nullable().describe('HTTP status of the upstream'),
    error: z.string().nullable(),
    error_detail: z.string().nullable().describe('For the operator; only admins see it'),
    usage: usageSchema.nullable(),
    usage_source: z.enum(['reported', 'estimated', 'none']),
    cost_usd: costUsd,
    cost_nano_usd: costNanoUsd,
    price_row: z.string().nullable(),
  })
  .openapi('Attempt');

const requestSummarySchema = z
  .object({
    id: z.string(),
    started_at: z.iso.datetime(),
    duration_ms: z.number(),
    first_content_ms: z.number().nullable(),
    key_id: z.string(),
    project: z.string().nullable(),
    dialect: z.string(),
    service: z.string().nullable().describe('Endpoint beside chat, e.g. embeddings'),
    model: z.string().describe('What the client asked for'),
    served_model: z.string().nullable(),
    route: z.string().nullable(),
    variant: z
      .enum(['canary'])
      .nullable()
      .describe('The form of the route that it got; null = the usual one'),
    deployment: z.string().nullable(),
    stream: z.boolean(),
    outcome: z.enum(['answered', 'failed', 'aborted']),
    status: z.int(),
    error: z.string().nullable(),
    usage: usageSchema.nullable(),
    usage_source: z.enum(['reported', 'estimated', 'none']),
    units: z
      .object({
        images: z.number().optional(),
        seconds: z.number().optional(),
        searches: z.number().optional(),
      })
      .nullable()
      .describe('What the answer is counted in beside tokens'),
    cost_usd: costUsd,
    cost_nano_usd: costNanoUsd,
    reference_cost_usd: costUsd.describe('What the route’s reference would have cost for the same tokens'),
    reference_cost_nano_usd: costNanoUsd,
    warm_reference: z
      .object({ cost_usd: usd, cost_nano_usd: nanoUsd, cache_read_tokens: z.number() })
      .nullable()
      .describe(
        'What it would have cost had it answered the whole conversation, with its prefix in its cache; null = not known, or an older record',
      ),
    predicted: z
      .object({ cost_usd: usd, cost_nano_usd: nanoUsd, output_tokens: z.number() })
      .nullable()
      .describe(
        'What the decision expected of whoever answered; null = it was not known, or is an older record',
      ),
    attempts_count: z.int(),
    decision_id: z.string().nullable(),
    simulated: z.boolean(),
    session: z.string().nullable(),
    tags: z.array(z.string()),
    policy: requestPolicySchema.nullable().describe('Null where there is no pack and nothing was said'),
    dropped_params: z.array(z.string()),
  })
  .openapi('RequestSummary');

const intervalSchema = z.object({ mean: z.number(), low: z.number(), high: z.number() });

const planEstimateSchema = z
  .object({
    plan: z.string().describe('a>r: a is checked, then r; a+b>r: a and b are compared, then r'),
    quality: intervalSchema,
    loss: intervalSchema,
    expected_cost_usd: costUsd.describe('Of all its calls, each weighted by how probably it is made'),
    escalation: z.number().describe('P(the last member is called)'),
  })
  .openapi('PlanEstimate');

export const decisionSchema = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    route: z.string().nullable(),
    mode: z.enum(['observe', 'assist', 'certified', 'named']),
    reason: z.string().describe('A code; `explanation.sentence` has it in words'),
    quality: z.enum(['certified', 'estimated', 'uncertified']),
    reference: z.string(),
    plan: z.array(z.string()).describe('What is called, first to last'),
    cascade: planEstimateSchema
      .nullable()
      .describe('How the answer comes about, where it is looked at before it is given out'),
    cascades: z.array(planEstimateSchema).describe('Such plans that were weighed beside single candidates'),
    preferred: z.string().describe('What would have been chosen; differs from plan[0] only while observing'),
    explanation: z.object({
      sentence: z.string(),
      runner_up: z.string().nullable(),
      flip: z.string().nullable().describe('What would have flipped the choice'),
    }),
    candidates: z.array(
      z.object({
        candidate: z.string(),
        model: z.string(),
        quality: intervalSchema.describe('P(answer acceptable), 95 % interval'),
        loss: intervalSchema.describe('Expected loss against the reference, 0..1, 95 % interval'),
        evidence: z.number().describe('Rows of evidence behind the estimate'),
        evidence_cell: z.string(),
        expected_cost_usd: costUsd,
        expected_output_tokens: z.number().nullable(),
        contributions: z.array(
          z.object({
            feature: z.string(),
            label: z.string(),
            value: z.number(),
            effect: z
              .number()
              .describe(
                'Added to the expected loss, as quality 0..1; 0.012 is 1.2 points. The parts are exact',
              ),
          }),
        ),
      }),
    ),
    excluded: z.array(
      z.object({
        candidate: z.string(),
        stage: z.string(),
        rule: z.string(),
        why: z.string(),
        also: z.array(z.string()).optional().describe('Other rules that refuse it'),
        facts: policyFactsSchema.optional().describe('What the rule looked at; null = not known'),
      }),
    ),
    signals: z
      .object({
        asked: z.array(
          z.object({
            name: z.enum(['embedding', 'judge']),
            deployment: z.string().nullable(),
            outcome: z.enum(['answered', 'late', 'failed', 'unclear']),
            duration_ms: z.number(),
          }),
        ),
        waited_ms: z.number().describe('How long the request waited for them'),
        expected_cost_usd: costUsd,
        judge: z.number().nullable().describe('Where the rating stands among the judge’s ratings, 0..1'),
        without: z.string().describe('What was chosen before they were asked'),
        changed: z.boolean(),
      })
      .nullable()
      .describe('Whom the router asked because it was undecided; null = nobody'),
    target: z.object({ kind: z.string(), value: z.number() }),
    lambda_usd: z.number().describe('USD per point of quality that the decision traded at'),
    propensity: z.number(),
    shape: z
      .object({
        language: z.string(),
        task: z.string(),
        turn: z.string(),
        ask_chars: z.int(),
        input_tokens_estimate: z.number(),
        tools: z.int(),
        has_images: z.boolean(),
        session_key: z.string(),
      })
      .describe('What the request looked like: counts only, no text'),
    artefact: z.string(),
  })
  .openapi('Decision');

const otherTargetSchema = z.union([
  z.strictObject({
    quality: z.number().min(0.5).max(1).describe('Share of the reference’s quality to keep'),
  }),
  z.strictObject({
    usd_per_quality: z.number().min(0).describe('USD that a whole answer of quality is worth'),
  }),
]);

export const replayInputSchema = z
  .strictObject({
    artefact: z
      .enum(['own', 'loaded'])
      .default('own')
      .describe('own: the one it was made with, where it is kept; loaded: the one in force now'),
    target: otherTargetSchema.optional().describe('Also tell what this target would have led to'),
  })
  .openapi('ReplayInput');

const outlookSchema = z.object({
  answer: z.string().describe('A candidate, or a plan of several'),
  expected_cost_usd: costUsd,
  expected_loss: z.number().nullable().describe('Against the reference, 0..1'),
});

export const replaySchema = z
  .object({
    decision_id: z.string(),
    request_id: z.string(),
    same: z.boolean().describe('Field by field what was recorded'),
    artefact: z.object({
      made_with: z.string(),
      replayed_with: z.string(),
      wording_read: z
        .boolean()
        .describe(
          'False: another artefact’s reading of the wording means nothing to this one and was left out',
        ),
    }),
    note: z.string().nullable().describe('Why another outcome is no wonder'),
    differences: z
      .array(z.object({ field: z.string(), stored: z.unknown(), replayed: z.unknown() }))
      .describe('The first ones; null where a side lacks the field'),
    decision: decisionSchema,
    what_if: z
      .object({ decision: decisionSchema, before: outlookSchema, after: outlookSchema })
      .nullable()
      .describe('Under the target that was asked about'),
  })
  .openapi('Replay');

const guardrailSchema = z
  .object({
    name: z.string(),
    phase: z.enum(['before', 'after']).describe('before the upstream was called, or before the answer left'),
    action: z
      .enum(['allowed', 'replaced', 'blocked', 'failed-open', 'failed-closed'])
      .describe('failed-…: it could not be asked, and the configuration says what then'),
    code: z
      .string()
      .nullable()
      .describe('The guardrail’s own code for a refusal, or why it could not be asked'),
    duration_ms: z.number(),
  })
  .openapi('Guardrail');

const cascadeSchema = z
  .object({
    plan: z.string().describe('a>r: a is checked, then r; a+b>r: a and b are compared, then r'),
    verdicts: z.array(z.string()).describe('What was found at each look, in order'),
    faults: z
      .record(z.string(), z.array(z.string()))
      .describe('Of each candidate whose answer failed checks, which'),
    agreement: z
      .object({ agreed: z.int(), compared: z.int() })
      .nullable()
      .describe('How many of the answers that could be compared were the most common one'),
    posterior: z
      .record(z.string(), z.number())
      .nullable()
      .describe('P(answer acceptable) of each answer at the last look'),
    escalated: z.boolean().describe('The last member was called'),
    accepted: z.string().nullable().describe('The candidate whose answer was given out'),
  })
  .openapi('Cascade');

export const requestSchema = requestSummarySchema
  .extend({
    attempts: z.array(attemptSchema),
    guardrails: z.array(guardrailSchema).describe('In the order in which they were asked'),
    cascade: cascadeSchema.nullable().describe('Answers were looked at before one was given out'),
    decision: decisionSchema.nullable(),
  })
  .openapi('Request');

export const requestPageSchema = z
  .object({ data: z.array(requestSummarySchema), next_cursor: z.string().nullable() })
  .openapi('RequestPage');

export const reportBySchema = z.enum(['model', 'route', 'key', 'project', 'day', 'deployment']);

const reportRowSchema = z
  .object({
    group: z.string().nullable(),
    simulated: z.boolean().describe('Sandbox figures have rows of their own and are never part of a saving'),
    requests: z.int(),
    answered: z.int(),
    failed: z.int(),
    aborted: z.int(),
    input_tokens: z.int(),
    cache_read_tokens: z.int(),
    output_tokens: z.int(),
    cost_usd: usd,
    cost_nano_usd: nanoUsd,
    unpriced_requests: z.int().describe('Requests whose cost is unknown; not in the sums'),
    reference_cost_usd: usd,
    reference_cost_nano_usd: nanoUsd,
    compared: z
      .object({
        requests: z.int(),
        cost_usd: usd,
        reference_cost_usd: usd,
        saving_usd: usd,
        saving_share: z
          .number()
          .nullable()
          .describe('Share of the reference’s cost; null when nothing can be compared'),
      })
      .describe('Only requests where both costs are known'),
    predicted: z
      .object({
        requests: z.int(),
        cost_usd: usd.describe('As the decisions expected'),
        actual_cost_usd: usd,
        cost_ratio: z.number().nullable().describe('Actual over expected; null when nothing was expected'),
        output_tokens: z.number().describe('As the decisions expected'),
        actual_output_tokens: z.int(),
        output_ratio: z.number().nullable().describe('Actual over expected'),
      })
      .describe('Only answered requests where both are known'),
    first_content_ms_p50: z.number().nullable(),
    first_content_ms_p95: z.number().nullable(),
  })
  .openapi('ReportRow');

export const reportSchema = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    by: reportBySchema,
    rows: z.array(reportRowSchema),
    note: z.string(),
  })
  .openapi('Report');

/** Strict: a limit that is not known would be a limit that does not hold. */
const keyLimitsSchema = z.strictObject({
  requests_per_minute: z.int().positive().optional(),
  concurrent_requests: z.int().positive().optional(),
  budget_usd_per_day: z.number().positive().optional(),
});

export const newKeySchema = z
  .strictObject({
    name: z.string().min(1).max(200),
    role: z.enum(['admin', 'caller']).default('caller'),
    project: z.string().min(1).max(200).optional(),
    models: z
      .array(z.string().min(1))
      .optional()
      .describe('Names or globs of models and routes; absent = all'),
    limits: keyLimitsSchema.optional(),
    expires_at: z.iso.datetime({ offset: true }).optional(),
  })
  .openapi('NewKey');

export const keySchema = z
  .object({
    id: z.string(),
    prefix: z.string(),
    name: z.string(),
    role: z.enum(['admin', 'caller']),
    project: z.string().nullable(),
    models: z.array(z.string()).nullable(),
    limits: keyLimitsSchema,
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable(),
  })
  .openapi('Key');

export const createdKeySchema = keySchema
  .extend({ secret: z.string().describe('Shown once; only its digest is stored') })
  .openapi('CreatedKey');

export const errorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .openapi('Error');

const statedLimitsSchema = z
  .object({
    requests_per_minute: z.number().optional(),
    tokens_per_minute: z.number().optional(),
    concurrent: z.number().optional(),
  })
  .describe('As the configuration states them');

export const deploymentSchema = z
  .object({
    id: z.string(),
    model: z.string(),
    provider: z.string(),
    region: z.string().nullable(),
    weight: z.number(),
    limits: statedLimitsSchema,
    in_flight: z.int().describe('Calls under way'),
    queued: z.int().describe('Requests that wait for a place'),
    circuit: z.object({
      state: z
        .enum(['closed', 'open', 'half-open'])
        .describe('open: not called; half-open: the next call finds out whether it works again'),
      reason: z.string().nullable().describe('Error code that opened it; null while it is closed'),
      until: z.iso.datetime().nullable().describe('When an open one is tried again'),
    }),
    ejected_until: z.iso
      .datetime()
      .nullable()
      .describe('Out of its model’s turns until then, because it fares so much worse than its siblings'),
    keys: z
      .array(
        z.object({
          id: z.string().describe('Its name in the configuration, never the key'),
          weight: z.number(),
          limits: statedLimitsSchema,
          in_flight: z.int().describe('Calls under way with it, at all deployments of the provider'),
          cooling_until: z.iso
            .datetime()
            .nullable()
            .describe('Refused or limited by the vendor: not used here until then'),
          being_tried: z
            .boolean()
            .describe('One call finds out whether it works again; others use other keys'),
        }),
      )
      .describe('Keys of the provider, as they fare at this deployment'),
  })
  .openapi('Deployment');

const routeBudgetSchema = z
  .object({
    day: z.iso.date().describe('UTC'),
    budget_usd: usd,
    spent_usd: usd.describe('Settled so far by this process, and what the ledger knew when it started'),
    in_flight_usd: usd.describe('Expected cost of what was decided and is not settled'),
    requests: z.int(),
    requests_ahead: z.number().describe('Requests that the rest of the day is expected to bring'),
    lambda_usd: z
      .number()
      .nullable()
      .describe('What a whole answer of quality is worth now; null before the first decision'),
    forecast_usd: usd
      .nullable()
      .describe('What the whole day is expected to cost; null before the first decision'),
    course_known: z.boolean().describe('The course of a usual day is known; else only the rate of late'),
    reach: z
      .enum(['within', 'under', 'over'])
      .describe(
        'under: even the best answers to everything leave money over; over: even the cheapest cost more than is left, and are given all the same',
      ),
    would_be: z.boolean().describe('The route only observes: what its choices would have cost'),
  })
  .openapi('RouteBudget');

export const routeSchema = z
  .object({
    name: z.string(),
    mode: z.enum(['observe', 'assist']),
    reference: z.string(),
    candidates: z.array(z.string()),
    target: z.object({
      kind: z.enum(['quality', 'budget-per-day', 'usd-per-quality']),
      value: z.number(),
    }),
    upgrade_share_max: z.number().nullable(),
    learn: z.enum(['own', 'off']).describe('Whether own outcomes move the decisions'),
    feedback_from: z.enum(['admins', 'callers']),
    own_outcomes: z
      .record(z.string(), z.int())
      .describe('By model of the route: graded outcomes it is judged by; of all routes'),
    budget: routeBudgetSchema.nullable().describe('Null where the target is no budget'),
    signals: z
      .record(z.string(), z.int())
      .nullable()
      .describe(
        'How often the route was undecided, whom it asked, and what came of it; null = it asks nobody',
      ),
  })
  .openapi('Route');

const stalenessSchema = z.object({ age_days: z.int(), days_max: z.int(), stale: z.boolean() });

export const catalogModelSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.string(),
    aliases: z.array(z.string()),
    lab: z.string(),
    origin: z.string(),
    licence: z.string(),
    open_weights: z.boolean(),
    obligations: z.array(z.string()),
    staleness: stalenessSchema.nullable(),
    context_tokens: z.int(),
    output_tokens_max: z.int(),
    deployments: z.array(z.string()),
    simulated: z.boolean(),
    prices: z.array(
      z.object({
        vendor: z.string(),
        region: z.string().nullable(),
        from: z.string(),
        input_tokens_above: z.int(),
        input_usd_per_1m: z.number(),
        output_usd_per_1m: z.number(),
        cache_read_usd_per_1m: z.number().nullable(),
        to: z.string().nullable(),
        staleness: stalenessSchema,
        source: z.string(),
        as_of: z.string(),
      }),
    ),
    scores: z.array(
      z.object({ benchmark: z.string(), value: z.number(), source: z.string(), as_of: z.string() }),
    ),
    findings: z
      .array(
        z.object({
          deployment: z.string(),
          capability: z.string(),
          value: z.union([z.boolean(), z.number()]),
          evidence: z.string(),
          at: z.string(),
        }),
      )
      .openapi({ description: 'Where checks found a deployment to be otherwise than is claimed' }),
  })
  .openapi('CatalogModel');

export type Usage = z.infer<typeof usageSchema>;
export type Attempt = z.infer<typeof attemptSchema>;
export type RequestSummary = z.infer<typeof requestSummarySchema>;
export type PlanEstimate = z.infer<typeof planEstimateSchema>;
export type Cascade = z.infer<typeof cascadeSchema>;
export type Request = z.infer<typeof requestSchema>;
export type Decision = z.infer<typeof decisionSchema>;
export type ReplayInput = z.infer<typeof replayInputSchema>;
export type Replay = z.infer<typeof replaySchema>;
export type ReportRow = z.infer<typeof reportRowSchema>;
export type Key = z.infer<typeof keySchema>;
export type NewKey = z.infer<typeof newKeySchema>;
export type Deployment = z.infer<typeof deploymentSchema>;
export type Route = z.infer<typeof routeSchema>;
export type CatalogModel = z.infer<typeof catalogModelSchema>;
