import type { ChatEvent, FinishReason } from '../../answer.ts';
import type { AnswerIdentity, EventEncoder } from '../../dialect.ts';
import { GatewayError } from '../../errors.ts';
import type { Usage } from '../../usage.ts';
import { isWholeObject } from '../call-arguments.ts';
import { encodeErrorFrame } from './errors.ts';
import { encodeFinish, messageId } from './response.ts';
import { encodeDeltaUsage, encodeUsage } from './usage.ts';

/** What may wait behind an open tool call, in characters. */
const waitingCharsMax = 16 * 1024 * 1024;

type BlockKind = 'text' | 'thinking' | 'redacted' | 'tool';

interface Block {
  kind: BlockKind;
  /** The block as `content_block_start` shows it. */
  start: string;
  /** Deltas not written yet. */
  waiting: string[];
  /** Number of the call, and its arguments so far, for `tool`. */
  call: number;
  arguments: string;
  /** A thinking block ends with its signature. */
  signed: boolean;
}

/**
 * Writes a Messages stream from events. Blocks must not interleave, but other dialects may send the fragments of parallel tool
 * calls mixed; so only the first open block is written, the later ones wait. A text or thinking block is
 * over when another begins, a tool call when its arguments are whole JSON, or when the answer finishes.
 *
 * `message_start` waits for the second event, which at some upstreams is the usage of the prompt. `message_delta` waits for
 * the usage after the finish, or for the end, because it must carry the final count.
 */
export class MessageWriter implements EventEncoder {
  readonly #identity: AnswerIdentity;
  #started = false;
  #ended = false;
  #startEvent: { id: string | undefined; model: string | undefined } = { id: undefined, model: undefined };
  #usage: Usage | undefined;
  #finish: FinishReason | undefined;
  #deltaWritten = false;
  #calls = 0;
  readonly #open: Block[] = [];
  #headWritten = false;
  #blockIndex = 0;
  #waitingChars = 0;

  constructor(identity: AnswerIdentity) {
    this.#identity = identity;
  }

  /** Throws GatewayError `upstream_protocol` when more than `waitingCharsMax` would have to wait behind an open tool call. */
  encode(event: ChatEvent): string {
    if (this.#ended) return '';
    switch (event.type) {
      case 'start':
        this.#startEvent = event;
        return '';
      case 'usage':
        this.#usage = event.usage;
        return this.#finish === undefined ? '' : this.#messageDelta();
      case 'error':
        this.#ended = true;
        return encodeErrorFrame(event.error, this.#identity.requestId);
      case 'end':
        return this.#end();
      case 'finish':
        this.#finish ??= event.finish;
        return this.#start() + this.#closeAll();
      default:
        if (this.#finish !== undefined || isEmpty(event)) return '';
        this.#add(event);
        return this.#start() + this.#drain();
    }
  }

  #start(): string {
    if (this.#started) return '';
    this.#started = true;
    return frame('message_start', {
      type: 'message_start',
      message: {
        id: messageId(this.#startEvent.id, this.#identity),
        type: 'message',
        role: 'assistant',
        model: this.#startEvent.model ?? this.#identity.model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        stop_details: null,
        container: null,
        diagnostics: null,
        usage: encodeUsage(this.#usage),
      },
    });
  }

  #add(event: ChatEvent): void {
    switch (event.type) {
      case 'text':
      case 'refusal':
        this.#append(
          this.#tail('text', '{"type":"text","text":"","citations":null}'),
          `{"type":"text_delta","text":${JSON.stringify(event.text)}}`,
        );
        return;
      case 'reasoning':
        this.#append(this.#thinking(), `{"type":"thinking_delta","thinking":${JSON.stringify(event.text)}}`);
        return;
      case 'reasoning-signature': {
        const block = this.#thinking();
        block.signed = true;
        this.#append(block, `{"type":"signature_delta","signature":${JSON.stringify(event.signature)}}`);
        return;
      }
      case 'redacted-reasoning':
        this.#push('redacted', JSON.stringify({ type: 'redacted_thinking', data: event.data }));
        return;
      case 'tool-call': {
        const { id, name, index } = event;
        const start = { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } };
        this.#push('tool', JSON.stringify(start)).call = index;
        this.#calls += 1;
        return;
      }
      case 'tool-arguments': {
        const block = this.#open.find((open) => open.kind === 'tool' && open.call === event.index);
        if (block === undefined) return;
        block.arguments += event.fragment;
        this.#append(block, `{"type":"input_json_delta","partial_json":${JSON.stringify(event.fragment)}}`);
        return;
      }
      default:
        return;
    }
  }

  #thinking(): Block {
    const start = '{"type":"thinking","thinking":"","signature":""}';
    const last = this.#open.at(-1);
    return last?.kind === 'thinking' && last.signed
      ? this.#push('thinking', start)
      : this.#tail('thinking', start);
  }

  #tail(kind: BlockKind, start: string): Block {
    const last = this.#open.at(-1);
    return last?.kind === kind ? last : this.#push(kind, start);
  }

