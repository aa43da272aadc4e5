import { type Candidate, createCatalog, type Deployment } from '../../../src/catalog/index.ts';
import { clientDialects, parseJsonBody, serviceUsage } from '../../../src/protocol/index.ts';
import { createProvider, type ProviderSettings } from '../../../src/providers/index.ts';
import type { Cancellation } from '../../../src/upstream/cancellation.ts';
import { createCircuitBreakers } from '../../../src/upstream/circuit-breaker.ts';
import type { RequestSigner } from '../../../src/upstream/credentials/request-signer.ts';
import { type ExecutionOutcome, type ExecutionTools, execute } from '../../../src/upstream/execute.ts';
import type { BalanceStrategy } from '../../../src/upstream/load/balance.ts';
import { Fleet, type RefusedKey } from '../../../src/upstream/load/fleet.ts';
import { defaultRetryPolicy } from '../../../src/upstream/retry.ts';
import { createRetryBudget } from '../../../src/upstream/retry-budget.ts';
import {
  executeService,
  type ServiceExecution,
  type ServiceOutcome,
} from '../../../src/upstream/service-execution.ts';
import type { Transport, TransportHandler, TransportRequest } from '../../../src/upstream/transport.ts';
import { seededRandom, VirtualTime } from './virtual-time.ts';

/** What an upstream does with one call. */
export interface Reply {
  afterMs: number;
  /** Absent = the connection is refused. */
  status?: number;
  headers?: { [name: string]: string };
  /** Absent = an answer or an error as chats have it. */
  json?: unknown;
}

export interface SimulatedUpstream {
  weight?: number;
  limits?: { requests_per_minute?: number; tokens_per_minute?: number; concurrent?: number };
  keys?: ProviderSettings['apiKeys'];
  /** Absent = one that is compatible with OpenAI. */
  vendor?: string;
  /** USD per 1M tokens, for the strategy that looks at prices. */
  priceUsd?: number;
  reply(nowMs: number, key: string | undefined): Reply;
}

export interface SimulatedCall {
  atMs: number;
  upstream: string;
  key: string | undefined;
  status: number;
}

const stays: Cancellation = { cancelled: false, onCancel: () => undefined };

export interface SimulationOptions {
  seed: number;
  strategy: BalanceStrategy;
  upstreams: { [id: string]: SimulatedUpstream };
  attemptsMax?: number;
  signer?: RequestSigner;
}

/** The real choice, retries, circuits and limits over upstreams that only exist in virtual time. */
export class Simulation {
  readonly time = new VirtualTime();
  readonly random: () => number;
  readonly calls: SimulatedCall[] = [];
  readonly refusedKeys: RefusedKey[] = [];
  readonly breakers;
  readonly fleet: Fleet;
  readonly retryBudget = createRetryBudget();
  readonly plan: Candidate[];
  requests = 0;
  answered = 0;
  readonly failures: { atMs: number; code: string }[] = [];
  /** Retries beyond what the budget allows, ever. */
  budgetExceeded = 0;
  retries = 0;
  /** Counted here too, so that the budget is not its own witness. */
  private retrying = 0;
  private inFlight = 0;
  private readonly options: SimulationOptions;

  constructor(options: SimulationOptions) {
    this.options = options;
    this.random = seededRandom(options.seed);
    this.breakers = createCircuitBreakers(this.random);
    this.fleet = new Fleet({
      breakers: this.breakers,
      random: this.random,
      keyRefused: (refused) => this.refusedKeys.push(refused),
    });
    this.plan = planOf(options);
  }

  /** Requests that arrive at random, so many a second on average. */
  async offer(perSecond: number, untilMs: number, ask: () => unknown = () => this.ask()): Promise<void> {
    const arrive = (): void => {
      if (this.time.nowMs >= untilMs) return;
      ask();
      this.time.after((-Math.log(1 - this.random()) / perSecond) * 1000, arrive);
    };
    this.time.after(0, arrive);
    await this.time.run(untilMs + 60_000);
  }

  /** A chat. */
  ask(cancellation: Cancellation = stays): Promise<ExecutionOutcome<string>> {
    return this.counted((observer) =>
      execute<string>(
        {
          ...this.common(cancellation),
          request: requestOf('hi'),
          clientHeaders: {},
          thoughts: () => undefined,
          observer: {
            started: ({ deployment }) => observer.started(deployment),
            failed: observer.failed,
            cancelled: () => undefined,
            answeredInVain: () => undefined,
            refuses: () => undefined,
          },
        },
        this.tools(),
      ),
    );
  }

  /** A request beside chat: a document, unless it says otherwise. */
  serve(
    wanted: Partial<ServiceExecution<string>> & { credential?: string } = {},
    cancellation: Cancellation = stays,
  ): Promise<ServiceOutcome<string>> {
    const { credential, ...other } = wanted;
    const common = this.common(cancellation);
    return this.counted((observer) =>
      executeService<string>(
        {
          ...common,
          balancing: { ...common.balancing, credential },
          request: ({ provider }) => ({
            method: 'POST',
            url: new URL(`http://${provider.id}.test/v1/embeddings`),
            headers: {},
            body: Buffer.from('{}'),
          }),
          repeatable: true,
          take: () => 'whole',
          read: (bytes) => ({ bytes, ...serviceUsage(JSON.parse(Buffer.from(bytes).toString())) }),
          observer: { ...observer, cancelled: () => undefined },
          ...other,
        },
        this.tools(),
      ),
    );
  }

