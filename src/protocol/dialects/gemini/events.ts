import type { ChatEvent } from '../../answer.ts';
import type { AnswerIdentity, EventDecoder, EventEncoder } from '../../dialect.ts';
import { parseExact } from '../../exact-json.ts';
import type { StreamFrame } from '../../frame.ts';
import { isObject, type JsonObject } from '../../json.ts';
import { text } from '../read.ts';
import { brokenFrame } from '../upstream-said.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { inBand } from './errors.ts';
import { ModelPartReader } from './model-parts.ts';
import { blockReason, callId, candidateParts, decodeFinish, firstCandidate } from './response.ts';
import { decodeUsage } from './usage.ts';

export function eventDecoder(): EventDecoder {
  return new ResponseChunkDecoder();
}

export function eventEncoder(identity: AnswerIdentity): EventEncoder {
  return new ChunkWriter(identity);
}

/**
 * Each chunk is a response of its own, with the usage so far. There is no terminal event, so no `end` is told: a stream that
 * stopped after its finish reason is whole, and chunks with usage or other candidates may still follow that.
 */
class ResponseChunkDecoder implements EventDecoder {
  #id: string | undefined;
  #started = false;
  #finished = false;
  #failed = false;
  readonly #reader = new ModelPartReader((index) => callId(this.#id, index));

  decode(frame: StreamFrame): ChatEvent[] {
    if (this.#failed || frame.data === undefined || frame.partial) return [];
    if (frame.data.trim() === '') return [];
    let chunk: unknown;
    try {
      chunk = parseExact(frame.data);
    } catch {
      return this.#fail({ type: 'error', error: brokenFrame('a chunk is not valid JSON') });
    }
    if (!isObject(chunk)) return [];
    if (chunk['error'] !== undefined && chunk['error'] !== null) {
      return this.#fail({ type: 'error', error: inBand(chunk) });
    }
    return this.#read(chunk);
  }

  #fail(event: ChatEvent): ChatEvent[] {
    this.#failed = true;
    return [event];
  }

  #read(chunk: JsonObject): ChatEvent[] {
    const events: ChatEvent[] = [];
    const candidate = firstCandidate(chunk['candidates']);
    const blocked = blockReason(chunk);
    if (candidate !== undefined || blocked !== undefined) this.#start(chunk, events);
    for (const part of candidateParts(candidate)) {
      for (const piece of this.#reader.read(part)) if (piece.type !== 'other') events.push(piece);
    }
    const reason = text(candidate?.['finishReason']);
    if (!this.#finished && (blocked !== undefined || reason !== undefined)) {
      this.#finished = true;
      const finish = blocked ?? decodeFinish(reason, { toolCalls: this.#reader.calls > 0 });
      events.push({ type: 'finish', finish });
    }
    const usage = decodeUsage(chunk['usageMetadata']);
    if (usage !== undefined) events.push({ type: 'usage', usage });
    return events;
  }

  #start(chunk: JsonObject, events: ChatEvent[]): void {
    if (this.#started) return;
    this.#started = true;
    this.#id = text(chunk['responseId']);
    events.push({ type: 'start', id: this.#id, model: text(chunk['modelVersion']) });
  }
}
