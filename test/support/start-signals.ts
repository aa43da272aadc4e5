import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignalDesk } from '../../src/gateway/index.ts';
import { createAdminListener, createHttpServer, defaultHttpLimits } from '../../src/http/index.ts';
import { OutputLengths, type Predictor } from '../../src/router/index.ts';
import { compose } from '../../src/server/compose.ts';
import { createLog } from '../../src/server/index.ts';
import { type FakeServices, startFakeServices } from './fake-services.ts';
import { type FakeUpstream, startFakeUpstream } from './fake-upstream.ts';
import { type Json, testKey } from './start-yumen.ts';

/** A cheap model, a reference, a judge and a service for embeddings, each at an upstream of its own, and the real gateway in front of them. */
export interface SignalsGateway {
  cheap: FakeUpstream;
  reference: FakeUpstream;
  judge: FakeUpstream;
  embeddings: FakeServices;
  /** What the router expects to lose with the cheap model, whatever is asked. */
  loss: number;
  /** From here on the cheap model is expected to lose 0.8 of what its saving on such an ask is worth: the router is undecided. */
  waver(content?: string): Promise<void>;
  /** Outcomes of its own that the route has. */
  ownOutcomes: number;
  /** Nano-USD held and booked for requests, in order. */
  money: { held: number[]; booked: number[] };
  post(body?: Json, headers?: { [name: string]: string }, signal?: AbortSignal): Promise<Response>;
  api(path: string, init?: RequestInit): Promise<{ status: number; body: Json }>;
  recordOf(response: Response): Promise<Json>;
  counts(): Promise<Json>;
  /** Requests under way. */
  open(): number;
  close(): Promise<void>;
}

const usdPerQuality = 0.1;

/** @param signals what the route says of signals, in YAML; `mode` of the route, and what else the configuration has */
export async function startSignals(
  signals: string,
  { mode = 'assist', extra = '' }: { mode?: string; extra?: string } = {},
): Promise<SignalsGateway> {
  const chat = () => startFakeUpstream({ dialect: 'openai-chat', script: { text: 'fine' } });
  const [cheap, reference, judge] = await Promise.all([chat(), chat(), chat()]);
  const embeddings = await startFakeServices({});
  const folder = mkdtempSync(join(tmpdir(), 'yumen-signals-'));
  const configPath = join(folder, 'yumen.yaml');
  writeFileSync(
    configPath,
    `
providers:
  - { id: c, vendor: openai-compatible, base_url: "${cheap.baseUrl}" }
  - { id: r, vendor: openai-compatible, base_url: "${reference.baseUrl}" }
  - { id: j, vendor: openai-compatible, base_url: "${judge.baseUrl}" }
  - { id: e, vendor: openai-compatible, base_url: "${embeddings.origin}/v1" }
deployments:
  - { model: model-c, provider: c, price: { input: 1, output: 2 } }
  - { model: model-r, provider: r, price: { input: 10, output: 40 } }
  - { model: model-j, provider: j, price: { input: 0.1, output: 0.1 } }
  - { model: model-e, provider: e, price: { input: 0.01, output: 0 } }
routes:
  auto:
    reference: r/model-r
    candidates: [c/model-c, r/model-r]
    mode: ${mode}
    target: { usd_per_quality: ${usdPerQuality} }
    cascade: { checks: false, votes: false }
    signals: ${signals}
${extra}`,
  );
  const log = createLog(process.env['YUMEN_TEST_LOG'] ?? 'silent');
  const composition = await compose({
    configPath,
    environment: { YUMEN_ADMIN_KEY: testKey },
    dataFolder: join(folder, 'data'),
    probeEngines: false,
    sandboxSpeed: Number.POSITIVE_INFINITY,
    log,
  });
  const {
    gateway: composed,
    bodyBytesMax,
    ledgerStore,
    savings,
    switches,
    replayPredictors,
    readiness,
  } = composition;
  let sessions = 0;
  const started: SignalsGateway = {
    cheap,
    reference,
    judge,
    embeddings,
    loss: 0,
    ownOutcomes: 0,
    money: { held: [], booked: [] },
    post: (body = {}, headers = {}, signal = undefined) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        // Each is a conversation of its own: within one, nobody goes on with a lesser model.
        headers: { ...ours, 'x-yumen-session': String(sessions++), ...headers },
        body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: ask }], ...body }),
        ...(signal === undefined ? {} : { signal }),
      }),
    async waver(content = ask) {
      const body = JSON.stringify({ model: 'auto', messages: [{ role: 'user', content }] });
      const { candidates } = (await started.api('/api/v1/decide', { method: 'POST', body })).body;
      const usdOf = (id: string): number =>
        candidates.find((one: Json) => one.candidate === id).expected_cost_usd;
      started.loss = (0.8 * (usdOf('r/model-r') - usdOf('c/model-c'))) / usdPerQuality;
    },
    async api(path, init = {}) {
      const response = await fetch(`${url}${path}`, { ...init, headers: { ...ours, ...init.headers } });
      return { status: response.status, body: await response.json() };
    },
    recordOf: async (response) =>
      (await started.api(`/api/v1/requests/${response.headers.get('x-request-id')}`)).body,
    counts: async () => (await started.api('/api/v1/routes')).body.data[0].signals,
    open: () => gateway.openRequests.count,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      await composition.close();
      await Promise.all([cheap, reference, judge, embeddings].map((upstream) => upstream.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const { clock, random, limits } = composed;
  const gateway: typeof composed = {
    ...composed,
    snapshot: () => ({
      ...composed.snapshot(),
      predictor: expecting(composed.snapshot().predictor, started),
    }),
    // What an answer is expected to cost stays what it was.
    lengths: Object.assign(new OutputLengths(), { observe() {} }),
    signals: new SignalDesk({ clock, random, log, ownOutcomes: () => started.ownOutcomes }),
    limits: {
      admitRate: (principal) => limits.admitRate(principal),
      async reserve(principal, nano) {
        const reservation = await limits.reserve(principal, nano);
        started.money.held.push(nano);
        return {
          amend: (amended) => reservation.amend(amended),
          settle(actual) {
            started.money.booked.push(actual);
            return reservation.settle(actual);
          },
        };
      },
    },
  };
  const version = '0.0.0-test';
  const server = createHttpServer({
    gateway,
    limits: defaultHttpLimits,
    bodyBytesMax,
    version,
    readiness,
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
  const ours = { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' };
  await started.waver();
  return started;
}

export const ask = 'Why did the treaty fail, and would a different clause have saved it?';

/** The cheap model is two logits weaker, and loses what the test says. */
function expecting(shipped: Predictor, { loss }: Pick<SignalsGateway, 'loss'>): Predictor {
  return {
    ...shipped,
    predict: (_, reference, models) =>
      models.map((model) => {
        const [mean, half] = model.id === reference.id ? [0, 0] : [loss, 0.2];
        return {
          quality: { mean: 0.85 - mean, low: 0.8 - mean, high: 0.9 - mean },
          loss: { mean, low: mean - half, high: mean + half },
          evidence: 10,
          evidenceCell: 'chat × en',
          contributions: [],
          ability: { value: mean === 0 ? 2 : 0, sd: 0, source: 'outcomes', known: undefined },
        };
      }),
  };
}
