import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Json } from './start-yumen.ts';

/** What one turn of a connection brought: its messages up to the one that ends it. */
export interface TurnSeen {
  messages: Json[];
}

type Step = object | ((past: TurnSeen[]) => object);

/** Bound of every wait for a message that should come. */
const waitMsMax = 10_000;

/** A client of the WebSocket mode that asks for turns one after the other, and closes the connection after the last. */
export async function openTurns(to: { url: string; key: string }, steps: Step[]): Promise<TurnSeen[]> {
  const socket = await TestSocket.open(to);
  const seen: TurnSeen[] = [];
  try {
    for (const step of steps) {
      socket.ask(typeof step === 'function' ? step(seen) : step);
      seen.push(await socket.turn());
    }
  } finally {
    await socket.close();
  }
  return seen;
}

/** One connection of a client, and all that came over it. */
export class TestSocket {
  readonly ws: WebSocket;
  /** In order of arrival, those of turns that were read are taken out. */
  readonly messages: Json[] = [];
  closed: { code: number; reason: string } | undefined;
  pings = 0;

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data: Buffer) => this.messages.push(JSON.parse(data.toString())));
    ws.on('ping', () => {
      this.pings += 1;
    });
    ws.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    ws.on('error', () => {});
  }

  static async open({ url, key }: { url: string; key: string }, headers: object = {}): Promise<TestSocket> {
    const ws = new WebSocket(`${url.replace('http', 'ws')}/v1/responses`, {
      headers: { authorization: `Bearer ${key}`, ...headers },
    });
    const socket = new TestSocket(ws);
    await once(ws, 'open');
    return socket;
  }

  ask(body: object): void {
    this.ws.send(JSON.stringify({ type: 'response.create', ...body }));
  }

  /** Everything up to the next message that ends a turn. */
  async turn(): Promise<TurnSeen> {
    await this.until(() => this.messages.some(endsTurn));
    return { messages: this.messages.splice(0, this.messages.findIndex(endsTurn) + 1) };
  }

  async until(happened: () => boolean): Promise<void> {
    const since = performance.now();
    while (!happened()) {
      if (performance.now() - since > waitMsMax) throw new Error('it did not happen in time');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async close(): Promise<void> {
    if (this.closed !== undefined) return;
    this.ws.close();
    await once(this.ws, 'close');
  }
}

function endsTurn({ type }: Json): boolean {
  return /^(error|response\.(completed|incomplete|failed))$/.test(type);
}
