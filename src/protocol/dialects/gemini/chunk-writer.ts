import type { ChatEvent, FinishReason } from '../../answer.ts';
import type { AnswerIdentity, EventEncoder } from '../../dialect.ts';
import { GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import type { Usage } from '../../usage.ts';
import { encodeErrorFrame } from './errors.ts';
import { answerId, callPart, encodeFinish, redactedPart } from './response.ts';
import { ownSignature, writeSignature } from './signatures.ts';
import { encodeUsage } from './usage.ts';

/** Arguments that may wait for the rest of their call, in characters. */
const waitingCharsMax = 16 * 1024 * 1024;

interface Call {
  id: string;
  name: string;
  signature: string | undefined;
  arguments: string;
}

/**
 * Writes a stream of responses from events. Calls are whole here, so they wait for the finish; the reason for it and the usage wait for
 * the end, because the last chunk has both.
 */
export class ChunkWriter implements EventEncoder {
  readonly #identity: AnswerIdentity;
  #tail: string;
  #usage: Usage | undefined;
  #finish: FinishReason | undefined;
  #ended = false;
  #wroteCalls = false;
  readonly #calls = new Map<number, Call>();
  #waitingChars = 0;
  /** Told again on the call that follows, as a rule. */
  #signature: string | undefined;

  constructor(identity: AnswerIdentity) {
    this.#identity = identity;
    this.#tail = this.#tailOf(undefined, undefined);
  }

  /** Throws GatewayError `upstream_protocol` when more than `waitingCharsMax` of arguments would have to wait. */
  encode(event: ChatEvent): string {
    if (this.#ended) return '';
    switch (event.type) {
      case 'start':
        this.#tail = this.#tailOf(event.id, event.model);
        return '';
      case 'text':
      case 'refusal':
        if (event.text === '') return '';
        return this.#signed() + this.#chunk(`{"text":${JSON.stringify(event.text)}}`);
      case 'reasoning':
        if (event.text === '') return '';
        return this.#signed() + this.#chunk(`{"text":${JSON.stringify(event.text)},"thought":true}`);
      case 'reasoning-signature': {
        const before = this.#signed();
        this.#signature = event.signature;
        return before;
      }
      case 'redacted-reasoning':
        return this.#signed() + this.#chunk(JSON.stringify(redactedPart(event.data)));
      case 'tool-call':
        return this.#open(event);
      case 'tool-arguments':
        this.#append(event.index, event.fragment);
        return '';
      case 'usage':
        this.#usage = event.usage;
        return '';
      case 'finish':
        this.#finish ??= event.finish;
        return this.#signed() + this.#writeCalls();
      case 'error':
        this.#ended = true;
        return encodeErrorFrame(event.error, this.#identity.requestId);
      case 'end':
        return this.#end();
    }
  }

  #open(event: Extract<ChatEvent, { type: 'tool-call' }>): string {
    const { index, id, name, signature } = event;
    const same =
      signature !== undefined && this.#signature !== undefined && ownSignature(this.#signature) === signature;
    if (same) this.#signature = undefined;
    this.#calls.set(index, { id, name, signature, arguments: '' });
    return this.#signed();
  }

  #append(index: number, fragment: string): void {
    const call = this.#calls.get(index);
    if (call === undefined) return;
    call.arguments += fragment;
    this.#waitingChars += fragment.length;
    if (this.#waitingChars > waitingCharsMax) {
      this.#ended = true;
      throw new GatewayError('upstream_protocol', 'The provider’s tool calls are too large for one chunk.', {
        detail: `more than waitingCharsMax (${waitingCharsMax}) characters of arguments wait for the end of their call`,
      });
    }
  }

  /** The signature that waits, on a part of its own: it belongs to what was written before. */
  #signed(): string {
    const signature = this.#signature;
    if (signature === undefined) return '';
    this.#signature = undefined;
    const part: JsonObject = { text: '', thought: true, thoughtSignature: writeSignature(signature) };
    return this.#chunk(JSON.stringify(part));
  }

  #writeCalls(): string {
    if (this.#wroteCalls || this.#calls.size === 0) return '';
    this.#wroteCalls = true;
    const parts = [...this.#calls.values()].map((call, at) => JSON.stringify(callPart(call, at === 0)));
    return this.#chunk(parts.join(','));
  }

  #end(): string {
    const waiting = this.#signed() + this.#writeCalls();
    this.#ended = true;
    const finish = encodeFinish(this.#finish ?? { unified: 'stop', raw: undefined });
    const usage =
      this.#usage === undefined ? '' : `"usageMetadata":${JSON.stringify(encodeUsage(this.#usage))},`;
    const last = `{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"${finish}","index":0}`;
    return `${waiting}data: {"candidates":[${last}],${usage}${this.#tail}`;
  }

  #chunk(parts: string): string {
    return `data: {"candidates":[{"content":{"parts":[${parts}],"role":"model"},"index":0}],${this.#tail}`;
  }

  #tailOf(id: string | undefined, model: string | undefined): string {
    const version = JSON.stringify(model ?? this.#identity.model);
    return `"modelVersion":${version},"responseId":${JSON.stringify(answerId(id, this.#identity))}}\n\n`;
  }
}
