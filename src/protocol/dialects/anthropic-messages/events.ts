import type { ChatEvent } from '../../answer.ts';
import type { AnswerIdentity, EventDecoder, EventEncoder } from '../../dialect.ts';
import { parseExact } from '../../exact-json.ts';
import type { StreamFrame } from '../../frame.ts';
import { isObject, type JsonObject } from '../../json.ts';
import { text } from '../read.ts';
import { brokenFrame, inBandError } from '../upstream-said.ts';
import { MessageWriter } from './message-writer.ts';
import { decodeFinish } from './response.ts';
import { decodeUsage, mergeUsage } from './usage.ts';

export function eventDecoder(): EventDecoder {
  return new MessageEventDecoder();
}

export function eventEncoder(identity: AnswerIdentity): EventEncoder {
  return new MessageWriter(identity);
}

interface ToolBlock {
  /** Among the tool calls of the answer; the block's own index counts text and thinking too. */
  callIndex: number;
  input: unknown;
  hasFragments: boolean;
}

class MessageEventDecoder implements EventDecoder {
  #ended = false;
  #calls = 0;
  #usage: JsonObject | undefined;
  /** Open client tool calls by block index. Calls that the provider runs itself are no calls to the client. */
  readonly #tools = new Map<unknown, ToolBlock>();

  decode(frame: StreamFrame): ChatEvent[] {
    if (this.#ended || frame.data === undefined || frame.partial) return [];
    if (frame.data.trim() === '') return [];
    let body: unknown;
    try {
      body = parseExact(frame.data);
    } catch {
      this.#ended = true;
      return [{ type: 'error', error: brokenFrame('an event is not valid JSON') }];
    }
    if (!isObject(body)) return [];
    const events: ChatEvent[] = [];
    this.#read(body, text(body['type']) ?? frame.event, events);
    return events;
  }

  #read(body: JsonObject, type: string | undefined, events: ChatEvent[]): void {
    const { index } = body;
    switch (type) {
      case 'message_start':
        this.#start(body['message'], events);
        break;
      case 'content_block_start':
        if (isObject(body['content_block'])) this.#blockStart(index, body['content_block'], events);
        break;
      case 'content_block_delta':
        if (isObject(body['delta'])) this.#blockDelta(index, body['delta'], events);
        break;
      case 'content_block_stop':
        this.#blockStop(index, events);
        break;
      case 'message_delta':
        this.#messageDelta(body, events);
        break;
      case 'message_stop':
        this.#ended = true;
        events.push({ type: 'end' });
        break;
      case 'error':
        this.#ended = true;
        events.push({ type: 'error', error: inBandError(body) });
        break;
      default:
        break;
    }
  }

  #start(message: unknown, events: ChatEvent[]): void {
    if (!isObject(message)) return;
    events.push({ type: 'start', id: text(message['id']), model: text(message['model']) });
    this.#readUsage(message['usage'], events);
  }

  #blockStart(index: unknown, block: JsonObject, events: ChatEvent[]): void {
    switch (block['type']) {
      case 'text':
        pushText(events, 'text', block['text']);
        break;
      case 'thinking':
        pushText(events, 'reasoning', block['thinking']);
        pushSignature(events, block['signature']);
        break;
      case 'redacted_thinking': {
        const data = text(block['data']);
        if (data !== undefined) events.push({ type: 'redacted-reasoning', data });
        break;
      }
      case 'tool_use':
        this.#toolStart(index, block, events);
        break;
      default:
        break;
    }
  }

  #toolStart(index: unknown, block: JsonObject, events: ChatEvent[]): void {
    const { id, name } = block;
    if (typeof id !== 'string' || typeof name !== 'string') return;
    this.#tools.set(index, { callIndex: this.#calls, input: block['input'], hasFragments: false });
    events.push({ type: 'tool-call', index: this.#calls, id, name });
    this.#calls += 1;
  }

  #blockDelta(index: unknown, delta: JsonObject, events: ChatEvent[]): void {
    switch (delta['type']) {
      case 'text_delta':
        pushText(events, 'text', delta['text']);
        break;
      case 'thinking_delta':
        pushText(events, 'reasoning', delta['thinking']);
        break;
      case 'signature_delta':
        pushSignature(events, delta['signature']);
        break;
      case 'input_json_delta':
        this.#toolFragment(index, text(delta['partial_json']), events);
        break;
      default:
        break;
    }
  }

  #toolFragment(index: unknown, fragment: string | undefined, events: ChatEvent[]): void {
    const tool = this.#tools.get(index);
    if (tool === undefined || fragment === undefined) return;
    tool.hasFragments = true;
    events.push({ type: 'tool-arguments', index: tool.callIndex, fragment });
  }

  /** Without fragments the arguments are those of the block's start: all of them at some upstreams, else none. */
  #blockStop(index: unknown, events: ChatEvent[]): void {
    const tool = this.#tools.get(index);
    if (tool === undefined) return;
    this.#tools.delete(index);
    if (tool.hasFragments) return;
    const fragment = JSON.stringify(isObject(tool.input) ? tool.input : {});
    events.push({ type: 'tool-arguments', index: tool.callIndex, fragment });
  }

  #messageDelta(body: JsonObject, events: ChatEvent[]): void {
    const delta = body['delta'];
    if (isObject(delta) && typeof delta['stop_reason'] === 'string') {
      const seen = { toolCalls: this.#calls > 0 };
      const finish = decodeFinish(delta['stop_reason'], delta['stop_sequence'], seen);
      events.push({ type: 'finish', finish });
    }
    this.#readUsage(body['usage'], events);
  }

  #readUsage(value: unknown, events: ChatEvent[]): void {
    if (!isObject(value)) return;
    this.#usage = mergeUsage(this.#usage, value);
    const usage = decodeUsage(this.#usage);
    if (usage !== undefined) events.push({ type: 'usage', usage });
  }
}

function pushText(events: ChatEvent[], type: 'text' | 'reasoning', value: unknown): void {
  const content = text(value);
  if (content !== undefined) events.push({ type, text: content });
}

function pushSignature(events: ChatEvent[], value: unknown): void {
  const signature = text(value);
  if (signature !== undefined) events.push({ type: 'reasoning-signature', signature });
}
