import { type ChatEvent, type FinishReason, isContent } from '../../answer.ts';
import type { AnswerIdentity, EventDecoder, EventEncoder } from '../../dialect.ts';
import { parseExact } from '../../exact-json.ts';
import type { StreamFrame } from '../../frame.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { Usage } from '../../usage.ts';
import { text } from '../read.ts';
import { brokenFrame, inBandError } from '../upstream-said.ts';
import { signatureFields } from './call-signature.ts';
import { encodeErrorFrame } from './errors.ts';
import {
  answerId,
  contentPieces,
  decodeFinish,
  encodeFinish,
  failedFinish,
  isFailedFinish,
} from './response.ts';
import { ToolCallAssembler } from './tool-call-assembler.ts';
import { decodeUsage, encodeUsage } from './usage.ts';

const doneWord = '[DONE]';

export function eventDecoder(): EventDecoder {
  return new ChunkDecoder();
}

class ChunkDecoder implements EventDecoder {
  #started = false;
  #finished = false;
  #ended = false;
  #refused = false;
  #streamed = false;
  readonly #calls = new ToolCallAssembler();

  decode(frame: StreamFrame): ChatEvent[] {
    if (this.#ended || frame.data === undefined) return [];
    const data = frame.data.trim();
    if (data === doneWord) {
      this.#ended = true;
      return [{ type: 'end' }];
    }
    if (frame.partial || data === '') return [];
    let chunk: unknown;
    try {
      chunk = parseExact(data);
    } catch {
      return this.#fail({ type: 'error', error: brokenFrame('a chunk is not valid JSON') });
    }
    if (!isObject(chunk)) return [];
    if (isError(chunk) || frame.event === 'error') {
      return this.#fail({ type: 'error', error: inBandError(chunk) });
    }
    return this.#read(chunk);
  }

  #fail(event: ChatEvent): ChatEvent[] {
    this.#ended = true;
    return [event];
  }

  #read(chunk: JsonObject): ChatEvent[] {
    const events: ChatEvent[] = [];
    const choice = firstChoice(chunk['choices']);
    if (choice !== undefined) {
      if (!this.#started) {
        this.#started = true;
        const id = text(chunk['id']);
        this.#calls.answerId = id;
        events.push({ type: 'start', id, model: text(chunk['model']) });
      }
      // Some vendors close with the whole message, which repeats what was streamed.
      const delta = choice['delta'] ?? (this.#streamed ? undefined : choice['message']);
      if (isObject(delta)) {
        this.#readDelta(delta, events);
        this.#streamed ||= events.some(isContent);
      }
      const reason = choice['finish_reason'];
      if (isFailedFinish(reason)) {
        this.#ended = true;
        return [...events, { type: 'error', error: failedFinish(reason) }];
      }
      if (isFinish(reason) && !this.#finished) {
        this.#finished = true;
        this.#calls.finish(events);
        const seen = { toolCalls: this.#calls.count > 0, refusal: this.#refused };
        events.push({ type: 'finish', finish: decodeFinish(reason, seen) });
      }
    }
    const usage = decodeUsage(chunk['usage'] ?? choice?.['usage']);
    if (usage !== undefined) events.push({ type: 'usage', usage });
    return events;
  }

  #readDelta(delta: JsonObject, events: ChatEvent[]): void {
    readReasoning(delta, events);
    const content = delta['content'];
    if (typeof content === 'string') {
      if (content !== '') events.push({ type: 'text', text: content });
    } else if (Array.isArray(content)) {
      for (const piece of contentPieces(content)) {
        events.push({ type: piece.reasoning ? 'reasoning' : 'text', text: piece.text });
      }
    }
    const refusal = text(delta['refusal']);
    if (refusal !== undefined) {
      this.#refused = true;
      events.push({ type: 'refusal', text: refusal });
    }
    const calls = delta['tool_calls'];
    if (!Array.isArray(calls)) return;
    for (const call of calls) if (isObject(call)) this.#calls.add(call, events);
  }
}

function isError(chunk: JsonObject): boolean {
  const error = chunk['error'];
  return (error !== undefined && error !== null) || chunk['object'] === 'error';
}

/** Some vendors write an empty word, or the word «null», into every chunk that is not the last. */
function isFinish(reason: unknown): reason is string {
  return typeof reason === 'string' && reason !== '' && reason !== 'null';
}

/** Further choices exist only for clients of this dialect, whose bytes pass untouched. */
function firstChoice(choices: unknown): JsonObject | undefined {
  if (!Array.isArray(choices)) return undefined;
  for (const choice of choices) {
    if (isObject(choice) && (choice['index'] === 0 || typeof choice['index'] !== 'number')) return choice;
  }
  return undefined;
}

