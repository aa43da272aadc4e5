import type { ChatEvent, FinishReason } from '../../answer.ts';
import type { AnswerIdentity, EventEncoder } from '../../dialect.ts';
import type { Usage } from '../../usage.ts';
import { encodeErrorFrame } from '../openai-chat/errors.ts';
import { encodeUsage } from '../openai-chat/usage.ts';
import { completionId, encodeFinish } from './response.ts';

export function eventEncoder(identity: AnswerIdentity): EventEncoder {
  return new CompletionEncoder(identity);
}

/** Chunks of text, one with the finish reason, then usage alone if the client asked for it, then `[DONE]`. */
class CompletionEncoder implements EventEncoder {
  readonly #identity: AnswerIdentity;
  #head: string;
  #usage: Usage | undefined;
  #state: 'open' | 'finished' | 'ended' = 'open';

  constructor(identity: AnswerIdentity) {
    this.#identity = identity;
    this.#head = this.#headOf(undefined, undefined);
  }

  encode(event: ChatEvent): string {
    if (this.#state === 'ended') return '';
    switch (event.type) {
      case 'start':
        this.#head = this.#headOf(event.id, event.model);
        return '';
      case 'text':
      case 'refusal':
        return event.text === '' ? '' : this.#chunk(event.text, 'null');
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
      default:
        return '';
    }
  }

  #headOf(id: string | undefined, model: string | undefined): string {
    return (
      `data: {"id":${JSON.stringify(completionId(id, this.#identity))},"object":"text_completion",` +
      `"created":${this.#identity.createdAtSeconds},"model":${JSON.stringify(model ?? this.#identity.model)},"choices":[`
    );
  }

  #chunk(said: string, finish: string): string {
    const choice = `{"index":0,"text":${JSON.stringify(said)},"logprobs":null,"finish_reason":${finish}}`;
    return `${this.#head}${choice}]}\n\n`;
  }

  #finish(finish: FinishReason): string {
    if (this.#state === 'finished') return '';
    this.#state = 'finished';
    return this.#chunk('', `"${encodeFinish(finish)}"`);
  }

  #end(): string {
    let out = this.#finish({ unified: 'stop', raw: undefined });
    if (this.#identity.includeUsage && this.#usage !== undefined) {
      out += `${this.#head}],"usage":${JSON.stringify(encodeUsage(this.#usage))}}\n\n`;
    }
    this.#state = 'ended';
    return `${out}data: [DONE]\n\n`;
  }
}
