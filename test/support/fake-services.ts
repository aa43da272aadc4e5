import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from './start-yumen.ts';

/** One request as it came. */
export interface ServiceRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  /** The parsed body; undefined where it is none. */
  json: Json;
}

export interface ServiceReply {
  status?: number;
  headers?: { [name: string]: string };
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as they are, one write each. */
  chunks?: (string | Buffer)[];
  /** Waited for before each chunk but the first. */
  gate?: (index: number) => Promise<void>;
  /** After the chunks: break the connection. */
  reset?: boolean;
}

export type Answer = (request: ServiceRequest) => ServiceReply;

/** A real server on loopback that plays a vendor's endpoints beside chat. */
export interface FakeServices {
  origin: string;
  requests: ServiceRequest[];
  /** Answers of `METHOD /path`; what is not there is 404. */
  answers: { [endpoint: string]: Answer };
  close(): Promise<void>;
}

export async function startFakeServices(answers: FakeServices['answers']): Promise<FakeServices> {
  const requests: ServiceRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const url = new URL(incoming.url ?? '', 'http://fake');
    const bytes = Buffer.concat(chunks);
    const request = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      bytes,
      json: parsed(bytes),
    };
    requests.push(request);
    const answer = fake.answers[`${request.method} ${request.path}`];
    await send(outgoing, answer?.(request) ?? { status: 404, json: { error: { message: 'not here' } } });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fake: FakeServices = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answers,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return fake;
}

async function send(out: ServerResponse, reply: ServiceReply): Promise<void> {
  if (reply.chunks === undefined) {
    out.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
    out.end(JSON.stringify(reply.json));
    return;
  }
  out.writeHead(reply.status ?? 200, reply.headers);
  for (const [index, chunk] of reply.chunks.entries()) {
    if (index > 0) await reply.gate?.(index);
    out.write(chunk);
  }
  if (reply.reset === true) out.destroy();
  else out.end();
}

function parsed(bytes: Buffer): Json {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
