import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { GatewayDeps } from '../../gateway/index.ts';
import { rowFigures, type SavingsSources, savingsCsv, savingsOf } from '../../proof/index.ts';
import { type AdminEnv, answers, requireAdmin } from './endpoint.ts';
import { presentSavings } from './present-savings.ts';
import { savingsBySchema, savingsSchema } from './savings-contract.ts';

const windowMs = 30 * 86_400_000;

/** What was saved, and against what. */
export function savingsEndpoint(
  app: OpenAPIHono<AdminEnv>,
  { clock, ledger }: Pick<GatewayDeps, 'clock' | 'ledger'>,
  sources: SavingsSources,
): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/savings',
      summary:
        'What was spent and saved in a window, net, against three baselines; as CSV where that is asked for; admin only',
      request: {
        query: z.object({
          from: z.iso
            .datetime({ offset: true })
            .optional()
            .describe('Inclusive; default: 30 days before `to`'),
          to: z.iso.datetime({ offset: true }).optional().describe('Exclusive; default: now'),
          by: savingsBySchema.default('route'),
          format: z.enum(['json', 'csv']).optional().describe('Default: what `accept` prefers, else json'),
        }),
      },
      responses: answers(savingsSchema),
    }),
    async (context) => {
      requireAdmin(context);
      const { from, to, by, format } = context.req.valid('query');
      const toMs = to === undefined ? clock.nowMs() + 1 : Date.parse(to);
      const query = { fromMs: from === undefined ? toMs - windowMs : Date.parse(from), toMs, by };
      await ledger.flush();
      const savings = await savingsOf(query, sources);
      const wantsCsv = format === undefined && context.req.header('accept')?.includes('text/csv') === true;
      if (format !== 'csv' && !wantsCsv) return context.json(presentSavings(savings, query), 200);
      // The contract's type knows JSON alone; the answer is a file for spreadsheets.
      const csv = savingsCsv(savings.rows.map(rowFigures), by);
      return context.body(csv, 200, { 'content-type': 'text/csv; charset=utf-8' }) as never;
    },
  );
}
