import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { HTTPException } from 'hono/http-exception';
import {
  errorHeaders,
  type GatewayDeps,
  type KillSwitches,
  preview,
  type ReplayPredictors,
  recordedPreview,
  replayRecord,
} from '../../gateway/index.ts';
import type { LedgerStore } from '../../ledger/index.ts';
import type { SavingsSources } from '../../proof/index.ts';
import { dialects, GatewayError, toGatewayError } from '../../protocol/index.ts';
import { readBody } from '../body.ts';
import * as contract from './contract.ts';
import { type AdminEnv, answer, answers, requireAdmin } from './endpoint.ts';
import { feedbackEndpoints } from './feedback-endpoints.ts';
import { labelEndpoints } from './label-endpoints.ts';
import { policyEndpoints } from './policy-endpoints.ts';
import {
  newKeyInput,
  presentDecision,
  presentDeployment,
  presentKey,
  presentModel,
  presentReportRow,
  presentRequest,
  presentRoute,
  presentSummary,
} from './present.ts';
import { presentReplay, replayQuestion } from './present-replay.ts';
import { type ProofOptions, proofEndpoints } from './proof-endpoints.ts';
import { savingsEndpoint } from './savings-endpoint.ts';
import { type WhatIfOptions, whatIfEndpoint } from './what-if-endpoint.ts';

export interface AdminOptions {
  gateway: GatewayDeps;
  ledgerStore: LedgerStore;
  proof: ProofOptions;
  /** What savings are derived from. */
  savings: SavingsSources;
  whatIf: WhatIfOptions;
  switches: KillSwitches;
  /** Who makes stored decisions again. */
  replayPredictors: ReplayPredictors;
  version: string;
  /** `limits.body_bytes_max` of the configuration in force. */
  bodyBytesMax(): number;
}

const dayMs = 86_400_000;

/** The admin API as a listener for `/api/…`. Every endpoint says who may use it: `admin`, or any `caller` for its own things. */
export function createAdminListener(
  options: AdminOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const app = createAdminApp(options);
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return (request, response) => void listener(request, response);
}

