import type { ChatEvent } from '../../answer.ts';
import type { AnswerIdentity, EventDecoder, EventEncoder } from '../../dialect.ts';
import type { StreamFrame } from '../../frame.ts';
import { isObject, type JsonObject } from '../../json.ts';
import { text } from '../read.ts';
import { brokenFrame } from '../upstream-said.ts';
import { decodeReasoningBlock } from './blocks.ts';
import { exceptionError } from './errors.ts';
import { decodeFinish } from './response.ts';
import { StreamWriter } from './stream-writer.ts';
import { decodeUsage } from './usage.ts';

export function eventDecoder(): EventDecoder {
  return new ConverseEventDecoder();
}

export function eventEncoder(identity: AnswerIdentity): EventEncoder {
  return new StreamWriter(identity);
}

interface ToolBlock {
  /** Among the tool calls of the answer; the block's own index counts text and reasoning too. */
  callIndex: number;
  hasFragments: boolean;
}

class ConverseEventDecoder implements EventDecoder {
  #ended = false;
  #finished = false;
  #metadataSeen = false;
  #calls = 0;
  /** Open client tool calls by block index. Calls that the provider runs itself are no calls to the client. */
  readonly #tools = new Map<unknown, ToolBlock>();

  decode(frame: StreamFrame): ChatEvent[] {
    if (this.#ended || frame.data === undefined || frame.partial) return [];
    let body: unknown;
    try {
      body = JSON.parse(frame.data);
    } catch {
      this.#ended = true;
      return [{ type: 'error', error: brokenFrame('an event is not valid JSON') }];
    }
    if (!isObject(body)) return [];
    const events: ChatEvent[] = [];
    this.#read(body, frame.event ?? '', events);
    return events;
  }

  #read(body: JsonObject, type: string, events: ChatEvent[]): void {
    const index = body['contentBlockIndex'];
    switch (type) {
      case 'messageStart':
        events.push({ type: 'start', id: undefined, model: undefined });
        break;
      case 'contentBlockStart':
        this.#blockStart(index, body['start'], events);
        break;
      case 'contentBlockDelta':
        if (isObject(body['delta'])) this.#blockDelta(index, body['delta'], events);
        break;
      case 'contentBlockStop':
        this.#blockStop(index, events);
        break;
      case 'messageStop':
        this.#messageStop(body, events);
        break;
      case 'metadata':
        this.#metadata(body, events);
        break;
      default:
        if (!type.endsWith('Exception') && typeof body['__type'] !== 'string') break;
        this.#ended = true;
        events.push({ type: 'error', error: exceptionError(type, body) });
    }
  }

  #blockStart(index: unknown, start: unknown, events: ChatEvent[]): void {
    const call = isObject(start) ? start['toolUse'] : undefined;
    if (!isObject(call) || call['type'] === 'server_tool_use') return;
    const { toolUseId: id, name } = call;
    if (typeof id !== 'string' || typeof name !== 'string') return;
    this.#tools.set(index, { callIndex: this.#calls, hasFragments: false });
    events.push({ type: 'tool-call', index: this.#calls, id, name });
    this.#calls += 1;
  }

  #blockDelta(index: unknown, delta: JsonObject, events: ChatEvent[]): void {
    const { reasoningContent: thought, toolUse: call } = delta;
    const content = text(delta['text']);
    if (content !== undefined) events.push({ type: 'text', text: content });
    if (isObject(thought)) pushReasoning(thought, events);
    if (isObject(call)) this.#toolFragment(index, text(call['input']), events);
  }

  #toolFragment(index: unknown, fragment: string | undefined, events: ChatEvent[]): void {
    const tool = this.#tools.get(index);
    if (tool === undefined || fragment === undefined) return;
    tool.hasFragments = true;
    events.push({ type: 'tool-arguments', index: tool.callIndex, fragment });
  }

  /** A call of a tool without arguments has no fragments. */
  #blockStop(index: unknown, events: ChatEvent[]): void {
    const tool = this.#tools.get(index);
    if (tool === undefined) return;
    this.#tools.delete(index);
    if (!tool.hasFragments) events.push({ type: 'tool-arguments', index: tool.callIndex, fragment: '{}' });
  }

  #messageStop(body: JsonObject, events: ChatEvent[]): void {
    if (this.#finished) return;
    this.#finished = true;
    const seen = { toolCalls: this.#calls > 0 };
    const finish = decodeFinish(body['stopReason'], body['additionalModelResponseFields'], seen);
    events.push({ type: 'finish', finish });
    this.#endWhenWhole(events);
  }

  #metadata(body: JsonObject, events: ChatEvent[]): void {
    this.#metadataSeen = true;
    const usage = decodeUsage(body['usage']);
    if (usage !== undefined) events.push({ type: 'usage', usage });
    this.#endWhenWhole(events);
  }

  /** No event says «end»: the metadata are the last one, after the stop. */
  #endWhenWhole(events: ChatEvent[]): void {
    if (!this.#finished || !this.#metadataSeen) return;
    this.#ended = true;
    events.push({ type: 'end' });
  }
}

function pushReasoning(delta: JsonObject, events: ChatEvent[]): void {
  const thought = text(delta['text']);
  const signature = text(delta['signature']);
  const redacted = decodeReasoningBlock(delta);
  if (thought !== undefined) events.push({ type: 'reasoning', text: thought });
  if (signature !== undefined) events.push({ type: 'reasoning-signature', signature });
  if (redacted?.type === 'redacted-reasoning') events.push(redacted);
}
