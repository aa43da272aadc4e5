import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request of a client, and how the gateway answered it. */
export interface Seen {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  bytes: Buffer;
  /** Undefined while, or if, no head came. */
  status: number | undefined;
  /** Fields of the request that the upstream could not be given. */
  dropped: string[];
}

/** What stands between a client and the gateway: forwards everything as it is and keeps what it saw. */
export interface Watch {
  url: string;
  seen: Seen[];
  close(): Promise<void>;
}

export async function startWatch(target: string): Promise<Watch> {
  const seen: Seen[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const one: Seen = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      bytes: Buffer.concat(chunks),
      status: undefined,
      dropped: [],
    };
    seen.push(one);
    forward(target, one, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function forward(target: string, one: Seen, outgoing: ServerResponse): void {
  const call = request(`${target}${one.path}`, { method: one.method, headers: one.headers }, (answer) => {
    one.status = answer.statusCode;
    one.dropped = listed(answer.headers['x-yumen-dropped-params']);
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    outgoing.flushHeaders();
    answer.pipe(outgoing);
    // An answer that breaks off must break off for the client as well.
    answer.on('error', () => outgoing.destroy());
  });
  call.on('error', () => outgoing.destroy());
  outgoing.on('close', () => call.destroy());
  call.end(one.bytes);
}

function listed(header: string | string[] | undefined): string[] {
  return String(header ?? '')
    .split(', ')
    .filter((name) => name !== '');
}
