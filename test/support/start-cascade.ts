import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayDeps, ProofHook } from '../../src/gateway/index.ts';
import { createAdminListener, createHttpServer, defaultHttpLimits } from '../../src/http/index.ts';
import {
  type AcceptanceTerms,
  type AnswerPlan,
  type DecideInput,
  type Decision,
  decide,
  planMembers,
} from '../../src/router/index.ts';
import { compose } from '../../src/server/compose.ts';
import { createLog } from '../../src/server/index.ts';
import { type Json, testKey } from './start-yumen.ts';

export type CascadePlan = Exclude<AnswerPlan, { kind: 'single' }>;

/** What every request of the route is decided to. */
export interface ForcedCascade {
  plan: CascadePlan;
  /** P(right) of each member; 0.7 where absent, 0.95 of the last. */
  quality?: AcceptanceTerms['quality'];
  comparison?: AcceptanceTerms['comparison'];
  lambdaUsd?: number;
}

export interface CascadeGateway {
  url: string;
  /** As it is composed. */
  gateway: GatewayDeps;
  /** Holds for the requests that begin from now on; undefined = the router's own decision. */
  force(cascade: ForcedCascade | undefined): void;
  post(
    path: string,
    body: unknown,
    headers?: { [name: string]: string },
    signal?: AbortSignal,
  ): Promise<Response>;
  api(path: string, init?: RequestInit): Promise<{ status: number; body: Json }>;
  recordOf(response: Response): Promise<Json>;
  /** Requests under way. */
  open(): number;
  close(): Promise<void>;
}

/** The real gateway on a free port, in which the router's decisions are turned into the plan that a test wants to see carried out. */
export async function startCascade(config: string, proof?: ProofHook): Promise<CascadeGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'yumen-cascade-'));
  const configPath = join(folder, 'yumen.yaml');
  writeFileSync(configPath, config);
  let forced: ForcedCascade | undefined;
  const composition = await compose({
    configPath,
    environment: { YUMEN_ADMIN_KEY: testKey },
    dataFolder: join(folder, 'data'),
    probeEngines: false,
    sandboxSpeed: Number.POSITIVE_INFINITY,
    log: createLog(process.env['YUMEN_TEST_LOG'] ?? 'silent'),
  });
  const gateway: typeof composition.gateway = {
    ...composition.gateway,
    proof,
    decide: (input, predictor) => withCascade(decide(input, predictor), input, forced),
  };
  const version = '0.0.0-test';
  const { bodyBytesMax, ledgerStore, savings, switches, replayPredictors } = composition;
  const server = createHttpServer({
    gateway,
    limits: defaultHttpLimits,
    bodyBytesMax,
    version,
    readiness: composition.readiness,
    draining: () => false,
    admin: createAdminListener({
      gateway,
      ledgerStore,
      proof: composition.proof,
      savings,
      switches,
      whatIf: composition.whatIf,
      replayPredictors,
      version,
      bodyBytesMax,
    }),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const headers = { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' };
  const api: CascadeGateway['api'] = async (path, init = {}) => {
    const response = await fetch(`${url}${path}`, { ...init, headers: { ...headers, ...init.headers } });
    return { status: response.status, body: await response.json() };
  };
  return {
    url,
    gateway,
    force(cascade) {
      forced = cascade;
    },
    post: (path, body, extra = {}, signal) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { ...headers, ...extra },
        body: JSON.stringify(body),
        ...(signal === undefined ? {} : { signal }),
      }),
    api,
    recordOf: async (response) =>
      (await api(`/api/v1/requests/${response.headers.get('x-request-id')}`)).body,
    open: () => gateway.openRequests.count,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      await composition.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Only what the route allows for the request, as a real decision would. */
function withCascade(
  decision: Decision,
  { cascade: allowed }: DecideInput,
  forced: ForcedCascade | undefined,
): Decision {
  if (forced === undefined) return decision;
  const { plan } = forced;
  const members = planMembers(plan);
  const reference = members.at(-1)!;
  if ((plan.kind === 'check' ? allowed?.checks : allowed?.votes) !== true)
    return { ...decision, plan: [reference, ...members.slice(0, -1)] };
  const sure = { mean: 0.9, low: 0.8, high: 1 };
  const cost = (id: string): number => (id === reference ? 0.01 : 0.0002);
  return {
    ...decision,
    plan: [...members, ...decision.plan.filter((id) => !members.includes(id))],
    reason: 'cascade',
    cascade: {
      plan,
      quality: sure,
      loss: sure,
      cost: undefined,
      escalation: 0.3,
      terms: {
        quality: Object.fromEntries(
          members.map((id) => [id, forced.quality?.[id] ?? (id === reference ? 0.95 : 0.7)]),
        ),
        costUsd: Object.fromEntries(members.map((id) => [id, cost(id)])),
        lambdaUsd: forced.lambdaUsd ?? 0.02,
        comparison: forced.comparison ?? 'number',
      },
    },
  };
}
