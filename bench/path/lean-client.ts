/**
 * A prototype of an HTTP/1.1 client without a general parser: the figure to beat. It reads well-formed answers with a length or in
 * chunks and nothing more: no TLS, no timeouts, no limits, no defence against a hostile peer. Not for use outside this bench.
 */
import { connect, type Socket } from 'node:net';
import type { Transport, TransportHandler, TransportRequest } from '../../src/upstream/transport.ts';

const cr = 13;

export function createLeanTransport(): Transport {
  const idle = new Map<string, LeanSocket[]>();
  return {
    call(request, handler) {
      const { hostname, port } = request.url;
      const key = `${hostname}:${port}`;
      let free = idle.get(key);
      if (free === undefined) {
        free = [];
        idle.set(key, free);
      }
      const socket = free.pop() ?? new LeanSocket(hostname, Number(port), free);
      socket.send(request, handler);
      return { pause: () => socket.pause(), resume: () => socket.resume(), abort: () => socket.destroy() };
    },
    close: async () => {
      for (const sockets of idle.values()) for (const socket of sockets) socket.destroy();
    },
  };
}

/** Where in the answer the reader is; `crlf` counts line-end bytes still to skip. */
type State = 'head' | 'length' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'last';

class LeanSocket {
  private readonly socket: Socket;
  private readonly free: LeanSocket[];
  private handler: TransportHandler | undefined;
  private state: State = 'head';
  private held: Buffer | undefined;
  private left = 0;
  private size = 0;

  constructor(host: string, port: number, free: LeanSocket[]) {
    this.free = free;
    this.socket = connect({ host, port, noDelay: true });
    this.socket.on('data', (chunk) => this.read(chunk));
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('close', () => {
      const at = this.free.indexOf(this);
      if (at !== -1) this.free.splice(at, 1);
      this.handler?.onFailure({ kind: 'reset', detail: 'closed', responded: false });
    });
  }

  send(request: TransportRequest, handler: TransportHandler): void {
    this.handler = handler;
    this.state = 'head';
    let head = `${request.method} ${request.url.pathname} HTTP/1.1\r\nhost: ${request.url.host}\r\naccept-encoding: identity\r\n`;
    for (const name in request.headers) head += `${name}: ${request.headers[name]}\r\n`;
    const body = request.body ?? new Uint8Array();
    head += `content-length: ${body.byteLength}\r\n\r\n`;
    // One write for both: copying a small body is cheaper than a second entry in writev.
    const wire = Buffer.allocUnsafe(head.length + body.byteLength);
    wire.write(head, 0, 'latin1');
    wire.set(body, head.length);
    this.socket.write(wire);
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  destroy(): void {
    this.handler = undefined;
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    let at = 0;
    let bytes = chunk;
    if (this.state === 'head') {
      bytes = this.held === undefined ? chunk : Buffer.concat([this.held, chunk]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end === -1) {
        this.held = bytes;
        return;
      }
      this.held = undefined;
      this.readHead(bytes.toString('latin1', 0, end));
      at = end + 4;
    }
    this.readBody(bytes, at);
  }

  private readHead(head: string): void {
    const headers: { [name: string]: string } = {};
    const lines = head.split('\r\n');
    for (let at = 1; at < lines.length; at++) {
      const line = lines[at]!;
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    this.handler?.onHead({ status: Number(head.slice(9, 12)), headers, receivedAtMs: Date.now() });
    if (headers['content-length'] === undefined) {
      this.state = 'chunk-size';
      this.size = 0;
    } else {
      this.state = 'length';
      this.left = Number(headers['content-length']);
    }
  }

  /** Moves the data of all chunks in the read together, in place, and hands it over once. */
  private readBody(bytes: Buffer, from: number): void {
    let at = from;
    let out = from;
    let over = false;
    while (at < bytes.length && !over) {
      if (this.state === 'length' || this.state === 'chunk-data') {
        const take = Math.min(this.left, bytes.length - at);
        if (out !== at) bytes.copyWithin(out, at, at + take);
        out += take;
        at += take;
        this.left -= take;
        if (this.left > 0) break;
        if (this.state === 'length') over = true;
        else this.state = 'chunk-end';
      } else {
        const byte = bytes[at++]!;
        if (this.state === 'chunk-size') {
          if (byte === 10) {
            this.left = this.size;
            this.state = this.size === 0 ? 'last' : 'chunk-data';
            this.size = 0;
          } else if (byte !== cr) {
            this.size = this.size * 16 + (byte <= 57 ? byte - 48 : (byte | 32) - 87);
          }
        } else if (byte === 10) {
          if (this.state === 'last') over = true;
          else this.state = 'chunk-size';
        }
      }
    }
    if (out > from) this.handler?.onData(bytes.subarray(from, out));
    if (over) this.finish();
  }

  private finish(): void {
    const { handler } = this;
    this.handler = undefined;
    this.state = 'head';
    this.free.push(this);
    handler?.onEnd();
  }
}
