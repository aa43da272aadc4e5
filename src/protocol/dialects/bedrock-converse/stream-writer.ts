import type { ChatEvent, FinishReason } from '../../answer.ts';
import { eventFrame } from '../../aws-event-stream/writer.ts';
import type { AnswerIdentity, EventEncoder, WireChunk } from '../../dialect.ts';
import type { Usage } from '../../usage.ts';
import { SerialBlocks } from '../serial-blocks.ts';
import { redactedContent } from './blocks.ts';
import { encodeErrorFrame } from './errors.ts';
import { encodeFinish, encodeMetrics } from './response.ts';
import { encodeUsage } from './usage.ts';

/** `signed` is reasoning that has its signature: more reasoning begins another block. */
type OpenBlock = 'text' | 'reasoning' | 'signed' | 'tool';

/**
 * Writes a ConverseStream. Blocks have numbers, and yet clients put them together in the order of their frames, so they do not
 * overlap. Only a tool's block has a start event; the metadata with the usage come last.
 */
export class StreamWriter implements EventEncoder {
  readonly #identity: AnswerIdentity;
  readonly #blocks = new SerialBlocks();
  #frames: Uint8Array[] = [];
  #started = false;
  #ended = false;
  #finished = false;
  #usage: Usage | undefined;
  #calls = 0;
  #open: OpenBlock | undefined;
  #blockIndex = 0;

  constructor(identity: AnswerIdentity) {
    this.#identity = identity;
  }

  /** Throws GatewayError `upstream_protocol` when too much would have to wait behind an open tool call. */
  encode(event: ChatEvent): WireChunk {
    if (this.#ended) return '';
    switch (event.type) {
      case 'start':
        break;
      case 'usage':
        this.#usage = event.usage;
        break;
      case 'error':
        this.#ended = true;
        return encodeErrorFrame(event.error);
      case 'finish':
        this.#finish(event.finish);
        break;
      case 'end':
        this.#end();
        break;
      default:
        if (!this.#finished) for (const next of this.#blocks.add(event)) this.#write(next);
    }
    return this.#taken();
  }

  #taken(): WireChunk {
    const frames = this.#frames;
    if (frames.length === 0) return '';
    this.#frames = [];
    return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
  }

  #push(type: string, payload: { [key: string]: unknown }): void {
    if (!this.#started) {
      this.#started = true;
      this.#frames.push(eventFrame('messageStart', { role: 'assistant' }));
    }
    this.#frames.push(eventFrame(type, payload));
  }

  #write(event: ChatEvent): void {
    switch (event.type) {
      case 'text':
      case 'refusal':
        this.#delta('text', { text: event.text });
        return;
      case 'reasoning':
        this.#delta('reasoning', { reasoningContent: { text: event.text } });
        return;
      case 'reasoning-signature':
        this.#delta('reasoning', { reasoningContent: { signature: event.signature } });
        this.#open = 'signed';
        return;
      case 'redacted-reasoning':
        this.#closeBlock();
        this.#delta('reasoning', { reasoningContent: { redactedContent: redactedContent(event.data) } });
        this.#closeBlock();
        return;
      case 'tool-call':
        this.#closeBlock();
        this.#open = 'tool';
        this.#calls += 1;
        this.#push('contentBlockStart', {
          contentBlockIndex: this.#blockIndex,
          start: { toolUse: { toolUseId: event.id, name: event.name } },
        });
        return;
      case 'tool-arguments':
        this.#delta('tool', { toolUse: { input: event.fragment } });
        return;
      default:
        return;
    }
  }

  #delta(kind: OpenBlock, delta: { [key: string]: unknown }): void {
    if (this.#open !== kind) this.#closeBlock();
    this.#open = kind;
    this.#push('contentBlockDelta', { contentBlockIndex: this.#blockIndex, delta });
  }

  #closeBlock(): void {
    if (this.#open === undefined) return;
    this.#open = undefined;
    this.#push('contentBlockStop', { contentBlockIndex: this.#blockIndex });
    this.#blockIndex += 1;
  }

  #finish(finish: FinishReason): void {
    if (this.#finished) return;
    this.#finished = true;
    for (const next of this.#blocks.rest()) this.#write(next);
    this.#closeBlock();
    this.#push('messageStop', encodeFinish(finish));
  }

  #end(): void {
    this.#finish({ unified: this.#calls > 0 ? 'tool-calls' : 'stop', raw: undefined });
    this.#ended = true;
    this.#push('metadata', { usage: encodeUsage(this.#usage), metrics: encodeMetrics(this.#identity) });
  }
}
