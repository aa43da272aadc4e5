import type { Candidate } from '../catalog/index.ts';
import {
  type ChatAnswer,
  type ChatEvent,
  type ChatRequest,
  clientDialects,
  type GatewayError,
  isContent,
  type JsonObject,
  noUsage,
  toGatewayError,
  type Usage,
} from '../protocol/index.ts';
import { authHeaders, type Provider, type ProviderKey } from '../providers/index.ts';
import type { Clock } from '../std/index.ts';
import {
  type AttemptOutcome,
  openAttempt,
  type ResponseHead,
  type Signers,
  type Timeouts,
  type Transport,
  type TransportFailure,
  upstreamBody,
} from '../upstream/index.ts';
import type { Purse } from './purse.ts';

/** A request of the doctor's own, as a client of chat completions would write it. */
export interface Probe {
  body: JsonObject;
  outputTokensMax: number;
}

/** How a stream arrived. */
export interface Arrivals {
  /** Pieces of content, however they were packed. */
  pieces: number;
  /** From the request to the first and to the last piece of content. */
  firstMs: number;
  lastMs: number;
  /** The finish reason was said. */
  finished: boolean;
  /** The dialect's terminal event came. */
  ended: boolean;
}

export type Asked =
  | { kind: 'answered'; answer: ChatAnswer; head: ResponseHead | undefined; arrivals: Arrivals | undefined }
  | { kind: 'failed'; error: GatewayError; head: ResponseHead | undefined }
  /** It might have cost more than may be spent. */
  | { kind: 'unaffordable' }
  | { kind: 'stopped' };

export type Got =
  | { kind: 'answered'; head: ResponseHead; body: unknown }
  | { kind: 'failed'; failure: TransportFailure }
  /** It could not be signed; says why. */
  | { kind: 'unsigned'; error: GatewayError }
  | { kind: 'stopped' };

export interface CallerTools {
  clock: Clock;
  transport: Transport;
  signers: Signers;
  purse: Purse;
  timeouts: Timeouts;
  /** Waits, or less long when the signal comes. */
  pause(ms: number): Promise<void>;
  signal: AbortSignal;
}

const answerBytesMax = 4 * 1024 * 1024;
const documentBytesMax = 16 * 1024 * 1024;
const pauseMsMax = 5_000;
const pauseMsDefault = 1_000;

/** Asks upstreams through the code that serves traffic. Nothing is asked more than twice. */
export class Caller {
  readonly #tools: CallerTools;
  /** How to end each call that is under way. */
  readonly #stops = new Set<() => void>();

  constructor(tools: CallerTools) {
    this.#tools = tools;
    tools.signal.addEventListener('abort', () => {
      for (const stop of [...this.#stops]) stop();
    });
  }

  get stopped(): boolean {
    return this.#tools.signal.aborted;
  }

  /** One chat call; a second one after a moment where the first met a limit or a failing server. */
  async ask(candidate: Candidate, probe: Probe, key?: ProviderKey): Promise<Asked> {
    const first = await this.#askOnce(candidate, probe, key);
    if (first.kind !== 'failed' || !isPassing(first.error, first.head)) return first;
    await this.#tools.pause(Math.min(first.error.retryAfterMs ?? pauseMsDefault, pauseMsMax));
    return this.stopped ? { kind: 'stopped' } : this.#askOnce(candidate, probe, key);
  }

  /** A document beside chat, such as the list of models. */
  async get(provider: Provider, url: URL, key: ProviderKey | undefined = provider.keys[0]): Promise<Got> {
    const { transport, signers, timeouts } = this.#tools;
    if (this.stopped) return { kind: 'stopped' };
    const wire = provider.wires[0]!;
    const headers = { ...wire.headers, ...authHeaders(wire, key), accept: 'application/json' };
    let signed: { [name: string]: string } = {};
    try {
      const signer = signers.of(provider);
      signed = (await signer?.sign({ method: 'GET', url, headers, body: new Uint8Array(0) })) ?? {};
    } catch (thrown) {
      return { kind: 'unsigned', error: toGatewayError(thrown) };
    }
    return this.#stoppable((resolve) => {
      let head: ResponseHead | undefined;
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      const call = transport.call(
        { method: 'GET', url, headers: { ...headers, ...signed }, body: undefined, timeouts },
        {
          onHead: (seen) => {
            head = seen;
          },
          onData: (chunk) => {
            bytes += chunk.byteLength;
            if (bytes <= documentBytesMax) chunks.push(chunk);
          },
          onEnd: () => resolve({ kind: 'answered', head: head!, body: parsed(Buffer.concat(chunks)) }),
          onFailure: (failure) => resolve({ kind: 'failed', failure }),
        },
      );
      return () => call.abort();
    });
  }

