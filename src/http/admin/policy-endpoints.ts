import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { GatewayDeps, KillSwitches } from '../../gateway/index.ts';
import { type KillSwitch, killedBy, type Policy, shippedPacks } from '../../policy/index.ts';
import { type AdminEnv, answer, answers, requireAdmin } from './endpoint.ts';
import * as contract from './policy-contract.ts';

/** What policies and kill switches are in force, and switching off what must not be called any more. Admin only. */
export function policyEndpoints(
  app: OpenAPIHono<AdminEnv>,
  { gateway, switches }: { gateway: GatewayDeps; switches: KillSwitches },
): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/policies',
      summary: 'The packs in force with their rules, and those that are shipped; admin only',
      responses: answers(contract.policiesInForceSchema),
    }),
    (context) => {
      requireAdmin(context);
      return context.json(presentPolicy(gateway.snapshot().policy, gateway.clock.nowMs()), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/kill-switches',
      summary: 'What is switched off now; admin only',
      responses: answers(z.object({ data: z.array(contract.switchSchema) })),
    }),
    (context) => {
      requireAdmin(context);
      return context.json({ data: switches.inForce().map((one) => presentSwitch(one, gateway)) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/kill-switches',
      summary:
        'Switch off a vendor, provider, model, lab, origin or deployment: no new call is made to it. Admin only',
      request: {
        body: { required: true, content: { 'application/json': { schema: contract.newSwitchSchema } } },
      },
      responses: { ...answers(contract.switchSchema), 201: answer('Switched off', contract.switchSchema) },
    }),
    async (context) => {
      requireAdmin(context);
      const { keyId } = context.get('principal');
      const set = await switches.set({ ...context.req.valid('json'), setBy: keyId });
      gateway.log.warn({ id: set.id, target: set.target, value: set.value }, 'a kill switch was set');
      return context.json(presentSwitch(set, gateway), 201);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/api/v1/kill-switches/{id}',
      summary: 'Switch it on again; admin only',
      request: { params: z.object({ id: z.string() }) },
      responses: answers(contract.switchSchema),
    }),
    async (context) => {
      requireAdmin(context);
      const lifted = await switches.lift(context.req.valid('param').id);
      gateway.log.warn(
        { id: lifted.id, target: lifted.target, value: lifted.value },
        'a kill switch was lifted',
      );
      return context.json(presentSwitch(lifted, gateway), 200);
    },
  );
}

function presentPolicy({ version, home, packs }: Policy, nowMs: number) {
  return {
    version,
    installation: { processing: home.processing ?? null, storage: home.storage ?? null },
    packs: packs.map(({ id, level, fromMs, untilMs, rules, settings }) => ({
      id,
      title: settings.title ?? null,
      level,
      as_of: settings.as_of ?? null,
      from: settings.from ?? null,
      until: settings.until ?? null,
      in_force: nowMs >= fromMs && nowMs < untilMs,
      rules: rules.map((rule, index) => ({
        id: rule.id,
        why: rule.why,
        facts: [...rule.facts],
        source: settings.rules[index]?.source ?? null,
      })),
    })),
    shipped: shippedPacks.map(({ id, title, as_of }) => ({ id, title: title ?? null, as_of: as_of ?? null })),
  };
}

function presentSwitch(one: KillSwitch, gateway: GatewayDeps) {
  const { id, target, value, reason, setBy, atMs } = one;
  const deployments = gateway
    .snapshot()
    .catalog.deployments()
    .filter((deployment) => killedBy(deployment, [one]) !== undefined)
    .map((deployment) => deployment.id);
  return { id, target, value, reason, set_by: setBy, at: new Date(atMs).toISOString(), deployments };
}