function createAdminApp(options: AdminOptions): OpenAPIHono<AdminEnv> {
  const { gateway, ledgerStore } = options;
  const app = new OpenAPIHono<AdminEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.error);
    },
  });

  app.onError((thrown, context) => {
    const error = thrown instanceof HTTPException ? unreadable(thrown) : toGatewayError(thrown);
    const requestId = context.get('requestId') ?? gateway.ids('req');
    if (error.code === 'internal') {
      gateway.log.error({ requestId, detail: error.detail }, 'an admin request failed inside the gateway');
    }
    const headers = { 'x-request-id': requestId, ...errorHeaders(error) };
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
    // An unread body would be taken for the next request on this connection.
    if (!context.env.incoming.complete) context.header('connection', 'close');
    return context.json(dialects['openai-chat'].encodeError(error, requestId), error.status as 400);
  });
  app.notFound((context) => {
    throw new GatewayError(
      'not_found',
      `There is no endpoint ${context.req.path}. GET /api/openapi.json lists what there is.`,
    );
  });

  app.use('/api/*', async (context, next) => {
    context.set('requestId', gateway.ids('req'));
    const headers = Object.fromEntries(context.req.raw.headers);
    context.set('principal', gateway.identity.authenticate(headers));
    context.header('x-request-id', context.get('requestId'));
    await next();
  });

  // A decision costs about what a request's does, so it counts against the same rate, and before its body is read.
  app.on('POST', ['/api/v1/decide', '/api/v1/decisions/*'], async (context, next) => {
    const admission = await gateway.limits.admitRate(context.get('principal'));
    try {
      await next();
    } finally {
      admission.release();
    }
  });

  // Bodies are read as on the request path, within the same bound; the framework's own limit fails on requests of this adapter.
  app.on('POST', '/api/*', async (context, next) => {
    const body = await readBody(context.env.incoming, options.bodyBytesMax());
    const { url, headers } = context.req.raw;
    context.req.raw = new Request(url, { method: 'POST', headers, body: new Uint8Array(body) });
    await next();
  });

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/requests',
      summary: 'Requests, newest first; a caller sees those of its own key',
      request: {
        query: z.object({
          limit: z.coerce.number().int().min(1).max(500).default(50),
          cursor: z.string().optional(),
          key: z.string().optional(),
          route: z.string().optional(),
          model: z.string().optional().describe('Catalogue name of the model that served, e.g. gpt-4o'),
          outcome: z.enum(['answered', 'failed', 'aborted']).optional(),
          service: z.string().optional().describe('Endpoint beside chat, e.g. embeddings'),
          from: z.iso.datetime({ offset: true }).optional(),
          to: z.iso.datetime({ offset: true }).optional(),
        }),
      },
      responses: answers(contract.requestPageSchema),
    }),
    async (context) => {
      const query = context.req.valid('query');
      const principal = context.get('principal');
      await gateway.ledger.flush();
      const page = await ledgerStore.list({
        limit: query.limit,
        cursor: query.cursor,
        filters: {
          keyId: principal.role === 'admin' ? query.key : principal.keyId,
          route: query.route,
          model: query.model,
          outcome: query.outcome,
          service: query.service,
          fromMs: query.from === undefined ? undefined : Date.parse(query.from),
          toMs: query.to === undefined ? undefined : Date.parse(query.to),
        },
      });
      return context.json(
        { data: page.requests.map(presentSummary), next_cursor: page.nextCursor ?? null },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/requests/{id}',
      summary: 'One request with its decision, its attempts and its cost',
      request: { params: z.object({ id: z.string() }) },
      responses: answers(contract.requestSchema),
    }),
    async (context) => {
      const { id } = context.req.valid('param');
      const principal = context.get('principal');
      await gateway.ledger.flush();
      const record = await ledgerStore.get(id);
      // The same answer for «absent» and «not yours»: ids are never authority.
      if (record === undefined || (principal.role !== 'admin' && record.keyId !== principal.keyId)) {
        throw new GatewayError('not_found', 'There is no request with this id.');
      }
      return context.json(presentRequest(record, principal.role === 'admin'), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/report',
      summary: 'Sums over a window; admin only',
      request: {
        query: z.object({
          from: z.iso
            .datetime({ offset: true })
            .optional()
            .describe('Inclusive; default: 30 days before `to`'),
          to: z.iso.datetime({ offset: true }).optional().describe('Exclusive; default: now'),
          by: contract.reportBySchema.default('model'),
        }),
      },
      responses: answers(contract.reportSchema),
    }),
    async (context) => {
      requireAdmin(context);
      const query = context.req.valid('query');
      const toMs = query.to === undefined ? gateway.clock.nowMs() + 1 : Date.parse(query.to);
      const fromMs = query.from === undefined ? toMs - 30 * dayMs : Date.parse(query.from);
      await gateway.ledger.flush();
      const rows = await ledgerStore.report({ fromMs, toMs, by: query.by });
      return context.json(
        {
          from: new Date(fromMs).toISOString(),
          to: new Date(toMs).toISOString(),
          by: query.by,
          rows: rows.map(presentReportRow),
          note: 'The reference’s cost is for the same tokens; quality is not part of this report: /api/v1/savings has it, and what was saved net.',
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/decide',
      summary:
        'Dry run: the body of a chat request gives the decision it would get; nothing is called unless signals are to be asked',
      request: {
        query: z.object({
          ask_signals: z
            .enum(['true', 'false'])
            .default('false')
            .describe('Ask the route’s signals where it is undecided; what that costs is recorded'),
        }),
        body: {
          required: true,
          content: { 'application/json': { schema: z.looseObject({ model: z.string() }) } },
        },
      },
      responses: answers(contract.decisionSchema),
    }),
    async (context) => {
      const bytes = await context.req.bytes();
      const headers = Object.fromEntries(context.req.raw.headers);
      const asked = { bytes, headers, principal: context.get('principal') };
      const asks = context.req.valid('query').ask_signals === 'true';
      const decision = asks ? await recordedPreview(asked, gateway) : preview(asked, gateway);
      return context.json(presentDecision(decision), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/decisions/{id}/replay',
      summary:
        'Make a recorded decision again from what it was made of, and compare; a caller replays its own',
      request: {
        params: z.object({ id: z.string().describe('Of the decision, or of its request') }),
        body: { content: { 'application/json': { schema: contract.replayInputSchema } } },
      },
      responses: answers(contract.replaySchema),
    }),
    async (context) => {
      const { id } = context.req.valid('param');
      const principal = context.get('principal');
      await gateway.ledger.flush();
      const record = (await ledgerStore.findByDecision(id)) ?? (await ledgerStore.get(id));
      if (record === undefined || (principal.role !== 'admin' && record.keyId !== principal.keyId)) {
        throw new GatewayError(
          'not_found',
          'There is no decision with this id; those of earlier versions are found by the id of their request.',
        );
      }
      const question = replayQuestion(context.req.valid('json'));
      return context.json(presentReplay(await replayRecord(record, question, options.replayPredictors)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/keys',
      summary: 'Make a key; admin only. The secret is shown once',
      request: {
        body: { required: true, content: { 'application/json': { schema: contract.newKeySchema } } },
      },
      responses: { ...answers(contract.createdKeySchema), 201: answer('The key', contract.createdKeySchema) },
    }),
    async (context) => {
      requireAdmin(context);
      const { key, secret } = await gateway.identity.createKey(newKeyInput(context.req.valid('json')));
      return context.json({ ...presentKey(key), secret }, 201);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/keys',
      summary: 'All keys, revoked ones too; admin only',
      responses: answers(z.object({ data: z.array(contract.keySchema) })),
    }),
    async (context) => {
      requireAdmin(context);
      const keys = await gateway.identity.listKeys();
      return context.json({ data: keys.map(presentKey) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/api/v1/keys/{id}',
      summary: 'Revoke a key at once; admin only',
      request: { params: z.object({ id: z.string() }) },
      responses: answers(contract.keySchema),
    }),
    async (context) => {
      requireAdmin(context);
      return context.json(presentKey(await gateway.identity.revokeKey(context.req.valid('param').id)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/catalog/models',
      summary: 'Models the catalogue knows, with dated prices and scores and where they can be called',
      responses: answers(z.object({ data: z.array(contract.catalogModelSchema) })),
    }),
    (context) => {
      const { catalog } = gateway.snapshot();
      const deployments = catalog.deployments();
      return context.json(
        { data: catalog.models().map((model) => presentModel(model, deployments, gateway.clock.nowMs())) },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/deployments',
      summary: 'How each deployment and its keys fare now: calls, circuits, limits, rests; admin only',
      responses: answers(z.object({ data: z.array(contract.deploymentSchema) })),
    }),
    (context) => {
      requireAdmin(context);
      const { catalog } = gateway.snapshot();
      const { nowMs, monotonicMs } = gateway.clock;
      const data = catalog
        .deployments()
        .map((each) => presentDeployment(each, gateway.fleet.view(each, monotonicMs()), nowMs()));
      return context.json({ data }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/routes',
      summary:
        'Routes with what they aim at, and how the daily budgets of those that have one fare; admin only',
      responses: answers(z.object({ data: z.array(contract.routeSchema) })),
    }),
    (context) => {
      requireAdmin(context);
      const routes = [...gateway.snapshot().routes.values()];
      const data = routes.map((route) =>
        presentRoute(route, {
          budget: gateway.pacing.view(route.name),
          signals: gateway.signals.view(route.name),
          own: gateway.outcomes.own,
        }),
      );
      return context.json({ data }, 200);
    },
  );

  proofEndpoints(app, options.proof);
  labelEndpoints(app, options.proof);
  feedbackEndpoints(app, options);
  savingsEndpoint(app, gateway, options.savings);
  whatIfEndpoint(app, options.whatIf);
  policyEndpoints(app, options);

  app.get('/api/openapi.json', (context) =>
    context.json(
      app.getOpenAPI31Document({
        openapi: '3.1.0',
        info: { title: 'Yumen admin API', version: options.version },
        security: [{ key: [] }],
      }),
    ),
  );
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' });
  return app;
}

function invalid(error: z.ZodError): GatewayError {
  const issue = error.issues[0];
  const param = issue?.path.join('.') || undefined;
  return new GatewayError(
    'invalid_request',
    `${param === undefined ? '' : `${param}: `}${issue?.message ?? 'invalid input'}`,
    {
      param,
    },
  );
}

/** What the framework itself refuses, which is a body that is not JSON or not said to be. */
function unreadable(thrown: HTTPException): GatewayError {
  const message = 'The body must be one JSON document, sent with `content-type: application/json`.';
  return new GatewayError('invalid_json', message, { status: thrown.status, cause: thrown });
}