function readReasoning(delta: JsonObject, events: ChatEvent[]): void {
  const plain = text(delta['reasoning_content']) ?? text(delta['reasoning']);
  if (plain !== undefined) events.push({ type: 'reasoning', text: plain });
  const details = delta['reasoning_details'];
  if (!Array.isArray(details)) return;
  for (const detail of details) {
    if (!isObject(detail)) continue;
    const thought = text(detail['text']) ?? text(detail['summary']);
    if (thought !== undefined && plain === undefined) events.push({ type: 'reasoning', text: thought });
    const signature = text(detail['signature']);
    if (signature !== undefined) events.push({ type: 'reasoning-signature', signature });
    const data = text(detail['data']);
    if (data !== undefined && detail['type'] === 'reasoning.encrypted') {
      events.push({ type: 'redacted-reasoning', data });
    }
  }
}

export function eventEncoder(identity: AnswerIdentity): EventEncoder {
  return new ChunkEncoder(identity);
}

/**
 * Writes chunks as clients expect them: the role first, one chunk with the finish reason, then usage alone if the client asked
 * for it, then `[DONE]`. Usage waits for the end because some upstreams report it several times.
 */
class ChunkEncoder implements EventEncoder {
  readonly #identity: AnswerIdentity;
  #head = '';
  #usage: Usage | undefined;
  #state: 'new' | 'open' | 'finished' | 'ended' = 'new';
  #toolCalls = false;
  #refused = false;
  #details = 0;

  constructor(identity: AnswerIdentity) {
    this.#identity = identity;
  }

  encode(event: ChatEvent): string {
    if (this.#state === 'ended') return '';
    switch (event.type) {
      case 'start':
        return this.#state === 'new' ? this.#start(event.id, event.model) : '';
      case 'text':
        return event.text === '' ? '' : this.#delta(`{"content":${JSON.stringify(event.text)}}`);
      case 'refusal':
        if (event.text === '') return '';
        this.#refused = true;
        return this.#delta(`{"refusal":${JSON.stringify(event.text)}}`);
      case 'reasoning':
        return event.text === '' ? '' : this.#delta(`{"reasoning_content":${JSON.stringify(event.text)}}`);
      case 'reasoning-signature':
        return this.#detail({ type: 'reasoning.text', signature: event.signature });
      case 'redacted-reasoning':
        return this.#detail({ type: 'reasoning.encrypted', data: event.data });
      case 'tool-call': {
        this.#toolCalls = true;
        const { index, id, name } = event;
        const seal = signatureFields(event.signature);
        const call = { index, id, type: 'function', function: { name, arguments: '' }, ...seal };
        return this.#delta(`{"tool_calls":[${JSON.stringify(call)}]}`);
      }
      case 'tool-arguments':
        return event.fragment === ''
          ? ''
          : this.#delta(
              `{"tool_calls":[{"index":${event.index},"function":{"arguments":${JSON.stringify(event.fragment)}}}]}`,
            );
      case 'finish':
        return this.#finish(event.finish);
      case 'usage':
        this.#usage = event.usage;
        return '';
      case 'error':
        this.#state = 'ended';
        return encodeErrorFrame(event.error);
      case 'end':
        return this.#end();
    }
  }

  #start(id: string | undefined, model: string | undefined): string {
    this.#state = 'open';
    const { createdAtSeconds } = this.#identity;
    this.#head =
      `data: {"id":${JSON.stringify(answerId(id, this.#identity))},"object":"chat.completion.chunk",` +
      `"created":${createdAtSeconds},"model":${JSON.stringify(model ?? this.#identity.model)},"choices":[`;
    return this.#chunk('{"role":"assistant","content":"","refusal":null}', null);
  }

  #ensureStarted(): string {
    return this.#state === 'new' ? this.#start(undefined, undefined) : '';
  }

  #delta(delta: string): string {
    return this.#ensureStarted() + this.#chunk(delta, null);
  }

  #detail(detail: JsonObject): string {
    const index = this.#details;
    this.#details += 1;
    return this.#delta(`{"reasoning_details":[${JSON.stringify({ ...detail, index })}]}`);
  }

  #chunk(delta: string, finish: string | null): string {
    const reason = finish === null ? 'null' : `"${finish}"`;
    return `${this.#head}{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${reason}}]${this.#tail()}`;
  }

  /** Where the client asked for usage, all chunks but the last say that it is not there yet. */
  #tail(): string {
    return this.#identity.includeUsage ? ',"usage":null}\n\n' : '}\n\n';
  }

  #finish(finish: FinishReason): string {
    if (this.#state === 'finished') return '';
    const started = this.#ensureStarted();
    this.#state = 'finished';
    return started + this.#chunk('{}', encodeFinish(finish, this.#refused));
  }

  #end(): string {
    const unified = this.#toolCalls ? 'tool-calls' : 'stop';
    let out = this.#finish({ unified, raw: undefined });
    if (this.#identity.includeUsage && this.#usage !== undefined) {
      out += `${this.#head}],"usage":${JSON.stringify(encodeUsage(this.#usage))}}\n\n`;
    }
    this.#state = 'ended';
    return `${out}data: ${doneWord}\n\n`;
  }
}
