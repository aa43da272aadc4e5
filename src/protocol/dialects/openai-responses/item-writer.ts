import type { ChatEvent } from '../../answer.ts';
import type { AnswerIdentity } from '../../dialect.ts';
import type { JsonObject } from '../../json.ts';
import { encryptedContent, encryptedRedacted } from './reasoning.ts';
import {
  callItem,
  type ItemStatus,
  itemId,
  messageItem,
  reasoningItem,
  refusalContent,
  textContent,
} from './response.ts';

/** Writes one event; `fields` is JSON without its braces. */
type WriteEvent = (type: string, fields: string) => string;

/** The item of a stream that is being written. */
export interface OpenItem {
  /** False when the event begins another item. */
  takes(event: ChatEvent): boolean;
  added(): string;
  write(event: ChatEvent): string;
  close(status: 'completed' | 'incomplete'): { out: string; item: JsonObject };
}

/** The item that begins with this event, at its place in the output; undefined for events that begin none. */
export function openItem(
  event: ChatEvent,
  index: number,
  identity: AnswerIdentity,
  write: WriteEvent,
): OpenItem | undefined {
  switch (event.type) {
    case 'text':
    case 'refusal':
      return new MessageItem(new Place(itemId('msg', identity, index), index, write));
    case 'reasoning':
    case 'reasoning-signature':
    case 'redacted-reasoning':
      return new ReasoningItem(new Place(itemId('rs', identity, index), index, write));
    case 'tool-call':
      return new CallItem(new Place(itemId('fc', identity, index), index, write), event, identity);
    default:
      return undefined;
  }
}

/** What every event of an item says of it. */
class Place {
  readonly id: string;
  readonly #index: number;
  readonly #write: WriteEvent;

  constructor(id: string, index: number, write: WriteEvent) {
    this.id = id;
    this.#index = index;
    this.#write = write;
  }

  /** An event of the item as a whole. */
  item(step: 'added' | 'done', item: JsonObject): string {
    const fields = `"output_index":${this.#index},"item":${JSON.stringify(item)}`;
    return this.#write(`response.output_item.${step}`, fields);
  }

  /** An event of something inside the item. */
  inner(type: string, fields: string): string {
    const place = `"item_id":${JSON.stringify(this.id)},"output_index":${this.#index}`;
    return this.#write(`response.${type}`, `${place},${fields}`);
  }
}

interface ContentPart {
  kind: 'text' | 'refusal';
  said: string;
}

/** Text and refusals. A content part is over when one of the other kind begins. */
class MessageItem implements OpenItem {
  readonly #place: Place;
  #part: ContentPart | undefined;
  readonly #content: JsonObject[] = [];

  constructor(place: Place) {
    this.#place = place;
  }

  takes(event: ChatEvent): boolean {
    return event.type === 'text' || event.type === 'refusal';
  }

  added(): string {
    return this.#place.item('added', this.#item('in_progress'));
  }

  write(event: ChatEvent): string {
    if (event.type !== 'text' && event.type !== 'refusal') return '';
    let out = '';
    if (this.#part?.kind !== event.type) {
      out += this.#closePart();
      this.#part = { kind: event.type, said: '' };
      out += this.#partEvent('added', contentOf(this.#part));
    }
    this.#part.said += event.text;
    const delta = `${this.#index()},"delta":${JSON.stringify(event.text)}`;
    return event.type === 'text'
      ? out + this.#place.inner('output_text.delta', `${delta},"logprobs":[]`)
      : out + this.#place.inner('refusal.delta', delta);
  }

  close(status: 'completed' | 'incomplete'): { out: string; item: JsonObject } {
    const closed = this.#closePart();
    const item = this.#item(status);
    return { out: closed + this.#place.item('done', item), item };
  }

  #closePart(): string {
    const part = this.#part;
    if (part === undefined) return '';
    this.#part = undefined;
    const said = JSON.stringify(part.said);
    const done =
      part.kind === 'text'
        ? this.#place.inner('output_text.done', `${this.#index()},"text":${said},"logprobs":[]`)
        : this.#place.inner('refusal.done', `${this.#index()},"refusal":${said}`);
    const content = contentOf(part);
    const out = done + this.#partEvent('done', content);
    this.#content.push(content);
    return out;
  }

