import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { type GatewayDeps, type KillSwitches, policyDryRun } from '../../gateway/index.ts';
import type { LedgerStore } from '../../ledger/index.ts';
import {
  createPolicy,
  type Home,
  type KillSwitch,
  killedBy,
  type Policy,
  PolicyError,
  policiesSchema,
  shippedPacks,
} from '../../policy/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import { type AdminEnv, answer, answers, requireAdmin } from './endpoint.ts';
import * as contract from './policy-contract.ts';

/** What policies and kill switches are in force, and switching off what must not be called any more. Admin only. */
export function policyEndpoints(
  app: OpenAPIHono<AdminEnv>,
  {
    gateway,
    switches,
    ledgerStore,
  }: { gateway: GatewayDeps; switches: KillSwitches; ledgerStore: LedgerStore },
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
      method: 'post',
      path: '/api/v1/policies/dry-run',
      summary:
        'What packs would have meant for the traffic of the last days: moved, blocked, by rule. Nothing is called or changed; admin only',
      request: {
        body: { required: true, content: { 'application/json': { schema: contract.dryRunQuestionSchema } } },
      },
      responses: answers(contract.dryRunSchema),
    }),
    async (context) => {
      requireAdmin(context);
      const { policies, days, limit } = context.req.valid('json');
      const snapshot = gateway.snapshot();
      const policy = readPolicies(policies, snapshot.policy.home);
      const toMs = gateway.clock.nowMs() + 1;
      const fromMs = toMs - days * dayMs;
      await gateway.ledger.flush();
      const keys = () => gateway.identity.listKeys();
      const report = await policyDryRun(
        { policy, fromMs, toMs, limit },
        { ledger: ledgerStore, keys, snapshot },
      );
      const window = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
      return context.json({ version: policy.version, ...window, ...report }, 200);
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

const dayMs = 86_400_000;

/** Throws `invalid_request` naming the field at fault. */
function readPolicies(documents: readonly unknown[], home: Home): Policy {
  const parsed = policiesSchema.safeParse(documents);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const param = ['policies', ...(issue?.path ?? [])].join('.');
    throw new GatewayError('invalid_request', `${param}: ${issue?.message ?? 'not a pack'}`, { param });
  }
  try {
    return createPolicy(parsed.data, home);
  } catch (thrown) {
    if (!(thrown instanceof PolicyError)) throw thrown;
    throw new GatewayError('invalid_request', thrown.message, { param: 'policies' });
  }
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