  #push(kind: BlockKind, start: string): Block {
    const block: Block = { kind, start, waiting: [], call: -1, arguments: '', signed: false };
    this.#open.push(block);
    return block;
  }

  #append(block: Block, delta: string): void {
    block.waiting.push(delta);
    this.#waitingChars += delta.length;
    if (this.#waitingChars > waitingCharsMax) {
      this.#ended = true;
      throw new GatewayError('upstream_protocol', 'The provider mixed too many tool calls in one stream.', {
        detail: `more than waitingCharsMax (${waitingCharsMax}) characters wait behind an open tool call`,
      });
    }
  }

  #drain(): string {
    let out = '';
    for (;;) {
      const head = this.#open[0];
      if (head === undefined) return out;
      out += this.#writeHead(head);
      const over = this.#open.length > 1 && (head.kind !== 'tool' || isWholeObject(head.arguments));
      if (!over) return out;
      out += this.#closeHead();
    }
  }

  #closeAll(): string {
    let out = '';
    for (let head = this.#open[0]; head !== undefined; head = this.#open[0]) {
      out += this.#writeHead(head) + this.#closeHead();
    }
    return out;
  }

  #writeHead(block: Block): string {
    let out = '';
    const index = this.#blockIndex;
    if (!this.#headWritten) {
      this.#headWritten = true;
      out = `event: content_block_start\ndata: {"type":"content_block_start","index":${index},"content_block":${block.start}}\n\n`;
    }
    for (const delta of block.waiting) {
      this.#waitingChars -= delta.length;
      out += `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":${delta}}\n\n`;
    }
    block.waiting = [];
    return out;
  }

  #closeHead(): string {
    this.#open.shift();
    this.#headWritten = false;
    const index = this.#blockIndex;
    this.#blockIndex += 1;
    return frame('content_block_stop', { type: 'content_block_stop', index });
  }

  #messageDelta(): string {
    if (this.#deltaWritten) return '';
    this.#deltaWritten = true;
    const finish = this.#finish ?? { unified: this.#calls > 0 ? 'tool-calls' : 'stop', raw: undefined };
    return frame('message_delta', {
      type: 'message_delta',
      delta: { ...encodeFinish(finish), container: null },
      usage: encodeDeltaUsage(this.#usage),
    });
  }

  #end(): string {
    this.#ended = true;
    const stop = frame('message_stop', { type: 'message_stop' });
    return this.#start() + this.#closeAll() + this.#messageDelta() + stop;
  }
}

function frame(event: string, body: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(body)}\n\n`;
}

function isEmpty(event: ChatEvent): boolean {
  switch (event.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return event.text === '';
    case 'tool-arguments':
      return event.fragment === '';
    default:
      return false;
  }
}