  #partEvent(step: 'added' | 'done', part: JsonObject): string {
    return this.#place.inner(`content_part.${step}`, `${this.#index()},"part":${JSON.stringify(part)}`);
  }

  #index(): string {
    return `"content_index":${this.#content.length}`;
  }

  #item(status: ItemStatus): JsonObject {
    return messageItem(this.#place.id, status, this.#content);
  }
}

function contentOf({ kind, said }: ContentPart): JsonObject {
  return kind === 'text' ? textContent(said) : refusalContent(said);
}

/** A thought, shown as a summary: that is what clients display, and what all of them understand. It ends with its signature. */
class ReasoningItem implements OpenItem {
  readonly #place: Place;
  #partOpen = false;
  #thought = '';
  #encrypted: string | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  takes(event: ChatEvent): boolean {
    return (
      this.#encrypted === undefined && (event.type === 'reasoning' || event.type === 'reasoning-signature')
    );
  }

  added(): string {
    return this.#place.item('added', reasoningItem(this.#place.id, '', undefined));
  }

  write(event: ChatEvent): string {
    switch (event.type) {
      case 'reasoning':
        return this.#delta(event.text);
      case 'reasoning-signature':
        this.#encrypted = encryptedContent(event.signature, this.#place.id);
        return '';
      case 'redacted-reasoning':
        this.#encrypted = encryptedRedacted(event.data);
        return '';
      default:
        return '';
    }
  }

  close(): { out: string; item: JsonObject } {
    const item = reasoningItem(this.#place.id, this.#thought, this.#encrypted);
    return { out: this.#closePart() + this.#place.item('done', item), item };
  }

  #delta(thought: string): string {
    let out = '';
    if (!this.#partOpen) {
      this.#partOpen = true;
      out += this.#partEvent('added', '');
    }
    this.#thought += thought;
    return out + this.#summary('reasoning_summary_text.delta', `"delta":${JSON.stringify(thought)}`);
  }

  #closePart(): string {
    if (!this.#partOpen) return '';
    const done = this.#summary('reasoning_summary_text.done', `"text":${JSON.stringify(this.#thought)}`);
    return done + this.#partEvent('done', this.#thought);
  }

  #partEvent(step: 'added' | 'done', thought: string): string {
    const part = JSON.stringify({ type: 'summary_text', text: thought });
    return this.#summary(`reasoning_summary_part.${step}`, `"part":${part}`);
  }

  #summary(type: string, fields: string): string {
    return this.#place.inner(type, `"summary_index":0,${fields}`);
  }
}

class CallItem implements OpenItem {
  readonly #place: Place;
  readonly #identity: AnswerIdentity;
  readonly #callId: string;
  readonly #name: string;
  #json = '';

  constructor(place: Place, event: Extract<ChatEvent, { type: 'tool-call' }>, identity: AnswerIdentity) {
    this.#place = place;
    this.#identity = identity;
    this.#callId = event.id;
    this.#name = event.name;
  }

  takes(event: ChatEvent): boolean {
    return event.type === 'tool-arguments';
  }

  added(): string {
    return this.#place.item('added', this.#item('in_progress', ''));
  }

  write(event: ChatEvent): string {
    if (event.type !== 'tool-arguments') return '';
    this.#json += event.fragment;
    return this.#place.inner('function_call_arguments.delta', `"delta":${JSON.stringify(event.fragment)}`);
  }

  close(status: 'completed' | 'incomplete'): { out: string; item: JsonObject } {
    const json = this.#json === '' ? '{}' : this.#json;
    const item = this.#item(status, json);
    const fields = `"name":${JSON.stringify(item['name'])},"arguments":${JSON.stringify(json)}`;
    const done = this.#place.inner('function_call_arguments.done', fields);
    return { out: done + this.#place.item('done', item), item };
  }

  #item(status: ItemStatus, json: string): JsonObject {
    const call = { itemId: this.#place.id, callId: this.#callId, name: this.#name, json };
    return callItem(call, status, this.#identity);
  }
}
