import type { DialectName } from '../../../src/protocol/index.ts';
import { type FakeScript, type FakeUpstream, startFakeUpstream } from '../../support/fake-upstream.ts';
import { startYumen, type TestGateway, testKey } from '../../support/start-yumen.ts';
import type { Client, ClientKind } from './client.ts';

/** One request of an SDK and what came back, as seen between the SDK and the gateway. */
export interface Exchange {
  status: number | undefined;
  headers: Headers | undefined;
}

/** A gateway with one upstream behind it, and what passes between them. */
export interface Stage {
  gateway: TestGateway;
  /** A client without and with thinking can be sent to these. */
  model: string;
  thinkingModel: string;
  /** `model` as the upstream knows it. */
  upstreamName: string;
  exchanges: Exchange[];
  connect(options?: ConnectOptions): Client;
  close(): Promise<void>;
}

export interface ScriptedStage extends Stage {
  upstream: FakeUpstream;
  play(script: FakeScript): void;
  /** The models at another provider each time: its circuits know nothing of earlier failures. */
  untried(): { model: string; thinkingModel: string };
}

interface ConnectOptions {
  key?: string;
  /** Let the SDK wait as long as the gateway told it to, instead of coming back at once. */
  keepsRetryAfter?: boolean;
}

/** Providers at the one upstream, so that each check has circuits of its own. */
const providersMax = 32;

interface Upstream {
  /** How a provider of this dialect is configured, but for its id, key and address. */
  provider: string;
  key: string;
  model: string;
  /** `model` as the catalogue says the vendor calls it. */
  upstreamName: string;
  thinkingModel: string;
}

const scripted: { [dialect in DialectName]: Upstream } = {
  'openai-chat': {
    provider: 'vendor: openai, dialect: openai-chat',
    key: 'sk-upstream-openai',
    model: 'gpt-4o',
    upstreamName: 'gpt-4o',
    thinkingModel: 'gpt-5.5',
  },
  'openai-responses': {
    provider: 'vendor: openai, dialect: openai-responses',
    key: 'sk-upstream-openai',
    model: 'gpt-4o',
    upstreamName: 'gpt-4o',
    thinkingModel: 'gpt-5.5',
  },
  'anthropic-messages': {
    provider: 'vendor: anthropic',
    key: 'sk-upstream-anthropic',
    model: 'claude-haiku-4-5',
    upstreamName: 'claude-haiku-4-5',
    thinkingModel: 'claude-haiku-5-5',
  },
  gemini: {
    provider: 'vendor: gemini',
    key: 'sk-upstream-gemini',
    // It refuses calls of earlier turns without the signature that it gave them.
    model: 'gemini-3.5-flash',
    upstreamName: 'gemini-3.5-flash',
    thinkingModel: 'gemini-3.5-flash',
  },
  'bedrock-converse': {
    provider: 'vendor: bedrock, region: eu-central-1',
    key: 'sk-upstream-bedrock',
    model: 'claude-haiku-4-5',
    upstreamName: 'global.anthropic.claude-haiku-4-5-20251001-v1:0',
    thinkingModel: 'claude-opus-4-6',
  },
};

/** One upstream that answers by script. The gateway makes a single attempt, so that what the SDK itself repeats is seen. */
export async function startScripted(kind: ClientKind, dialect: DialectName): Promise<ScriptedStage> {
  const { provider, key, model, upstreamName, thinkingModel } = scripted[dialect];
  const upstream = await startFakeUpstream({ dialect, apiKey: key });
  const providers = Array.from({ length: providersMax }, (_, at) => `place-${at}`);
  const gateway = await startYumen(
    [
      'providers:',
      ...providers.map(
        (id) => `  - { id: ${id}, ${provider}, api_key: ${key}, base_url: "${upstream.baseUrl}" }`,
      ),
      // Named, because all that the catalogue knows of so many providers takes a while.
      'deployments:',
      ...providers.flatMap((id) =>
        [...new Set([model, thinkingModel])].map((name) => `  - { provider: ${id}, model: ${name} }`),
      ),
      'limits: { attempts_max: 1 }',
    ].join('\n'),
  );
  const exchanges: Exchange[] = [];
  let tried = 0;
  return {
    upstream,
    gateway,
    model: `${providers[0]}/${model}`,
    thinkingModel: `${providers[0]}/${thinkingModel}`,
    untried() {
      tried += 1;
      if (tried >= providersMax) throw new Error('raise providersMax');
      return { model: `${providers[tried]}/${model}`, thinkingModel: `${providers[tried]}/${thinkingModel}` };
    },
    upstreamName,
    exchanges,
    connect: (options = {}) => connect(kind, gateway, exchanges, options),
    play: (script) => upstream.setScript(script),
    async close() {
      await gateway.close();
      await upstream.close();
    },
  };
}

/** A gateway as it starts without any configuration: the sandbox answers. */
export async function startWithSandbox(kind: ClientKind): Promise<Stage> {
  const gateway = await startYumen();
  const exchanges: Exchange[] = [];
  return {
    gateway,
    model: 'sandbox/frontier',
    thinkingModel: 'sandbox/reasoner',
    upstreamName: 'sandbox/frontier',
    exchanges,
    connect: (options = {}) => connect(kind, gateway, exchanges, options),
    close: () => gateway.close(),
  };
}

function connect(
  kind: ClientKind,
  gateway: TestGateway,
  exchanges: Exchange[],
  options: ConnectOptions,
): Client {
  return kind.connect({
    url: gateway.url,
    key: options.key ?? testKey,
    fetch: watchedFetch(exchanges, options.keepsRetryAfter === true),
    patient: options.keepsRetryAfter === true,
  });
}

/** The platform's own, whatever stands in its place for an SDK that takes no other. */
const network = globalThis.fetch;

/**
 * Notes every request an SDK really makes. Whether to repeat a request is the SDK's decision and stays so; how long it then
 * waits is cut short by the header that all of them put before `retry-after`.
 */
function watchedFetch(exchanges: Exchange[], keepsRetryAfter: boolean): typeof fetch {
  return async (input, init) => {
    const exchange: Exchange = { status: undefined, headers: undefined };
    exchanges.push(exchange);
    const response = await network(input, init);
    exchange.status = response.status;
    exchange.headers = response.headers;
    if (response.ok || keepsRetryAfter) return response;
    const headers = new Headers(response.headers);
    headers.set('retry-after-ms', '1');
    return new Response(await response.text(), { status: response.status, headers });
  };
}
