/** The load generator: a closed loop over plain keep-alive sockets, which finishes a given number of requests and reports latencies. */
import { connect, type Socket } from 'node:net';
import { eventMark, eventsPerStream, requestBody } from './payload.ts';

export interface LoadOrder {
  port: number;
  path: '/json' | '/burst' | '/paced';
  requests: number;
  connections: number;
}

export interface LoadReport {
  /** Answers that were cut, short or malformed. */
  failed: number;
  wallMs: number;
  /** Until the whole reply (JSON) or the first byte (streams). */
  p50Ms: number;
  p99Ms: number;
}

const headEnd = Buffer.from('\r\n\r\n');
const streamEnd = Buffer.from('0\r\n\r\n');

function run(order: LoadOrder): Promise<LoadReport> {
  const latencies: number[] = [];
  let failed = 0;
  let started = 0;
  let finished = 0;
  const beganMs = performance.now();
  const request = Buffer.concat([
    Buffer.from(
      `POST ${order.path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer bench\r\ncontent-length: ${requestBody.length}\r\n\r\n`,
    ),
    requestBody,
  ]);

  return new Promise((resolve) => {
    const sockets: Socket[] = [];
    const done = (ok: boolean): void => {
      finished += 1;
      if (!ok) failed += 1;
      if (finished < order.requests) return;
      for (const socket of sockets) socket.destroy();
      latencies.sort((a, b) => a - b);
      const at = (share: number): number =>
        latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN;
      resolve({ failed, wallMs: performance.now() - beganMs, p50Ms: at(0.5), p99Ms: at(0.99) });
    };
    for (let at = 0; at < order.connections; at++) sockets.push(client(done));
  });

  function client(done: (ok: boolean) => void): Socket {
    const socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
    const reader = order.path === '/json' ? new JsonReader() : new StreamReader();
    let sentMs = 0;
    let busy = false;
    const send = (): void => {
      if (started >= order.requests) return;
      started += 1;
      busy = true;
      sentMs = performance.now();
      socket.write(request);
    };
    socket.on('connect', send);
    socket.on('data', (chunk) => {
      const first = reader.fresh;
      const state = reader.read(chunk);
      if (order.path !== '/json' && first) latencies.push(performance.now() - sentMs);
      if (state === 'more') return;
      if (order.path === '/json') latencies.push(performance.now() - sentMs);
      busy = false;
      done(state === 'whole');
      send();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (busy) done(false);
    });
    return socket;
  }
}

interface Reader {
  /** No byte of the present reply has come. */
  readonly fresh: boolean;
  read(chunk: Buffer): 'more' | 'whole' | 'broken';
}

class JsonReader implements Reader {
  private held: Buffer = Buffer.alloc(0);
  get fresh(): boolean {
    return this.held.length === 0;
  }
  read(chunk: Buffer): 'more' | 'whole' | 'broken' {
    this.held = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    const end = this.held.indexOf(headEnd);
    if (end === -1) return 'more';
    const head = this.held.toString('latin1', 0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (this.held.length < end + 4 + length) return 'more';
    const whole = this.held.length === end + 4 + length && head.startsWith('HTTP/1.1 200');
    this.held = Buffer.alloc(0);
    return whole ? 'whole' : 'broken';
  }
}

class StreamReader implements Reader {
  private events = 0;
  private tail: Buffer = Buffer.alloc(0);
  fresh = true;
  read(chunk: Buffer): 'more' | 'whole' | 'broken' {
    this.fresh = false;
    for (let at = chunk.indexOf(eventMark); at !== -1; at = chunk.indexOf(eventMark, at + 1))
      this.events += 1;
    const last = chunk.length >= 5 ? chunk.subarray(-5) : Buffer.concat([this.tail, chunk]).subarray(-5);
    this.tail = Buffer.from(last);
    if (!last.equals(streamEnd)) return 'more';
    const whole = this.events === eventsPerStream;
    this.events = 0;
    this.tail = Buffer.alloc(0);
    this.fresh = true;
    return whole ? 'whole' : 'broken';
  }
}

process.on('message', (order: LoadOrder) => {
  run(order).then((report) => process.send?.(report));
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
