import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type DialectName, isObject } from '../../src/protocol/index.ts';
import { composeAnswer } from './fake-answer.ts';
import { fakeAnthropicMessages } from './fake-anthropic-messages.ts';
import { fakeBedrock } from './fake-bedrock.ts';
import type { FakeDialect, FakeEvent, FakePath } from './fake-dialect.ts';
import { fakeGemini } from './fake-gemini.ts';
import { fakeOpenaiChat } from './fake-openai-chat.ts';
import { fakeOpenaiResponses } from './fake-openai-responses.ts';
import type { FakeReply, FakeRequest, FakeScript, FakeServed } from './fake-reply.ts';
import { type BodyPiece, FakeWriter } from './fake-writer.ts';

export type { FakeScript } from './fake-reply.ts';

export interface FakeUpstreamOptions {
  dialect: DialectName;
  /** The same reply for every request, one for each in turn (then plain answers), or a function. Default: plain answers. */
  script?: FakeScript;
  /** When given, requests with another key are answered 401. */
  apiKey?: string;
  /** What `GET /v1/models` lists. */
  models?: string[];
}

/** A real HTTP server on loopback that plays a vendor, and keeps its own record of all it received and served. */
export interface FakeUpstream {
  /** Up to and including the version path, as a provider's base URL is configured. */
  baseUrl: string;
  /** `http://127.0.0.1:port`. */
  origin: string;
  /** Chat calls, in order of arrival. */
  requests: FakeRequest[];
  /** One row for each request, at the same index. */
  served: FakeServed[];
  /** Sockets that were ever opened to it. */
  readonly connections: number;
  setScript(script: FakeScript): void;
  /** The request with this index, once it has been read. */
  whenReceived(index: number): Promise<FakeRequest>;
  /** Resolves when the answer to this request is over, whole or not. */
  whenServed(index: number): Promise<FakeServed>;
  /**
   * Waits until the client has gone away from an unfinished answer.
   *
   * @param sinceMs `performance.now()` of the cause
   * @returns milliseconds from `sinceMs` to the disconnection as seen here
   */
  whenCancelled(index: number, sinceMs: number): Promise<number>;
  close(): Promise<void>;
}

const dialects: { [name in DialectName]: FakeDialect } = {
  'openai-chat': fakeOpenaiChat,
  'openai-responses': fakeOpenaiResponses,
  'anthropic-messages': fakeAnthropicMessages,
  gemini: fakeGemini,
  'bedrock-converse': fakeBedrock,
};

/** Bound of every wait of a test for something that should have happened. */
const waitMsMax = 10_000;

