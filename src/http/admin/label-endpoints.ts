import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { LabelTask } from '../../proof/index.ts';
import { type AdminEnv, answers, requireAdmin } from './endpoint.ts';
import type { ProofOptions } from './proof-endpoints.ts';

const taskSchema = z
  .object({
    pair_id: z.string(),
    route: z.string(),
    at: z.iso.datetime(),
    task: z.string(),
    language: z.string(),
    request: z.string().describe('The conversation as text'),
    comparisons: z
      .array(z.object({ id: z.string(), first: z.string(), second: z.string() }))
      .describe('Two answers each; which model wrote which is not told'),
  })
  .openapi('LabelTask');

const nextSchema = z.object({
  task: taskSchema.nullable().describe('Null where there is nothing to label, or its texts are gone'),
  waiting: z.int().describe('Pairs whose label the evidence waits for'),
});

const labelsSchema = z.object({
  pair_id: z.string(),
  verdicts: z
    .array(z.object({ comparison: z.string(), better: z.enum(['first', 'second', 'same']) }))
    .min(1)
    .max(20)
    .describe('One for each comparison of the pair'),
  comment: z.string().max(2000).optional(),
});

/** People compare answers, blind; what they say corrects the judge. */
export function labelEndpoints(app: OpenAPIHono<AdminEnv>, { desk }: ProofOptions): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/labels/next',
      summary: 'A pair to be compared by a person, without telling whose answers they are; admin only',
      request: { query: z.object({ route: z.string().optional() }) },
      responses: answers(nextSchema),
    }),
    async (context) => {
      requireAdmin(context);
      const { task, waiting } = await desk.nextLabel(
        context.req.valid('query').route,
        context.get('principal').keyId,
      );
      return context.json({ task: task === undefined ? null : presentTask(task), waiting }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/labels',
      summary: 'What a person says of a pair that they were asked about; admin only',
      request: { body: { required: true, content: { 'application/json': { schema: labelsSchema } } } },
      responses: answers(z.object({ labelled: z.int() })),
    }),
    async (context) => {
      requireAdmin(context);
      const { pair_id, verdicts, comment } = context.req.valid('json');
      const said = new Map(verdicts.map(({ comparison, better }) => [comparison, better]));
      await desk.label(pair_id, said, { by: context.get('principal').keyId, comment });
      return context.json({ labelled: said.size }, 200);
    },
  );
}

function presentTask({ pairId, atMs, ...task }: LabelTask): z.infer<typeof taskSchema> {
  return { pair_id: pairId, at: new Date(atMs).toISOString(), ...task };
}
