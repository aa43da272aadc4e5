import type { ChatEvent, FinishReason } from '../../answer.ts';
import type { AnswerIdentity, EventEncoder } from '../../dialect.ts';
import { GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import type { Usage } from '../../usage.ts';
import { charsOf, SerialBlocks } from '../serial-blocks.ts';
import { errorEvent, failedEvent, responseError } from './errors.ts';
import { type OpenItem, openItem } from './item-writer.ts';
import { encodeFinish } from './response.ts';
import { type ResponseState, responseId, responseObject } from './response-object.ts';

/** What one answer may hold, in characters: the last event repeats all of it. */
const answerCharsMax = 64 * 1024 * 1024;

/**
 * Writes a Responses stream from events, one item after the other. An item is over when another begins, or when the answer finishes.
 * The last event waits for the usage after the finish, or for the end, because it must carry the final count.
 */
export class ResponseWriter implements EventEncoder {
  readonly #identity: AnswerIdentity;
  #state: 'new' | 'open' | 'finished' | 'ended' = 'new';
  #sequence = 0;
  #id: string;
  #model: string;
  #usage: Usage | undefined;
  #finish: FinishReason | undefined;
  #refused = false;
  #chars = 0;
  readonly #blocks = new SerialBlocks();
  #item: OpenItem | undefined;
  readonly #output: JsonObject[] = [];
  readonly #startedMs: number | undefined;

  constructor(identity: AnswerIdentity) {
    this.#identity = identity;
    this.#startedMs = identity.elapsedMs?.();
    this.#id = responseId(undefined, identity.requestId);
    this.#model = identity.model;
  }

  /** Throws GatewayError `upstream_protocol` when the answer is longer than `answerCharsMax`, or mixes more calls than may wait. */
  encode(event: ChatEvent): string {
    if (this.#state === 'ended') return '';
    switch (event.type) {
      case 'start':
        if (this.#state !== 'new') return '';
        this.#id = responseId(event.id, this.#identity.requestId);
        this.#model = event.model ?? this.#model;
        return this.#start();
      case 'usage':
        this.#usage = event.usage;
        return this.#finish === undefined ? '' : this.#last(this.#finish);
      case 'error':
        return this.#fail(event.error);
      case 'end':
        return this.#end();
      case 'finish': {
        if (this.#finish !== undefined) return '';
        this.#finish = event.finish;
        return this.#start() + this.#closeAll(event.finish);
      }
      default:
        if (this.#finish !== undefined) return '';
        return this.#start() + this.#add(event);
    }
  }

  #event(type: string, fields: string): string {
    const sequence = this.#sequence;
    this.#sequence += 1;
    return `event: ${type}\ndata: {"type":"${type}","sequence_number":${sequence},${fields}}\n\n`;
  }

  #response(state: Omit<ResponseState, 'id' | 'model' | 'output' | 'usage'>): JsonObject {
    const { status } = state;
    const output = status === 'in_progress' ? [] : this.#output;
    return responseObject(
      {
        ...state,
        id: this.#id,
        model: this.#model,
        output,
        usage: this.#usage,
        completedAtSeconds: this.#nowSeconds(),
      },
      this.#identity,
    );
  }

  #nowSeconds(): number {
    const { createdAtSeconds, elapsedMs } = this.#identity;
    const streamedMs = (elapsedMs?.() ?? 0) - (this.#startedMs ?? 0);
    return createdAtSeconds + Math.floor(streamedMs / 1000);
  }

  #start(): string {
    if (this.#state !== 'new') return '';
    this.#state = 'open';
    const response = `"response":${JSON.stringify(this.#response({ status: 'in_progress' }))}`;
    return this.#event('response.created', response) + this.#event('response.in_progress', response);
  }

  #add(event: ChatEvent): string {
    this.#chars += charsOf(event);
    if (this.#chars > answerCharsMax) {
      this.#state = 'ended';
      throw new GatewayError('upstream_protocol', 'The provider sent an answer that is too long to stream.', {
        detail: `the answer has more than answerCharsMax (${answerCharsMax}) characters`,
      });
    }
    return this.#tell(this.#blocks.add(event));
  }

  #tell(events: ChatEvent[]): string {
    let out = '';
    for (const event of events) {
      if (event.type === 'refusal') this.#refused = true;
      if (this.#item?.takes(event) !== true) {
        out += this.#close('completed');
        this.#item = openItem(event, this.#output.length, this.#identity, this.#write);
        out += this.#item?.added() ?? '';
      }
      out += this.#item?.write(event) ?? '';
    }
    return out;
  }

  readonly #write = (type: string, fields: string): string => this.#event(type, fields);

  #close(status: 'completed' | 'incomplete'): string {
    if (this.#item === undefined) return '';
    const { out, item } = this.#item.close(status);
    this.#item = undefined;
    this.#output.push(item);
    return out;
  }

  /** Only the last item of an answer that was cut is incomplete. */
  #closeAll(finish: FinishReason): string {
    const rest = this.#tell(this.#blocks.rest());
    const { status } = encodeFinish(finish, this.#refused);
    return rest + this.#close(status === 'incomplete' ? 'incomplete' : 'completed');
  }

  #last(finish: FinishReason): string {
    if (this.#state === 'finished') return '';
    this.#state = 'finished';
    const state = encodeFinish(finish, this.#refused);
    return this.#event(`response.${state.status}`, `"response":${JSON.stringify(this.#response(state))}`);
  }

  #end(): string {
    const finish = this.#finish ?? { unified: 'stop', raw: undefined };
    const out = this.#start() + this.#closeAll(finish) + this.#last(finish);
    this.#state = 'ended';
    return out;
  }

  /** Some clients end at the `error` event, others wait for `response.failed`. */
  #fail(error: GatewayError): string {
    const started = this.#start();
    this.#state = 'ended';
    const failed = this.#response({ status: 'failed', error: responseError(error) });
    return started + errorEvent(error, this.#sequence) + failedEvent(failed, this.#sequence + 1);
  }
}
