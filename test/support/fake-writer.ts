import type { ServerResponse } from 'node:http';
import type { FakeReply, FakeServed } from './fake-reply.ts';

export interface BodyPiece {
  /** Text is sent as UTF-8. */
  text: string | Buffer;
  /** Set for content: its tokens. */
  tokens?: number | undefined;
  usage?: unknown;
  /** After it the answer does not count as whole. */
  breaks?: boolean;
}

/** Time for written bytes to be read by the peer before a reset discards what is still on its way. */
const resetGraceMs = 20;

/** Writes one answer with the delays, cuts and odd shapes that its reply asks for, and records what really went out. */
export class FakeWriter {
  private readonly out: ServerResponse;
  private readonly reply: FakeReply;
  private readonly record: FakeServed;

  constructor(out: ServerResponse, reply: FakeReply, record: FakeServed) {
    this.out = out;
    this.reply = reply;
    this.record = record;
  }

  async send(status: number, contentType: string, pieces: BodyPiece[]): Promise<void> {
    const { out, reply } = this;
    if (this.gone) return;
    if (reply.connectionClose === true) out.shouldKeepAlive = false;
    const bytesTotal = pieces.reduce((total, piece) => total + Buffer.byteLength(piece.text), 0);
    const plain = pieces.length === 1 && contentType.startsWith('application/json');
    out.writeHead(status, {
      'content-type': contentType,
      ...(plain ? { 'content-length': bytesTotal } : {}),
      ...reply.headers,
    });
    out.flushHeaders();
    if (reply.silent === 'body') return;
    await this.sleep(reply.firstByteDelayMs ?? 0);
    if (!(await this.writePieces(pieces))) return;
    await this.finish(pieces.some((piece) => piece.breaks === true));
  }

  /** Waits, writing heartbeats if asked to; ends early when the client goes away. */
  async sleep(ms: number): Promise<void> {
    const { heartbeatMs } = this.reply;
    if (heartbeatMs !== undefined && this.out.headersSent) {
      for (let leftMs = ms; leftMs > 0 && !this.gone; leftMs -= heartbeatMs) {
        await this.pauseFor(Math.min(heartbeatMs, leftMs));
        if (!this.gone) this.out.write(': heartbeat\n\n');
      }
    } else if (ms > 0) {
      await this.pauseFor(ms);
    }
  }

  reset(): void {
    this.out.socket?.resetAndDestroy();
  }

  private get gone(): boolean {
    return this.out.destroyed || this.out.socket === null || this.out.socket.destroyed;
  }

  private async writePieces(pieces: BodyPiece[]): Promise<boolean> {
    const { cut, chunkDelayMs } = this.reply;
    for (const piece of pieces) {
      if (cut?.afterChunks !== undefined && this.record.chunksSent >= cut.afterChunks) return this.cutOff();
      if (piece.tokens !== undefined && this.record.chunksSent > 0) await this.sleep(chunkDelayMs ?? 0);
      if (this.gone) return false;
      if (!(await this.writeBytes(asBytes(piece.text)))) return false;
      if (piece.tokens !== undefined) {
        this.record.chunksSent += 1;
        this.record.outputTokensSent += piece.tokens;
      }
      if (piece.usage !== undefined) this.record.usageReported = piece.usage;
    }
    return cut === undefined || this.cutOff();
  }

  private async writeBytes(bytes: Buffer): Promise<boolean> {
    const cutAt = this.reply.cut?.afterBytes ?? Number.POSITIVE_INFINITY;
    const allowed = bytes.subarray(0, Math.max(0, cutAt - this.record.bytesSent));
    const step = this.reply.pieceBytes ?? allowed.byteLength;
    for (let at = 0; at < allowed.byteLength; at += step) {
      if (this.gone) return false;
      const part = allowed.subarray(at, at + step);
      const flowing = this.out.write(part);
      this.record.bytesSent += part.byteLength;
      if (!flowing) await this.drained();
      else if (this.reply.pieceBytes !== undefined) await nextTurn();
    }
    return allowed.byteLength === bytes.byteLength || this.cutOff();
  }

  private async cutOff(): Promise<false> {
    const { cut } = this.reply;
    if (cut?.how === 'end') {
      this.out.end();
      return false;
    }
    await this.pauseFor(resetGraceMs);
    if (cut?.how === 'reset') this.reset();
    else this.out.socket?.destroy();
    return false;
  }

  private async finish(broken: boolean): Promise<void> {
    const { socket } = this.out;
    await new Promise<void>((resolve) => {
      this.out.once('close', resolve);
      this.out.end(() => {
        this.record.finished = !broken && this.out.writableFinished;
        resolve();
      });
    });
    const { closeIdleAfterMs } = this.reply;
    if (closeIdleAfterMs !== undefined) setTimeout(() => socket?.destroy(), closeIdleAfterMs).unref();
  }

  private drained(): Promise<void> {
    return this.until((done) => {
      this.out.once('drain', done);
      return () => this.out.off('drain', done);
    });
  }

  private pauseFor(ms: number): Promise<void> {
    return this.until((done) => {
      const timer = setTimeout(done, ms);
      return () => clearTimeout(timer);
    });
  }

  /** Resolves when `begin` calls back or the client goes away. */
  private until(begin: (done: () => void) => () => void): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        stop();
        this.out.off('close', done);
        resolve();
      };
      const stop = begin(done);
      this.out.once('close', done);
    });
  }
}

function asBytes(text: string | Buffer): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : text;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
