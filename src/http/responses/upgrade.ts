import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { errorHeaders, requestIdHeaders } from '../../gateway/index.ts';
import { clientDialects, GatewayError, toGatewayError } from '../../protocol/index.ts';
import { headersOf } from '../headers.ts';
import type { HttpServerOptions } from '../server.ts';
import { ResponsesSocket } from './socket.ts';
import type { SocketLimits } from './socket-limits.ts';

const dialect = clientDialects['openai-responses'];
const drainPollMs = 100;

/** Whether a request asks for a connection that carries responses. Any other wish to upgrade is ignored, as HTTP allows: it is answered as it stands. */
export function wantsResponsesSocket({ method, url, headers }: IncomingMessage): boolean {
  const path = (url ?? '/').split('?')[0]!.replace(/\/$/, '');
  return method === 'GET' && path === '/v1/responses' && headers.upgrade?.toLowerCase() === 'websocket';
}

/** Serves the connections that `wantsResponsesSocket` lets through. Who asks is known before one is opened. */
export function serveResponsesSockets(
  server: Server,
  options: HttpServerOptions,
  limits: SocketLimits,
): void {
  const open = new Set<ResponsesSocket>();
  let watching: NodeJS.Timeout | undefined;

  function watch(): void {
    // A server that shuts down tells nobody of it, and ends only when its connections have.
    watching ??= setInterval(() => {
      if (open.size === 0) {
        clearInterval(watching);
        watching = undefined;
      } else if (options.draining()) for (const socket of open) socket.drain();
    }, drainPollMs).unref();
  }

  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy());
    const headers = headersOf(request);
    try {
      if (options.draining()) {
        throw new GatewayError(
          'shutting_down',
          'This instance is shutting down: try again, another one answers.',
          { retryAfterMs: 1000 },
        );
      }
      options.gateway.identity.authenticate(headers);
    } catch (thrown) {
      return refuse(stream, toGatewayError(thrown), options.gateway.ids('req'));
    }
    const acceptor = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.bodyBytesMax(),
    });
    acceptor.handleUpgrade(request, stream, head, (ws) => {
      const socket = new ResponsesSocket({ ws, stream, headers, server: options, limits });
      open.add(socket);
      watch();
      ws.on('close', () => open.delete(socket));
    });
  });
}

function refuse(stream: Duplex, error: GatewayError, requestId: string): void {
  const body = JSON.stringify(dialect.encodeError(error, requestId));
  const status = dialect.statusOf?.(error) ?? error.status;
  const headers: { [name: string]: string } = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    ...requestIdHeaders(requestId),
    ...errorHeaders(error),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
}