export async function startFakeUpstream(options: FakeUpstreamOptions): Promise<FakeUpstream> {
  const dialect = dialects[options.dialect];
  const requests: FakeRequest[] = [];
  const served: FakeServed[] = [];
  const socketUses = new WeakMap<Socket, number>();
  const over = new Set<number>();
  const changes = new EventEmitter();
  changes.setMaxListeners(0);
  let script = options.script ?? {};
  let scripted = 0;
  let connections = 0;

  const server = createServer({ keepAliveTimeout: 30_000 }, (incoming, outgoing) => {
    handle(incoming, outgoing).catch((thrown: unknown) => {
      outgoing.destroy();
      changes.emit('fault', thrown);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const bytes = await readAll(incoming);
    const { pathname: path, searchParams } = new URL(incoming.url ?? '', origin);
    if (incoming.method === 'GET' && path === `${dialect.basePath}/models`) {
      return sendJson(outgoing, 200, dialect.models(options.models ?? ['fake-model']));
    }
    const use = (socketUses.get(incoming.socket) ?? 0) + 1;
    socketUses.set(incoming.socket, use);
    const request: FakeRequest = {
      index: requests.length,
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: parsed(bytes),
      bytes,
      receivedAtMs: performance.now(),
      socketUse: use,
      disconnectedAtMs: undefined,
    };
    const record = emptyServed(request.index);
    requests.push(request);
    served.push(record);
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) request.disconnectedAtMs ??= performance.now();
      over.add(request.index);
      changes.emit('change');
    });
    changes.emit('change');
    const chatPath = dialect.chatPath(path, searchParams);
    const reply =
      chatPath === undefined
        ? { status: 404, error: { message: `no ${path} here` } }
        : replyTo(request, incoming);
    await answer(request, record, reply, chatPath ?? {}, outgoing);
    changes.emit('change');
  }

  function replyTo(request: FakeRequest, incoming: IncomingMessage): FakeReply {
    if (options.apiKey !== undefined && keyOf(incoming) !== options.apiKey) {
      return { status: 401, error: { message: 'Incorrect API key provided.', code: 'invalid_api_key' } };
    }
    if (typeof script === 'function') return script(request);
    if (Array.isArray(script)) return script[scripted++] ?? {};
    return script;
  }

  async function answer(
    request: FakeRequest,
    record: FakeServed,
    reply: FakeReply,
    path: FakePath,
    out: ServerResponse,
  ): Promise<void> {
    const writer = new FakeWriter(out, reply, record);
    if (reply.drop === true) return writer.reset();
    if (reply.silent === 'head') return;
    await writer.sleep(reply.headDelayMs ?? 0);
    if (reply.error !== undefined || reply.body !== undefined) {
      record.status = reply.status ?? (reply.error === undefined ? 200 : 500);
      const body = reply.error === undefined ? reply.body : dialect.error(reply.error, record.status);
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return writer.send(record.status, 'application/json', [{ text }]);
    }
    const asked = isObject(request.body)
      ? dialect.ask(request.body, path)
      : { invalid: 'could not parse the JSON body' };
    if ('invalid' in asked) {
      record.status = 400;
      return writer.send(400, 'application/json', [
        { text: JSON.stringify(dialect.error({ message: asked.invalid }, 400)) },
      ]);
    }
    const composed = composeAnswer(request.index, asked, reply);
    Object.assign(record, {
      status: reply.status ?? 200,
      stream: asked.stream,
      inputTokens: composed.inputTokens,
      cacheReadTokens: composed.cacheReadTokens,
      cacheWriteTokens: composed.cacheWriteTokens,
      outputTokens: composed.outputTokens,
      reasoningTokens: composed.reasoningTokens,
    });
    if (!asked.stream) {
      const { body, usage } = dialect.answer(composed, reply, asked);
      return writer.send(record.status, 'application/json', [
        { text: JSON.stringify(body), tokens: composed.outputTokens, usage },
      ]);
    }
    await writer.send(
      record.status,
      dialect.streamContentType ?? 'text/event-stream; charset=utf-8',
      streamPieces(dialect, composed, asked, reply),
    );
  }

  function settled<T>(read: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        changes.off('change', look);
        changes.off('fault', fail);
      };
      const fail = (thrown: unknown): void => {
        finish();
        reject(thrown);
      };
      const look = (): void => {
        try {
          const value = read();
          if (value === undefined) return;
          finish();
          resolve(value);
        } catch (thrown) {
          fail(thrown);
        }
      };
      const timer = setTimeout(() => fail(new Error(`waited ${waitMsMax} ms for ${what}`)), waitMsMax);
      changes.on('change', look);
      changes.on('fault', fail);
      look();
    });
  }

  return {
    baseUrl: `${origin}${dialect.basePath}`,
    origin,
    requests,
    served,
    get connections() {
      return connections;
    },
    setScript(next) {
      script = next;
      scripted = 0;
    },
    whenReceived: (index) => settled(() => requests[index], `request ${index}`),
    whenServed: (index) =>
      settled(() => (over.has(index) ? served[index] : undefined), `the end of answer ${index}`),
    whenCancelled: async (index, sinceMs) => {
      const atMs = await settled(() => {
        if (served[index]?.finished === true) throw new Error(`answer ${index} was finished, not cancelled`);
        return requests[index]?.disconnectedAtMs;
      }, `the cancellation of request ${index}`);
      return Math.max(0, atMs - sinceMs);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function streamPieces(
  dialect: FakeDialect,
  composed: Parameters<FakeDialect['events']>[0],
  asked: Parameters<FakeDialect['events']>[1],
  reply: FakeReply,
): BodyPiece[] {
  const pieces: BodyPiece[] = [];
  let chunks = 0;
  const errorAfter = reply.errorEvent?.afterChunks ?? Number.POSITIVE_INFINITY;
  const write = (event: FakeEvent): string | Buffer => dialect.frame?.(event) ?? sseText(event, reply);
  for (const event of dialect.events(composed, asked, reply)) {
    if (event.terminal === true && reply.omitTerminal === true) continue;
    if (chunks >= errorAfter) break;
    pieces.push({ text: write(event), tokens: event.tokens, usage: event.usage });
    if (event.tokens !== undefined) chunks += 1;
  }
  if (reply.errorEvent !== undefined)
    pieces.push({ text: write(dialect.errorEvent(reply.errorEvent)), breaks: true });
  if (reply.byteOrderMark === true && pieces[0] !== undefined) pieces[0].text = `\uFEFF${pieces[0].text}`;
  return pieces;
}

function sseText(event: { event?: string; data: string }, reply: FakeReply): string {
  const end = reply.newline ?? '\n';
  const colon = reply.tight === true ? ':' : ': ';
  const comment = reply.comments === true ? `: still here${end}${end}` : '';
  const name = event.event === undefined ? '' : `event${colon}${event.event}${end}`;
  return `${comment}${name}data${colon}${event.data}${end}${end}`;
}

function emptyServed(index: number): FakeServed {
  return {
    index,
    status: 0,
    stream: false,
    inputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    outputTokensSent: 0,
    usageReported: undefined,
    bytesSent: 0,
    chunksSent: 0,
    finished: false,
  };
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function keyOf(incoming: IncomingMessage): string | undefined {
  const key = incoming.headers['x-api-key'] ?? incoming.headers['x-goog-api-key'];
  return typeof key === 'string' ? key : incoming.headers.authorization?.replace(/^Bearer /, '');
}

function sendJson(out: ServerResponse, status: number, body: unknown): void {
  out.writeHead(status, { 'content-type': 'application/json' });
  out.end(JSON.stringify(body));
}
