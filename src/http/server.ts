import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { GatewayDeps } from '../gateway/index.ts';
import { type ClientDialectName, GatewayError, toGatewayError } from '../protocol/index.ts';
import { chatEndpoints } from './chat-endpoints.ts';
import { EndpointTable, type Exchange } from './endpoint-table.ts';
import { modelEndpoints } from './model-endpoints.ts';
import { replyError, replyJson } from './reply.ts';
import { responsesEndpoints } from './responses/endpoints.ts';
import { defaultSocketLimits, type SocketLimits } from './responses/socket-limits.ts';
import { serveResponsesSockets, wantsResponsesSocket } from './responses/upgrade.ts';
import { serviceEndpoints } from './service-endpoints.ts';

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
  /** Limits of connections that carry responses; absent = `defaultSocketLimits`. */
  socketLimits?: SocketLimits | undefined;
  /** Read for each request, so that a reload takes effect. */
  bodyBytesMax(): number;
  version: string;
  readiness(): Readiness;
  /** True once this process takes no new work. */
  draining(): boolean;
  /** Serves `/api/…`; a listener so that its framework stays out of the request path. */
  admin: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Every path of the request path. */
const endpoints = new EndpointTable([
  { method: 'GET', path: '/', dialect: 'openai-chat', serve: greet },
  { method: 'GET', path: '/livez', dialect: 'openai-chat', serve: live },
  { method: 'GET', path: '/readyz', dialect: 'openai-chat', serve: ready },
  ...modelEndpoints,
  ...chatEndpoints,
  ...responsesEndpoints,
  ...serviceEndpoints,
]);

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
      shouldUpgradeCallback: wantsResponsesSocket,
    },
    (request, response) => {
      const requestId = options.gateway.ids('req');
      dispatch({ request, response, requestId, params: {} }, options).catch((thrown) => {
        replyError(request, response, toGatewayError(thrown), dialectOf(request), requestId);
      });
    },
  );
  serveResponsesSockets(server, options, options.socketLimits ?? defaultSocketLimits);
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
  try {
    const { serve, params } = endpoints.find(request.method, path);
    await serve({ ...exchange, params }, options);
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code === 'method_not_allowed') {
      response.setHeader('allow', thrown.detail ?? '');
    }
    throw thrown;
  }
}

function greet({ response }: Exchange, { version }: HttpServerOptions): void {
  replyJson(response, 200, {
    name: 'Yumen',
    version,
    endpoints: endpoints.rows.map(({ method, path }) => `${method} ${path.replaceAll('*}', '}')}`),
  });
}

function live({ response }: Exchange): void {
  replyJson(response, 200, { status: 'ok' });
}

function ready({ response }: Exchange, { readiness }: HttpServerOptions): void {
  const state = readiness();
  replyJson(response, state.ready ? 200 : 503, {
    status: state.ready ? 'ok' : 'unavailable',
    problems: state.problems,
  });
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** An error before an endpoint answers is said in the dialect that the path or the headers suggest. */
function dialectOf(request: IncomingMessage): ClientDialectName {
  if (request.headers['anthropic-version'] !== undefined) return 'anthropic-messages';
  const path = pathOf(request);
  if (path.startsWith('/v1/messages')) return 'anthropic-messages';
  if (path.startsWith('/v1beta/')) return 'gemini';
  return endpoints.dialectAt(path) ?? 'openai-chat';
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
