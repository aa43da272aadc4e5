import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../std/index.ts';
import { answerTo } from './answer.ts';
import { type Ask, readAsk } from './ask.ts';
import {
  type CompletionHead,
  completionBody,
  createChunkWriter,
  promptTokensOf,
  usageOf,
} from './completion.ts';
import { generate } from './generation.ts';
import { findProfile, type Profile, profiles } from './profiles.ts';
import { createPromptCache } from './prompt-cache.ts';
import { digestOf, randomFrom } from './random.ts';
import { WireError } from './wire-error.ts';

export interface SandboxOptions {
  /** Same seed and same request give the same answer. */
  seed: number;
  clock: Clock;
  /** 0 = a free one. Always on loopback. */
  port: number;
  /** How many times faster than the profiles say; `Infinity` = no waiting. Default 1. */
  speed?: number | undefined;
  /** When given, requests must carry it as a bearer token. */
  apiKey?: string | undefined;
}

export interface Sandbox {
  /** Including `/v1`. */
  baseUrl: string;
  /** Requests being answered now. */
  activeRequests(): number;
  /** Stops at once; answers in progress are cut. */
  close(): Promise<void>;
}

/** Parsing and counting a body of this size stays within a tenth of a second. */
const bodyBytesMax = 8 * 1024 * 1024;
const activeRequestsMax = 256;
const cacheEntriesMax = 50_000;
const bodyTimeoutMs = 30_000;
/** Longer than common clients keep a connection idle, so that they close first. */
const keepAliveTimeoutMs = 75_000;
/** Tokens are written in batches no shorter than this apart: a timer a token would be all the work. */
const tickMs = 20;
/** Tokens written without waiting between two turns of the event loop. */
const piecesPerTurn = 64;

/** Starts the simulated vendor: a server that speaks chat completions and answers from a script. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const cache = createPromptCache(cacheEntriesMax);
  const active = new Set<ServerResponse>();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '/').split('?')[0]!;
    checkKey(request, options.apiKey);
    if (request.method === 'GET' && path === '/v1/models') {
      return sendJson(response, 200, { object: 'list', data: profiles.map(modelCard) });
    }
    if (request.method === 'GET' && path.startsWith('/v1/models/')) {
      const profile = findProfile(decoded(path.slice('/v1/models/'.length)));
      if (profile !== undefined) return sendJson(response, 200, modelCard(profile));
      throw new WireError(404, 'The model does not exist.', { code: 'model_not_found', param: 'model' });
    }
    if (path !== '/v1/chat/completions') {
      throw new WireError(
        404,
        `Unknown request URL: ${request.method} ${path.slice(0, 200)}. The sandbox serves /v1/chat/completions and /v1/models.`,
        { code: 'unknown_url' },
      );
    }
    if (request.method !== 'POST') throw new WireError(405, 'Use POST.', { code: 'method_not_supported' });
    if (active.size >= activeRequestsMax) {
      response.setHeader('retry-after', '1');
      throw new WireError(429, `The sandbox answers at most ${activeRequestsMax} requests at once.`, {
        type: 'requests',
        code: 'rate_limit_exceeded',
      });
    }
    active.add(response);
    response.once('close', () => active.delete(response));
    await complete(await readBody(request), response);
  };

  const complete = async (bytes: Buffer, response: ServerResponse): Promise<void> => {
    const ask = readAsk(parsedBody(bytes));
    const promptTokens = promptTokensOf(ask);
    if (promptTokens > ask.profile.contextTokens) {
      throw new WireError(
        400,
        `This model's maximum context length is ${ask.profile.contextTokens} tokens. However, your messages resulted in ${promptTokens} tokens.`,
        { code: 'context_length_exceeded', param: 'messages' },
      );
    }
    // Everything but how the answer is sent, so that a stream and a whole answer say the same.
    const digest = digestOf(
      `${options.seed}\n${ask.profile.id}\n${JSON.stringify(ask.toolChoice)}${ask.reasoning}${JSON.stringify(ask.format)}\n${ask.prompt}`,
    );
    const random = randomFrom(digest);
    const generation = generate(answerTo(ask, random, options.clock.nowMs()), ask);
    const usage = usageOf(promptTokens, cache.see(ask.profile.id, ask.prompt), generation);
    const head: CompletionHead = {
      id: `chatcmpl-sim${digest.slice(8, 32)}`,
      created: Math.floor(options.clock.nowMs() / 1000),
      model: ask.profile.id,
    };
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const pace = paceOf(ask, options.speed ?? 1);
    await wait(pace.firstTokenMs, gone.signal);
    if (!ask.stream) {
      await wait(generation.pieces.length * pace.msPerToken, gone.signal);
      return sendJson(response, 200, completionBody(head, generation, usage));
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
    });
    const writer = createChunkWriter(head, generation, ask.includeUsage);
    await send(response, writer.opening(), gone.signal);
    const perBatch =
      pace.msPerToken === 0 ? piecesPerTurn : Math.max(1, Math.round(tickMs / pace.msPerToken));
    for (let at = 0; at < generation.pieces.length; at += perBatch) {
      const batch = generation.pieces.slice(at, at + perBatch);
      await send(response, batch.map((piece) => writer.piece(piece)).join(''), gone.signal);
      if (pace.msPerToken > 0) await wait(batch.length * pace.msPerToken, gone.signal);
      else await nextTurn(undefined, { signal: gone.signal });
    }
    response.end(writer.closing(usage));
  };

  const server = createServer(
    { requestTimeout: bodyTimeoutMs, keepAliveTimeout: keepAliveTimeoutMs },
    (request, response) => {
      handle(request, response).catch((thrown: unknown) => fail(response, thrown));
    },
  );
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    activeRequests: () => active.size,
    close: () => closeServer(server),
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function fail(response: ServerResponse, thrown: unknown): void {
  if (response.destroyed || response.writableEnded) return;
  if (response.headersSent) {
    response.destroy();
  } else if (thrown instanceof WireError) {
    // A body that was not read to its end would be taken for the next request.
    if (thrown.status === 413) response.setHeader('connection', 'close');
    sendJson(response, thrown.status, thrown.body());
  } else {
    sendJson(response, 500, new WireError(500, 'The sandbox failed.', { type: 'server_error' }).body());
  }
}

function checkKey(request: IncomingMessage, apiKey: string | undefined): void {
  if (apiKey === undefined || request.headers.authorization === `Bearer ${apiKey}`) return;
  const problem =
    request.headers.authorization === undefined
      ? "You didn't provide an API key."
      : 'Incorrect API key provided.';
  throw new WireError(401, problem, { code: 'invalid_api_key' });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyBytesMax)
      throw new WireError(413, `The body is larger than ${bodyBytesMax} bytes.`, {
        code: 'request_too_large',
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parsedBody(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new WireError(400, 'We could not parse the JSON body of your request.');
  }
}

function paceOf(ask: Ask, speed: number): { firstTokenMs: number; msPerToken: number } {
  const { firstTokenMs, tokensPerSecond } = ask.profile;
  return { firstTokenMs: firstTokenMs / speed, msPerToken: 1000 / tokensPerSecond / speed };
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms >= 1) await pause(ms, undefined, { signal });
  else signal.throwIfAborted();
}

async function send(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!response.write(text)) await once(response, 'drain', { signal });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}

function modelCard(profile: Profile): object {
  return { id: profile.id, object: 'model', created: 1_577_836_800, owned_by: 'sandbox', simulated: true };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
