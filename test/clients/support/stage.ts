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
  play(script: FakeScript): void;
  /** `model` at another deployment each time: its circuit knows nothing of earlier failures. */
  untriedModel(): string;
}

interface ConnectOptions {
  key?: string;
  /** Let the SDK wait as long as the gateway told it to, instead of coming back at once. */
  keepsRetryAfter?: boolean;
}

/** Deployments of the model at the one upstream, so that each test of failures has a circuit of its own. */
const deploymentsMax = 12;

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
    model: 'claude-haiku-4-5',
    thinkingModel: 'claude-haiku-5-5',
  },
} as const satisfies { [dialect in ClientDialect]: object };

/** One upstream that answers by script. The gateway makes a single attempt, so that what the SDK itself repeats is seen. */
export async function startScripted(kind: ClientKind, dialect: ClientDialect): Promise<ScriptedStage> {
  const { vendor, key, model, thinkingModel } = scripted[dialect];
  const upstream = await startFakeUpstream({ dialect, apiKey: key });
  const providers = Array.from({ length: deploymentsMax }, (_, at) => `place-${at}`);
  const gateway = await startYumen(
    [
      'providers:',
      ...providers.map(
        (id) => `  - { id: ${id}, vendor: ${vendor}, api_key: ${key}, base_url: "${upstream.baseUrl}" }`,
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
    untriedModel() {
      tried += 1;
      if (tried >= deploymentsMax) throw new Error('raise deploymentsMax');
      return `${providers[tried]}/${model}`;
    },
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
