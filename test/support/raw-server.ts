import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface RawServer {
  origin: string;
  port: number;
  /** Sockets in the order they were accepted. */
  sockets: Socket[];
  close(): Promise<void>;
}

export interface RawRequest {
  socket: Socket;
  /** The whole request as it came. */
  text: string;
  /** 1 for the first request on its socket. */
  socketUse: number;
  /** 1 for the first request to the server. */
  count: number;
}

/** A TCP server that speaks whatever bytes a test makes it say, once for each whole HTTP request it has read. */
export async function startRawServer(onRequest: (request: RawRequest) => void): Promise<RawServer> {
  const sockets: Socket[] = [];
  let count = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.push(socket);
    let held = '';
    let socketUse = 0;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      held += chunk.toString('latin1');
      const end = held.indexOf('\r\n\r\n');
      if (end === -1) return;
      const length = Number(/content-length: (\d+)/i.exec(held)?.[1] ?? 0);
      if (held.length < end + 4 + length) return;
      const text = held;
      held = '';
      socketUse += 1;
      count += 1;
      onRequest({ socket, text, socketUse, count });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export function httpResponse(body: string, headers: string[] = []): string {
  return ['HTTP/1.1 200 OK', `content-length: ${Buffer.byteLength(body)}`, ...headers, '', body].join('\r\n');
}

export function chunkedResponse(chunks: string[], headers: string[] = []): string {
  const body = chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`).join('');
  return ['HTTP/1.1 200 OK', 'transfer-encoding: chunked', ...headers, '', `${body}0\r\n\r\n`].join('\r\n');
}
