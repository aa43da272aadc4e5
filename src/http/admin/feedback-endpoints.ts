import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { type GatewayDeps, giveFeedback } from '../../gateway/index.ts';
import type { LedgerStore } from '../../ledger/index.ts';
import { feedbackTexts } from '../../proof/index.ts';
import { type AdminEnv, answers, requireAdmin } from './endpoint.ts';
import * as contract from './feedback-contract.ts';
import { feedbackOf, presentLearned, presentNotes, presentTaken } from './present-feedback.ts';
import type { ProofOptions } from './proof-endpoints.ts';

export interface FeedbackOptions {
  gateway: GatewayDeps;
  ledgerStore: LedgerStore;
  proof: ProofOptions;
}

/** How answers turned out, in grades and in words. */
export function feedbackEndpoints(
  app: OpenAPIHono<AdminEnv>,
  { gateway, ledgerStore, proof }: FeedbackOptions,
): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/feedback',
      summary:
        'How answers turned out; the next decisions reckon with it. A caller grades its own requests, on routes that allow it',
      request: {
        body: { required: true, content: { 'application/json': { schema: contract.feedbackSchema } } },
      },
      responses: answers(contract.feedbackTakenSchema),
    }),
    async (context) => {
      const given = feedbackOf(context.req.valid('json'));
      const taken = await giveFeedback(given, context.get('principal'), {
        ...gateway,
        ledgerStore,
        texts: feedbackTexts(proof.store),
      });
      const [first] = taken.rejected;
      // Where nothing could be taken, the status says so too.
      if (first !== undefined && taken.rejected.length === given.length) throw first.error;
      return context.json(presentTaken(taken), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/feedback',
      summary: 'What graded outcomes have been learned from, by model; admin only',
      responses: answers(contract.learnedSchema),
    }),
    async (context) => {
      requireAdmin(context);
      return context.json(await presentLearned(gateway.outcomes), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/feedback/notes',
      summary: 'What was said of answers in words, and what was made of them, newest first; admin only',
      request: {
        query: z.object({
          route: z.string().optional(),
          limit: z.coerce.number().int().min(1).max(500).default(50),
          cursor: z.string().optional(),
        }),
      },
      responses: answers(contract.feedbackNotesSchema),
    }),
    async (context) => {
      requireAdmin(context);
      return context.json(presentNotes(await proof.store.notes(context.req.valid('query'))), 200);
    },
  );
}
