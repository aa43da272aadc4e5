import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from './start-yumen.ts';

/** The document to answer with, or what to do with the response. */
export type Judge = (document: Json) => Verdict | ((response: ServerResponse) => void);

interface Verdict {
  action: string;
  [field: string]: unknown;
}

/** A real server on loopback that judges what a gateway shows it. */
export interface FakeGuardrail {
  url: string;
  /** What it was shown, in order. */
  seen: Json[];
  headers: IncomingHttpHeaders[];
  /** Answers from now on; at first everything is allowed. */
  judge: Judge;
  close(): Promise<void>;
}

export const allow: Judge = () => ({ action: 'allow' });

export async function startFakeGuardrail(): Promise<FakeGuardrail> {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const document: Json = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    fake.seen.push(document);
    fake.headers.push(incoming.headers);
    const answer = fake.judge(document);
    if (typeof answer === 'function') answer(outgoing);
    else outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fake: FakeGuardrail = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/check`,
    seen: [],
    headers: [],
    judge: allow,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return fake;
}

/** Replaces a word in every text of the request, as a guardrail against leaks would. */
export function replacing(word: string, by: string): Judge {
  const part = (each: Json): Json => {
    if (each.type === 'text') return { ...each, text: each.text.replaceAll(word, by) };
    return each.parts === undefined ? each : { ...each, parts: each.parts.map(part) };
  };
  return ({ request }) => ({
    action: 'replace',
    request: {
      messages: request.messages.map((message: Json) => ({ ...message, parts: message.parts.map(part) })),
    },
  });
}
