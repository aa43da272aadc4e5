import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Snapshot } from '../../gateway/index.ts';
import { type Counts, type WhatIfReport, type WhatIfSources, whatIf, whatIfMax } from '../../proof/index.ts';
import { usdFromNano } from '../../std/index.ts';
import { type AdminEnv, answers, requireAdmin } from './endpoint.ts';

export interface WhatIfOptions extends Omit<WhatIfSources, 'other' | 'current'> {
  current(): Snapshot;
  /** Compiles a configuration without publishing it. Rejects with `invalid_request` naming the field at fault. */
  other(config: string): Promise<Snapshot>;
}

const configMax = 500_000;
const usualLimit = 10_000;

const questionSchema = z.strictObject({
  config: z.string().min(1).max(configMax).describe('Another configuration, as YAML or JSON text'),
  route: z.string().min(1).max(200),
  from: z.iso.datetime({ offset: true }).optional().describe('Inclusive; default: the beginning'),
  to: z.iso.datetime({ offset: true }).optional().describe('Exclusive; default: now'),
  limit: z.int().min(1).max(whatIfMax).default(usualLimit).describe('The newest so many decisions'),
});

const countsSchema = z.array(z.object({ name: z.string(), before: z.int(), after: z.int() }));
const measuredSchema = z
  .object({ value: z.number(), margin: z.number().describe('Half the width of the interval at 95 %') })
  .nullable();

const reportSchema = z
  .object({
    route: z.string(),
    decisions: z.int(),
    not_replayable: z.int(),
    changed: z.int().describe('Decisions that would have gone elsewhere'),
    refused: z.int().describe('No candidate of the other configuration could have served them'),
    compared: z.int().describe('Both sides have a price and an estimate'),
    expected_cost_usd: z.object({ before: z.number(), after: z.number() }),
    cost_ratio: measuredSchema,
    expected_loss: z
      .object({ before: z.number(), after: z.number() })
      .describe('Mean against the reference, by the router’s own estimate'),
    measured_loss: z
      .object({ pairs: z.int(), not_covered: z.int(), before: measuredSchema, after: measuredSchema })
      .nullable()
      .describe('As pairs show it; null without pairs or with another reference'),
    answers: countsSchema,
    processing: countsSchema.describe('Where requests would be processed'),
    origin: countsSchema.describe('Where the models come from, ISO 3166'),
    moved: z.array(z.object({ from: z.string(), to: z.string(), requests: z.int() })),
  })
  .openapi('WhatIf');

/** Stored traffic under another configuration, before it is published. */
export function whatIfEndpoint(app: OpenAPIHono<AdminEnv>, options: WhatIfOptions): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/what-if',
      summary:
        'What another configuration (policy, prices, pool) would have meant for recorded traffic; nothing is called or changed; admin only',
      request: { body: { required: true, content: { 'application/json': { schema: questionSchema } } } },
      responses: answers(reportSchema),
    }),
    async (context) => {
      requireAdmin(context);
      const { config, route, from, to, limit } = context.req.valid('json');
      const other = await options.other(config);
      const window = { fromMs: from && Date.parse(from), toMs: to && Date.parse(to) } as const;
      const question = { route, limit, fromMs: window.fromMs || undefined, toMs: window.toMs || undefined };
      const report = await whatIf(question, { ...options, other, current: options.current() });
      return context.json(presentWhatIf(report), 200);
    },
  );
}

export function presentWhatIf(report: WhatIfReport): z.infer<typeof reportSchema> {
  const { cost, measured } = report;
  const flat = (rows: readonly { name: string; counts: Counts }[]) =>
    rows.map(({ name, counts }) => ({ name, ...counts }));
  return {
    route: report.route,
    decisions: report.decisions,
    not_replayable: report.notReplayable,
    changed: report.changed,
    refused: report.refused,
    compared: report.compared,
    expected_cost_usd: { before: usdFromNano(cost.beforeNano), after: usdFromNano(cost.afterNano) },
    cost_ratio: cost.ratio ?? null,
    expected_loss: report.expectedLoss,
    measured_loss:
      measured === undefined
        ? null
        : {
            pairs: measured.pairs,
            not_covered: measured.notCovered,
            before: measured.before ?? null,
            after: measured.after ?? null,
          },
    answers: flat(report.answers),
    processing: flat(report.processing),
    origin: flat(report.origin),
    moved: report.moved,
  };
}
