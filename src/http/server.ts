import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type GatewayDeps, handle } from '../gateway/index.ts';
import { type DialectName, GatewayError, toGatewayError } from '../protocol/index.ts';
import { presentDecision } from './admin/present.ts';
import { createAnswerSink } from './answer-sink.ts';
import { readBody } from './body.ts';
import { findModel, listModels } from './models.ts';
import { replyError, replyJson } from './reply.ts';

/** Limits of our own server, each with a name. Idle client sockets outlive those of usual load balancers (60 s), so that the balancer closes first. */
export interface HttpLimits {
  headerBytesMax: number;
  headersTimeoutMs: number;
  /** A whole request, body included, must have arrived by then. */
  requestTimeoutMs: number;
  keepAliveTimeoutMs: number;
}

export const defaultHttpLimits: HttpLimits = {
  headerBytesMax: 65_536,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 300_000,
  keepAliveTimeoutMs: 76_000,
};

/** What `/readyz` says: whether this process should be sent requests, and if not, why. */
export interface Readiness {
  ready: boolean;
  problems: string[];
}

export interface HttpServerOptions {
  gateway: GatewayDeps;
  limits: HttpLimits;
  /** Read for each request, so that a reload takes effect. */
  bodyBytesMax(): number;
  version: string;
  readiness(): Readiness;
  /** True once this process takes no new work. */
  draining(): boolean;
  /** Serves `/api/…`; a listener so that its framework stays out of the request path. */
  admin: (request: IncomingMessage, response: ServerResponse) => void;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  requestId: string;
}

type Endpoint = (exchange: Exchange, options: HttpServerOptions) => void | Promise<void>;

/** What follows is a model's name, which may hold slashes. */
const oneModelPath = '/v1/models/';

/** Every path of the request path, by method. `GET` also serves `HEAD`. */
const endpoints: { [path: string]: { [method: string]: Endpoint } } = {
  '/': { GET: (exchange, options) => replyJson(exchange.response, 200, greeting(options)) },
  '/livez': { GET: ({ response }) => replyJson(response, 200, { status: 'ok' }) },
  '/readyz': { GET: ready },
  '/v1/models': { GET: models },
  [oneModelPath]: { GET: models },
  '/v1/chat/completions': { POST: chat('openai-chat') },
  '/v1/messages': { POST: chat('anthropic-messages') },
};

/** The gateway's HTTP face: bytes in, bytes out. Call `listen` on what it returns. */
export function createHttpServer(options: HttpServerOptions): Server {
  const { limits } = options;
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: 5_000,
      noDelay: true,
    },
    (request, response) => {
      const requestId = options.gateway.ids('req');
      dispatch({ request, response, requestId }, options).catch((thrown) => {
        replyError(request, response, toGatewayError(thrown), dialectOf(request), requestId);
      });
    },
  );
  server.on('clientError', refuseMalformed);
  return server;
}

async function dispatch(exchange: Exchange, options: HttpServerOptions): Promise<void> {
  const { request, response } = exchange;
  const path = pathOf(request);
  if (options.draining() && path !== '/livez' && path !== '/readyz') {
    response.setHeader('connection', 'close');
    throw new GatewayError(
      'shutting_down',
      'This instance is shutting down: try again, another one answers.',
      {
        retryAfterMs: 1000,
      },
    );
  }
  if (path.startsWith('/api/')) return options.admin(request, response);
  const methods = endpoints[path.startsWith(oneModelPath) ? oneModelPath : path];
  if (methods === undefined) {
    throw new GatewayError(
      'not_found',
      `There is no endpoint ${path.slice(0, 200)}. The README lists what there is.`,
    );
  }
  const endpoint = methods[request.method === 'HEAD' ? 'GET' : (request.method ?? '')];
  if (endpoint === undefined) {
    const allowed = Object.keys(methods).join(', ');
    response.setHeader('allow', allowed);
    throw new GatewayError('method_not_allowed', `${path} takes ${allowed}, not ${request.method}.`);
  }
  await endpoint(exchange, options);
}

function chat(dialect: DialectName): Endpoint {
  return ({ request, response, requestId }, { gateway, bodyBytesMax }) => {
    const sink = createAnswerSink(request, response);
    return handle(
      {
        requestId,
        dialect,
        headers: headersOf(request),
        readBody: () => readBody(request, bodyBytesMax()),
        receivedAtMs: gateway.clock.nowMs(),
        presentDecision,
      },
      sink,
      gateway,
    );
  };
}

function models({ request, response }: Exchange, { gateway }: HttpServerOptions): void {
  const principal = gateway.identity.authenticate(headersOf(request));
  const style = request.headers['anthropic-version'] === undefined ? 'openai-chat' : 'anthropic-messages';
  const path = pathOf(request);
  const name = path.startsWith(oneModelPath) ? decodeName(path.slice(oneModelPath.length)) : undefined;
  const snapshot = gateway.snapshot();
  replyJson(
    response,
    200,
    name === undefined ? listModels(snapshot, principal, style) : findModel(name, snapshot, principal, style),
  );
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function ready({ response }: Exchange, { readiness }: HttpServerOptions): void {
  const state = readiness();
  replyJson(response, state.ready ? 200 : 503, {
    status: state.ready ? 'ok' : 'unavailable',
    problems: state.problems,
  });
}

function greeting({ version }: HttpServerOptions): unknown {
  return {
    name: 'Yumen',
    version,
    endpoints: Object.entries(endpoints).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    ),
  };
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** An error outside a chat endpoint is said in the dialect that the path or the headers suggest. */
function dialectOf(request: IncomingMessage): DialectName {
  const messages =
    pathOf(request).startsWith('/v1/messages') || request.headers['anthropic-version'] !== undefined;
  return messages ? 'anthropic-messages' : 'openai-chat';
}

function headersOf(request: IncomingMessage): { [name: string]: string | undefined } {
  const headers: { [name: string]: string | undefined } = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** Bytes that are not HTTP, or headers beyond the limit: an answer is owed, but nothing of the request can be trusted. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: import('node:stream').Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET' || answerHasBegun(socket)) {
    socket.destroy();
    return;
  }
  const [status, code, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [
          '431 Request Header Fields Too Large',
          'headers_too_large',
          'The headers are too large. Send fewer or shorter ones.',
        ]
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'invalid_request', 'The request did not arrive in time.']
        : ['400 Bad Request', 'invalid_request', 'This is not a valid HTTP request.'];
  const body = JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code } });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** A second head would reach the client as part of the first answer's body. Node tells of the open answer only here, and for this. */
function answerHasBegun(
  socket: import('node:stream').Duplex & { _httpMessage?: ServerResponse | null },
): boolean {
  return socket._httpMessage?.headersSent === true;
}
