import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalModels } from '../../src/evaluation/known-models.ts';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import type { Predictor } from '../../src/router/index.ts';
import { createLog, startGateway } from '../../src/server/index.ts';
import { markOf } from './answers.ts';
import { bodyOf, type RecordedAsk } from './asks.ts';
import { outputTokensMax } from './expected-costs.ts';
import type { Fleet } from './fleet.ts';
import type { RecordedPrice } from './prices.ts';

export interface ReplayRoute {
  /** Recorded names: the cheap models, then the reference, which speaks another dialect than the others and the client. */
  models: string[];
  prices: ReadonlyMap<string, RecordedPrice>;
  target: { usd_per_quality: number } | { quality: number };
  cascade: { checks: boolean; votes: boolean };
  /** Requests under way at once. One at a time, lengths are learned in the order of the asks. */
  atOnce: number;
}

/** One after the other in one data folder, as after a restart with newly fitted weights; what is learned of lengths goes on. */
export interface ReplayPart {
  predictor: Predictor;
  /** Sent to every model by its name beforehand, so that the gateway knows how long each one's answers are. */
  before: readonly RecordedAsk[];
  asks: readonly RecordedAsk[];
}

/** What the gateway said of one request. */
export interface Replayed {
  ask: RecordedAsk;
  /** Recorded name of the model whose answer was given out. */
  model: string;
  usd: number;
  attempts: number;
  reason: string;
}

const adminKey = 'bench-admin-key-0123456789abcdef';

/** Sends every ask as a conversation of its own to a gateway that is started for it, and reads off the answers who gave them and what they cost. */
export async function replay(
  fleet: Fleet,
  route: ReplayRoute,
  parts: readonly ReplayPart[],
): Promise<Replayed[]> {
  const folder = mkdtempSync(join(tmpdir(), 'yumen-fleet-'));
  try {
    const all: Replayed[] = [];
    let ledgerUsd = 0;
    for (const part of parts) {
      const done = await replayPart(folder, configOf(fleet, route), route, part);
      all.push(...done.replayed);
      ledgerUsd = done.ledgerUsd;
    }
    const told = all.reduce((sum, { usd }) => sum + usd, 0);
    if (Math.abs(told - ledgerUsd) > 1e-6)
      throw new Error(`the headers told of $${told}, the ledger has $${ledgerUsd}`);
    return all;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function replayPart(folder: string, config: string, route: ReplayRoute, part: ReplayPart) {
  const configPath = join(folder, 'yumen.yaml');
  writeFileSync(configPath, config);
  const gateway = await startGateway({
    configPath,
    environment: { YUMEN_ADMIN_KEY: adminKey },
    dataFolder: join(folder, 'data'),
    probeEngines: false,
    sandboxSpeed: Number.POSITIVE_INFINITY,
    log: createLog('silent'),
    host: '127.0.0.1',
    port: 0,
    version: 'bench',
    drainMs: 500,
    predictor: part.predictor,
  });
  try {
    for (const name of deploymentIds(route.models))
      await sendAll(part.before, route.atOnce, (ask) => send(gateway.url, name, ask, route.models));
    const replayed = await sendAll(part.asks, route.atOnce, (ask) =>
      send(gateway.url, routeName, ask, route.models),
    );
    return { replayed, ledgerUsd: await spent(gateway.url) };
  } finally {
    await gateway.close();
  }
}

async function sendAll(
  asks: readonly RecordedAsk[],
  atOnce: number,
  sendOne: (ask: RecordedAsk) => Promise<Replayed>,
) {
  const waiting = asks.toReversed();
  const answered: Replayed[] = [];
  const worker = async () => {
    for (let ask = waiting.pop(); ask !== undefined; ask = waiting.pop()) answered.push(await sendOne(ask));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return answered;
}

const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };

async function send(
  url: string,
  called: string,
  ask: RecordedAsk,
  models: readonly string[],
): Promise<Replayed> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    // The same ask by another name is another conversation.
    headers: { ...headers, 'x-yumen-session': `${called} ${ask.row.id}` },
    body: JSON.stringify(bodyOf(ask, called)),
  });
  const text = await response.text();
  const deployment = response.headers.get('x-yumen-deployment') ?? '';
  if (response.status !== 200) throw new Error(`${ask.row.id}: ${response.status} ${text.slice(0, 300)}`);
  const { model } = JSON.parse(text) as { model: string };
  const vendor = model === models.at(-1) ? 'trusted/' : 'cheap/';
  if (!text.includes(markOf(ask.row.id, model)) || !deployment.startsWith(vendor))
    throw new Error(`${ask.row.id}: ${deployment} is named for an answer that is not its own`);
  return {
    ask,
    model,
    usd: Number(response.headers.get('x-yumen-cost-usd')),
    attempts: Number(response.headers.get('x-yumen-attempts')),
    reason: response.headers.get('x-yumen-reason') ?? '',
  };
}

async function spent(url: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/report?by=route`, { headers });
  const { rows } = (await response.json()) as { rows: { group: string; cost_usd: number }[] };
  return rows.find(({ group }) => group === routeName)?.cost_usd ?? 0;
}

/** Recorded asks stand sorted by benchmark, which no traffic is. */
export function shuffled<One>(all: readonly One[]): One[] {
  const random = createRandom(1);
  const order = [...all];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

export const routeName = 'replayed';

/** The cheap models at one vendor, the reference at another. */
const deploymentIds = (models: readonly string[]): string[] =>
  [...recordedNames(models).keys()].map(
    (model, m) => `${m === models.length - 1 ? 'trusted' : 'cheap'}/${model}`,
  );

/** Deployments are called as the predictor knows the models. */
function recordedNames(models: readonly string[]): Map<string, string> {
  const canonical = canonicalModels();
  const names = new Map(models.map((model) => [canonical(model), model]));
  if (names.size < models.length) throw new Error(`two of ${models.join(', ')} are one model`);
  return names;
}

function configOf(fleet: Fleet, { models, prices, target, cascade }: ReplayRoute): string {
  const last = models.length - 1;
  const deployments = [...recordedNames(models)].map(([model, name], m) => {
    const { input, output } = prices.get(name)!;
    return {
      model,
      provider: m === last ? 'trusted' : 'cheap',
      name,
      price: { input, output },
      context_tokens: 131_072,
      output_tokens_max: outputTokensMax,
      capabilities: { tools: true, parallel_tools: true, reasoning: 'none' },
    };
  });
  const ids = deployments.map(({ provider, model }) => `${provider}/${model}`);
  // JSON is YAML.
  return JSON.stringify({
    providers: [
      { id: 'cheap', vendor: 'openai-compatible', base_url: fleet.chatUrl },
      { id: 'trusted', vendor: 'anthropic', api_key: 'sk-not-used', base_url: fleet.messagesUrl },
    ],
    deployments,
    routes: { [routeName]: { reference: ids[last], candidates: ids, mode: 'assist', target, cascade } },
  });
}
