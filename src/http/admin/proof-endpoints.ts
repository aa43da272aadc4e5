import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Canaries, CanaryStatus, ProofDesk, ProofStore, ProvedRoute } from '../../proof/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import { type AdminEnv, answers, requireAdmin } from './endpoint.ts';
import {
  presentCanary,
  presentCertificate,
  presentEvent,
  presentPair,
  presentRouteProof,
} from './present-proof.ts';
import * as contract from './proof-contract.ts';

export interface ProofOptions {
  desk: ProofDesk;
  store: ProofStore;
  canaries: Canaries;
}

const named = z.object({ name: z.string() });
const paged = {
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().optional(),
};

/** How routes are proved: where each is, what it rests on, and its story. */
export function proofEndpoints(app: OpenAPIHono<AdminEnv>, { desk, store, canaries }: ProofOptions): void {
  canaryEndpoints(app, canaries);

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/routes/{name}/proof',
      summary: 'Where a route is on its way to a certificate, and what it waits for; admin only',
      request: { params: named },
      responses: answers(contract.routeProofSchema),
    }),
    (context) => {
      requireAdmin(context);
      return context.json(presentRouteProof(provedRoute(context.req.valid('param').name, desk)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/routes/{name}/story',
      summary: 'What happened to a route and why, newest first; admin only',
      request: { params: named, query: z.object(paged) },
      responses: answers(contract.storySchema),
    }),
    async (context) => {
      requireAdmin(context);
      const { name } = context.req.valid('param');
      await desk.written();
      const { events, nextCursor } = await store.story({ route: name, ...context.req.valid('query') });
      return context.json({ data: events.map(presentEvent), next_cursor: nextCursor ?? null }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/routes/{name}/retreat',
      summary: 'Send a route back to its reference; it gathers evidence anew. Admin only',
      request: {
        params: named,
        body: { required: true, content: { 'application/json': { schema: contract.retreatSchema } } },
      },
      responses: answers(contract.routeProofSchema),
    }),
    async (context) => {
      requireAdmin(context);
      const proved = provedRoute(context.req.valid('param').name, desk);
      if (proved.proof.policy === undefined)
        throw new GatewayError('invalid_request', 'The route has no policy to go back from: it learns.');
      proved.proof.retreat(context.req.valid('json').reason);
      await desk.save();
      return context.json(presentRouteProof(proved), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/certificates',
      summary: 'Certificates with their evidence, newest first, ended ones too; admin only',
      request: { query: z.object({ route: z.string().optional(), limit: paged.limit }) },
      responses: answers(z.object({ data: z.array(contract.certificateSchema) })),
    }),
    async (context) => {
      requireAdmin(context);
      await desk.written();
      const certificates = await store.certificates(context.req.valid('query'));
      return context.json({ data: certificates.map(presentCertificate) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/pairs',
      summary: 'Requests that were answered by several models and compared, newest first; admin only',
      request: {
        query: z.object({
          ...paged,
          route: z.string().optional(),
          policy: z.string().optional(),
          use: z.enum(['learn', 'test']).optional(),
        }),
      },
      responses: answers(contract.pairPageSchema),
    }),
    async (context) => {
      requireAdmin(context);
      const { pairs, nextCursor } = await store.pairs(context.req.valid('query'));
      return context.json({ data: pairs.map(presentPair), next_cursor: nextCursor ?? null }, 200);
    },
  );
}

/** Other forms of routes that part of their conversations get. */
function canaryEndpoints(app: OpenAPIHono<AdminEnv>, canaries: Canaries): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/routes/{name}/canary',
      summary: 'How the canary of a route fares beside its usual form; admin only',
      request: { params: named },
      responses: answers(contract.canarySchema),
    }),
    (context) => {
      requireAdmin(context);
      return context.json(presentCanary(canaryOf(context.req.valid('param').name, canaries)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/routes/{name}/canary',
      summary: 'Take a canary back, or let it try again from the beginning; admin only',
      request: {
        params: named,
        body: { required: true, content: { 'application/json': { schema: contract.canaryActionSchema } } },
      },
      responses: answers(contract.canarySchema),
    }),
    (context) => {
      requireAdmin(context);
      const { name } = context.req.valid('param');
      canaryOf(name, canaries);
      const asked = context.req.valid('json');
      const isDone =
        asked.action === 'resume'
          ? canaries.resume(name)
          : canaries.takeBack(name, asked.reason ?? 'the operator says so');
      if (!isDone)
        throw new GatewayError(
          'invalid_request',
          asked.action === 'resume' ? 'The canary was not taken back.' : 'The canary was taken back already.',
        );
      return context.json(presentCanary(canaryOf(name, canaries)), 200);
    },
  );
}

function canaryOf(name: string, canaries: Canaries): CanaryStatus {
  const status = canaries.status(name);
  if (status !== undefined) return status;
  throw new GatewayError(
    'not_found',
    `The route «${name}» tries nothing: give it \`canary\` in the configuration.`,
  );
}

function provedRoute(name: string, desk: ProofDesk): ProvedRoute {
  const proved = desk.route(name);
  if (proved !== undefined) return proved;
  throw new GatewayError(
    'not_found',
    `There is no route «${name}» that is being proved: give it \`proof\` in the configuration.`,
  );
}