  /** Begins something that a stop ends early. `begin` gives back how. */
  #stoppable<T>(begin: (resolve: (result: T) => void) => () => void): Promise<T | { kind: 'stopped' }> {
    return new Promise((resolve) => {
      const done = (result: T | { kind: 'stopped' }): void => {
        this.#stops.delete(stop);
        resolve(result);
      };
      let end: (() => void) | undefined;
      const stop = (): void => {
        end?.();
        done({ kind: 'stopped' });
      };
      this.#stops.add(stop);
      end = begin(done);
    });
  }

  async #askOnce(
    candidate: Candidate,
    probe: Probe,
    key: ProviderKey | undefined = candidate.deployment.provider.keys[0],
  ): Promise<Asked> {
    const { clock, transport, signers, purse, timeouts } = this.#tools;
    if (this.stopped) return { kind: 'stopped' };
    const { deployment } = candidate;
    let request: ChatRequest;
    let body: ReturnType<typeof upstreamBody>;
    try {
      request = decoded(probe, deployment.id);
      body = upstreamBody(request, candidate);
    } catch (thrown) {
      return { kind: 'failed', error: toGatewayError(thrown), head: undefined };
    }
    const settle = purse.hold(deployment, {
      bytes: body.bytes.byteLength,
      outputTokensMax: probe.outputTokensMax,
    });
    if (settle === undefined) return { kind: 'unaffordable' };
    let head: ResponseHead | undefined;
    const startedMs = clock.monotonicMs();
    const sinceMs = (): number => clock.monotonicMs() - startedMs;
    const asked = await this.#stoppable<Asked>((resolve) => {
      const attempt = openAttempt(
        {
          request,
          deployment,
          body,
          answerBytesMax,
          timeouts,
          key,
          clientHeaders: {},
          signer: signers.of(deployment.provider),
          sawHead: (seen) => {
            head = seen;
          },
        },
        transport,
      );
      void attempt.outcome.then((each) => read(each, sinceMs)).then(resolve);
      return () => attempt.abort();
    });
    settle(billed(asked, head));
    return asked.kind === 'answered' || asked.kind === 'failed' ? { ...asked, head } : asked;
  }
}

/** What a call is taken to have used; undefined = its worst case. What was refused is not billed, what broke off or took too long may be. */
function billed(asked: Asked, head: ResponseHead | undefined): Usage | undefined {
  if (asked.kind === 'answered') return asked.answer.usage;
  return asked.kind === 'failed' && head !== undefined && head.status >= 400 ? noUsage : undefined;
}

function decoded(probe: Probe, model: string): ChatRequest {
  const body = { model, max_tokens: probe.outputTokensMax, ...probe.body };
  return clientDialects['openai-chat'].decodeRequest(body, new TextEncoder().encode(JSON.stringify(body)));
}

/** A failure of the moment: the server answered, and said that it is busy. */
function isPassing({ code }: GatewayError, head: ResponseHead | undefined): boolean {
  return head !== undefined && (code === 'upstream_rate_limited' || code === 'upstream_unavailable');
}

async function read(outcome: AttemptOutcome, sinceMs: () => number): Promise<Asked> {
  if (outcome.kind === 'failed') return { kind: 'failed', error: outcome.error, head: undefined };
  if (outcome.kind === 'answered')
    return { kind: 'answered', answer: outcome.answer, head: undefined, arrivals: undefined };
  const reading = new StreamReading(sinceMs);
  return new Promise((resolve) => {
    outcome.stream.start({
      frames: (batch) => {
        for (const { events } of batch) for (const event of events) reading.add(event);
        // Some leave the connection open after the end.
        if (reading.isOver) resolve(reading.asked());
      },
      end: () => resolve(reading.asked()),
      failed: (error) => resolve({ kind: 'failed', error, head: undefined }),
    });
  });
}

/** Keeps what checks ask of a stream. */
class StreamReading {
  readonly #sinceMs: () => number;
  readonly #texts = { text: '', reasoning: '' };
  #usage: Usage | undefined;
  #failure: GatewayError | undefined;
  #finish: ChatAnswer['finish'] | undefined;
  readonly #arrivals: Arrivals = { pieces: 0, firstMs: 0, lastMs: 0, finished: false, ended: false };

  constructor(sinceMs: () => number) {
    this.#sinceMs = sinceMs;
  }

  add(event: ChatEvent): void {
    const arrivals = this.#arrivals;
    if (isContent(event)) {
      arrivals.lastMs = this.#sinceMs();
      if (arrivals.pieces === 0) arrivals.firstMs = arrivals.lastMs;
      arrivals.pieces += 1;
    }
    switch (event.type) {
      case 'text':
      case 'reasoning':
        this.#texts[event.type] += event.text;
        break;
      case 'usage':
        this.#usage = event.usage;
        break;
      case 'finish':
        this.#finish = event.finish;
        arrivals.finished = true;
        break;
      case 'error':
        this.#failure = event.error;
        break;
      case 'end':
        arrivals.ended = true;
        break;
      default:
    }
  }

  get isOver(): boolean {
    return this.#arrivals.ended || this.#failure !== undefined;
  }

  asked(): Asked {
    if (this.#failure !== undefined) return { kind: 'failed', error: this.#failure, head: undefined };
    const { text, reasoning } = this.#texts;
    const parts: ChatAnswer['parts'] = [];
    if (reasoning !== '') parts.push({ type: 'reasoning', text: reasoning });
    if (text !== '') parts.push({ type: 'text', text });
    const finish = this.#finish ?? { unified: 'other', raw: undefined };
    const answer: ChatAnswer = { id: undefined, model: undefined, parts, finish, usage: this.#usage };
    return { kind: 'answered', answer, head: undefined, arrivals: this.#arrivals };
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