  private common(cancellation: Cancellation) {
    return {
      plan: this.plan,
      balancing: {
        strategy: this.options.strategy,
        costsNano: new Map(
          this.plan.map(({ id, deployment }) => [
            id,
            (this.options.upstreams[deployment.provider.id]?.priceUsd ?? 0) * 1000,
          ]),
        ),
        home: undefined,
        tokens: 100,
      },
      timeouts: { connectMs: 1000, firstByteMs: 60_000, interChunkMs: 60_000, totalMs: 600_000 },
      policy: { ...defaultRetryPolicy, attemptsMax: this.options.attemptsMax ?? 4 },
      answerBytesMax: 1_000_000,
      cancellation,
    };
  }

  private tools(): ExecutionTools {
    return {
      transport: this.transport(),
      fleet: this.fleet,
      signers: { of: () => this.options.signer },
      retryBudget: this.retryBudget,
      timers: this.time,
      random: this.random,
      monotonicMs: () => this.time.nowMs,
    };
  }

  private async counted<Outcome extends ExecutionOutcome<string> | ServiceOutcome<string>>(
    run: (observer: { started(deployment: Deployment): Promise<string>; failed(): void }) => Promise<Outcome>,
  ): Promise<Outcome> {
    this.requests += 1;
    this.inFlight += 1;
    this.retryBudget.requestBegan();
    let made = 0;
    const outcome = await run({
      started: async ({ id }) => {
        made += 1;
        if (made > 1) this.retryBegan();
        return id;
      },
      failed: () => {
        if (made > 1) this.retrying -= 1;
      },
    });
    this.inFlight -= 1;
    this.retryBudget.requestEnded();
    if (outcome.kind === 'failed') this.failures.push({ atMs: this.time.nowMs, code: outcome.error.code });
    else if (outcome.kind !== 'cancelled') {
      if (made > 1) this.retrying -= 1;
      this.answered += 1;
    }
    return outcome;
  }

  callsTo(upstream: string, fromMs = 0, toMs = Number.POSITIVE_INFINITY): SimulatedCall[] {
    return this.calls.filter((call) => call.upstream === upstream && call.atMs >= fromMs && call.atMs < toMs);
  }

  /** In service: neither ejected nor with an open circuit. */
  serves(upstream: string): boolean {
    const candidate = this.plan.find(({ deployment }) => deployment.provider.id === upstream)!;
    const { nowMs } = this.time;
    return !this.fleet.isEjected(candidate, nowMs) && this.breakers.of(candidate.deployment.id).allows(nowMs);
  }

  private retryBegan(): void {
    this.retries += 1;
    this.retrying += 1;
    if (this.retrying > Math.max(3, Math.floor(this.inFlight * 0.2))) this.budgetExceeded += 1;
  }

  private transport(): Transport {
    return {
      call: (request, handler) => this.call(request, handler),
      close: () => Promise.resolve(),
    };
  }

  private call(request: TransportRequest, handler: TransportHandler) {
    const upstream = request.url.hostname.split('.')[0]!;
    const key = request.headers['authorization']?.replace('Bearer ', '');
    const reply = this.options.upstreams[upstream]!.reply(this.time.nowMs, key);
    this.calls.push({ atMs: this.time.nowMs, upstream, key, status: reply.status ?? 0 });
    const stop = this.time.after(reply.afterMs, () => {
      if (reply.status === undefined) {
        handler.onFailure({ kind: 'refused', detail: 'nobody there', responded: false });
        return;
      }
      const headers = { 'content-type': 'application/json', ...reply.headers };
      handler.onHead({ status: reply.status, headers, receivedAtMs: this.time.nowMs });
      const usual = reply.status === 200 ? answer : errorBody;
      handler.onData(reply.json === undefined ? usual : Buffer.from(JSON.stringify(reply.json)));
      handler.onEnd();
    });
    return { pause: () => undefined, resume: () => undefined, abort: stop };
  }
}

const answer = Buffer.from(
  JSON.stringify({
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 120, completion_tokens: 80, total_tokens: 200 },
  }),
);
const errorBody = Buffer.from(JSON.stringify({ error: { message: 'no', type: 'x', code: 'x' } }));

function requestOf(content: string) {
  const bytes = Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }));
  return clientDialects['openai-chat'].decodeRequest(parseJsonBody(bytes), bytes, undefined);
}

function planOf({ upstreams }: SimulationOptions): Candidate[] {
  const catalog = createCatalog({
    providers: Object.entries(upstreams).map(([id, { keys, vendor }]) =>
      createProvider({
        id,
        vendor: vendor ?? 'openai-compatible',
        baseUrl: `http://${id}.test/v1`,
        apiKeys: keys ?? [{ key: `key-of-${id}` }],
      }),
    ),
    deployments: Object.entries(upstreams).map(([provider, { weight, limits }]) => ({
      model: 'm',
      provider,
      weight,
      limits,
    })),
  });
  return catalog.candidates('m');
}

/** Latencies around a median, now and then long, as those of models are. */
export function latencies(random: () => number, medianMs: number): () => number {
  return () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return medianMs * Math.exp(0.3 * normal);
  };
}
