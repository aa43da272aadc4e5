import { type FakeScript, type FakeUpstream, startFakeUpstream } from '../../support/fake-upstream.ts';
import { startYumen, type TestGateway, testKey } from '../../support/start-yumen.ts';
import type { Client, ClientDialect, ClientKind } from './client.ts';

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
  dialect: ClientDialect;
  play(script: FakeScript): void;
}

interface ConnectOptions {
  key?: string;
  /** Let the SDK wait as long as the gateway told it to, instead of coming back at once. */
  keepsRetryAfter?: boolean;
}

const scripted = {
  'openai-chat': {
    vendor: 'openai',
    key: 'sk-upstream-openai',
    model: 'gpt-4o',
    thinkingModel: 'gpt-5.5',
  },
  'anthropic-messages': {
    vendor: 'anthropic',
    key: 'sk-upstream-anthropic',
    model: 'claude-haiku-5-5',
    thinkingModel: 'claude-haiku-5-5',
  },
} as const satisfies { [dialect in ClientDialect]: object };

/** One upstream that answers by script. The gateway makes a single attempt, so that what the SDK itself repeats is seen. */
export async function startScripted(kind: ClientKind, dialect: ClientDialect): Promise<ScriptedStage> {
  const { vendor, key, model, thinkingModel } = scripted[dialect];
  const upstream = await startFakeUpstream({ dialect, apiKey: key });
  const gateway = await startYumen(`
providers:
  - { id: ${vendor}, vendor: ${vendor}, api_key: ${key}, base_url: "${upstream.baseUrl}" }
limits: { attempts_max: 1 }
`);
  const exchanges: Exchange[] = [];
  return {
    upstream,
    dialect,
    gateway,
    model: `${vendor}/${model}`,
    thinkingModel: `${vendor}/${thinkingModel}`,
    upstreamName: model,
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
  });
}

/**
 * Notes every request an SDK really makes. Whether to repeat a request is the SDK's decision and stays so; how long it then
 * waits is cut short by the header that all of them put before `retry-after`.
 */
function watchedFetch(exchanges: Exchange[], keepsRetryAfter: boolean): typeof fetch {
  return async (input, init) => {
    const exchange: Exchange = { status: undefined, headers: undefined };
    exchanges.push(exchange);
    const response = await fetch(input, init);
    exchange.status = response.status;
    exchange.headers = response.headers;
    if (response.ok || keepsRetryAfter) return response;
    const headers = new Headers(response.headers);
    headers.set('retry-after-ms', '1');
    return new Response(await response.text(), { status: response.status, headers });
  };
}
