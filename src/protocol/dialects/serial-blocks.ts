import type { ChatEvent } from '../answer.ts';
import { GatewayError } from '../errors.ts';
import { isWholeObject } from './call-arguments.ts';

/** What may wait behind an open tool call, in characters. */
const waitingCharsMax = 16 * 1024 * 1024;

interface Block {
  /** Number of the call; undefined for whatever is none. */
  call: number | undefined;
  arguments: string;
  waiting: ChatEvent[];
}

/**
 * Puts the blocks of an answer one after the other, for dialects in which they must not overlap: others send the fragments of
 * parallel tool calls mixed. Only the first open block passes, the later ones wait. A tool call is over when its arguments are whole
 * JSON and something else has begun, or when the answer finishes. Empty pieces are left out.
 */
export class SerialBlocks {
  readonly #open: Block[] = [];
  #waitingChars = 0;

  /**
   * Takes the next event of the answer's content and returns those whose turn it is. Throws GatewayError `upstream_protocol` when
   * more than `waitingCharsMax` would have to wait.
   */
  add(event: ChatEvent): ChatEvent[] {
    if (isEmpty(event)) return [];
    const block = this.#blockOf(event);
    if (block === undefined) return [];
    block.waiting.push(event);
    this.#waitingChars += charsOf(event);
    const passed = this.#drain();
    if (this.#waitingChars > waitingCharsMax) {
      throw new GatewayError('upstream_protocol', 'The provider mixed too many tool calls in one stream.', {
        detail: `more than waitingCharsMax (${waitingCharsMax}) characters wait behind an open tool call`,
      });
    }
    return passed;
  }

  /** Everything that still waits, in order. */
  rest(): ChatEvent[] {
    this.#waitingChars = 0;
    return this.#open.splice(0).flatMap((block) => block.waiting);
  }

  /** Undefined for a fragment of a call that is over. */
  #blockOf(event: ChatEvent): Block | undefined {
    if (event.type === 'tool-arguments') {
      const block = this.#open.find((open) => open.call === event.index);
      if (block !== undefined) block.arguments += event.fragment;
      return block;
    }
    const call = event.type === 'tool-call' ? event.index : undefined;
    const last = this.#open.at(-1);
    if (call === undefined && last !== undefined && last.call === undefined) return last;
    const block: Block = { call, arguments: '', waiting: [] };
    this.#open.push(block);
    return block;
  }

  #drain(): ChatEvent[] {
    const passed: ChatEvent[] = [];
    for (;;) {
      const head = this.#open[0];
      if (head === undefined) return passed;
      for (const event of head.waiting) this.#waitingChars -= charsOf(event);
      passed.push(...head.waiting);
      head.waiting = [];
      const over = this.#open.length > 1 && (head.call === undefined || isWholeObject(head.arguments));
      if (!over) return passed;
      this.#open.shift();
    }
  }
}

/** How much an event says. */
export function charsOf(event: ChatEvent): number {
  switch (event.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return event.text.length;
    case 'reasoning-signature':
      return event.signature.length;
    case 'redacted-reasoning':
      return event.data.length;
    case 'tool-arguments':
      return event.fragment.length;
    case 'tool-call':
      return event.id.length + event.name.length;
    default:
      return 0;
  }
}

function isEmpty(event: ChatEvent): boolean {
  return event.type !== 'tool-call' && charsOf(event) === 0;
}
