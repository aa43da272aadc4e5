import type { ChatEvent } from '../../answer.ts';
import type { AnswerIdentity, EventDecoder, EventEncoder } from '../../dialect.ts';
import type { StreamFrame } from '../../frame.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { Part } from '../../request.ts';
import { text } from '../read.ts';
import { brokenFrame, inBandError } from '../upstream-said.ts';
import { summarySeparator } from './reasoning.ts';
import { argumentsText, callOfItem, decodeFinish, partsOfItem } from './response.ts';
import { ResponseWriter } from './response-writer.ts';
import { decodeUsage } from './usage.ts';

export function eventDecoder(): EventDecoder {
  return new ResponseEventDecoder();
}

export function eventEncoder(identity: AnswerIdentity): EventEncoder {
  return new ResponseWriter(identity);
}

/** What was already told of an output item; the rest is told when the item is done. */
interface Item {
  /** Among the tool calls of the answer. */
  callIndex: number | undefined;
  hasArguments: boolean;
  hasText: boolean;
  hasRefusal: boolean;
  /** A vendor may stream the thinking and a summary of it: the first that comes is taken. */
  thoughts: 'text' | 'summary' | undefined;
  summaryIndex: unknown;
}

/**
 * Reads the events of every vendor of this dialect. They differ in how much comes as deltas, so each item is completed from its
 * `output_item.done`, and an answer of which no item was told from the response in the last event.
 */
class ResponseEventDecoder implements EventDecoder {
  #started = false;
  #ended = false;
  #calls = 0;
  #refused = false;
  #announcesItems = false;
  readonly #items = new Map<unknown, Item>();
  #last: Item | undefined;

  decode(frame: StreamFrame): ChatEvent[] {
    if (this.#ended || frame.data === undefined || frame.partial) return [];
    const data = frame.data.trim();
    if (data === '' || data === '[DONE]') return [];
    let body: unknown;
    try {
      body = JSON.parse(data);
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
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        if (isObject(body['response'])) this.#start(body['response'], events);
        return;
      case 'response.output_item.added':
        if (isObject(body['item'])) this.#itemAdded(body, body['item'], events);
        return;
      case 'response.output_item.done':
        if (isObject(body['item'])) this.#itemDone(this.#itemOf(body), body['item'], events);
        return;
      case 'response.completed':
      case 'response.incomplete':
        this.#finish(isObject(body['response']) ? body['response'] : {}, type, events);
        return;
      case 'response.failed':
        this.#fail(isObject(body['response']) ? body['response'] : {}, events);
        return;
      default:
        if (type === 'error' || (type === undefined && isSet(body['error']))) this.#fail(body, events);
        else if (type !== undefined) this.#readPiece(body, type, events);
    }
  }

  #readPiece(body: JsonObject, type: string, events: ChatEvent[]): void {
    const delta = text(body['delta']);
    switch (type) {
      case 'response.output_text.delta':
        this.#say('text', body, delta, events);
        return;
      case 'response.refusal.delta':
        this.#say('refusal', body, delta, events);
        return;
      case 'response.reasoning_text.delta':
      case 'response.reasoning.delta':
        this.#think('text', body, delta, events);
        return;
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_summary.delta':
        this.#think('summary', body, delta, events);
        return;
      case 'response.function_call_arguments.delta':
        this.#argue(this.#itemOf(body), delta, events);
        return;
      case 'response.function_call_arguments.done': {
        const item = this.#itemOf(body);
        if (!item.hasArguments) this.#argue(item, text(body['arguments']), events);
        return;
      }
      default:
        return;
    }
  }

  #start(response: JsonObject, events: ChatEvent[]): void {
    if (this.#started) return;
    this.#started = true;
    events.push({ type: 'start', id: text(response['id']), model: text(response['model']) });
  }

  /** Vendors name an item by its place, its id, or both; some give every item the same place. */
  #itemOf(body: JsonObject): Item {
    const inner = isObject(body['item']) ? body['item']['id'] : undefined;
    for (const key of [body['item_id'], inner, body['output_index']]) {
      const item = key === undefined || key === null ? undefined : this.#items.get(key);
      if (item !== undefined) return item;
    }
    const last = this.#announcesItems ? this.#last : undefined;
    return last ?? this.#open(body);
  }

  #open(body: JsonObject): Item {
    const item: Item = {
      callIndex: undefined,
      hasArguments: false,
      hasText: false,
      hasRefusal: false,
      thoughts: undefined,
      summaryIndex: undefined,
    };
    const inner = isObject(body['item']) ? body['item']['id'] : undefined;
    for (const key of [body['item_id'], inner, body['output_index']]) {
      if (key !== undefined && key !== null) this.#items.set(key, item);
    }
    this.#last = item;
    return item;
  }

  #itemAdded(body: JsonObject, item: JsonObject, events: ChatEvent[]): void {
    this.#announcesItems = true;
    const state = this.#open(body);
    if (item['type'] === 'function_call') this.#announce(state, item, events);
  }

  #announce(state: Item, item: JsonObject, events: ChatEvent[]): void {
    const call = callOfItem(item);
    if (state.callIndex !== undefined || call === undefined) return;
    this.#start({}, events);
    state.callIndex = this.#calls;
    this.#calls += 1;
    events.push({ type: 'tool-call', index: state.callIndex, ...call });
  }

  #argue(state: Item, fragment: string | undefined, events: ChatEvent[]): void {
    if (state.callIndex === undefined || fragment === undefined) return;
    state.hasArguments = true;
    events.push({ type: 'tool-arguments', index: state.callIndex, fragment });
  }

  #say(type: 'text' | 'refusal', body: JsonObject, said: string | undefined, events: ChatEvent[]): void {
    const state = this.#itemOf(body);
    if (said === undefined) return;
    this.#start({}, events);
    if (type === 'text') state.hasText = true;
    else {
      state.hasRefusal = true;
      this.#refused = true;
    }
    events.push({ type, text: said });
  }

  #think(kind: 'text' | 'summary', body: JsonObject, thought: string | undefined, events: ChatEvent[]): void {
    const state = this.#itemOf(body);
    if (thought === undefined || (state.thoughts !== undefined && state.thoughts !== kind)) return;
    this.#start({}, events);
    const index = body['summary_index'];
    const another = state.thoughts === 'summary' && index !== state.summaryIndex;
    state.thoughts = kind;
    state.summaryIndex = index;
    events.push({ type: 'reasoning', text: another ? summarySeparator + thought : thought });
  }

  #itemDone(state: Item, item: JsonObject, events: ChatEvent[]): void {
    if (item['type'] === 'function_call') {
      this.#announce(state, item, events);
      if (!state.hasArguments) this.#argue(state, argumentsText(item['arguments']), events);
      return;
    }
    for (const part of partsOfItem(item)) this.#tellRest(state, part, events);
  }

  /** What no delta has told. */
  #tellRest(state: Item, part: Part, events: ChatEvent[]): void {
    switch (part.type) {
      case 'text':
        if (!state.hasText) this.#tell({ type: 'text', text: part.text }, events);
        return;
      case 'refusal':
        this.#refused = true;
        if (!state.hasRefusal) this.#tell({ type: 'refusal', text: part.text }, events);
        return;
      case 'reasoning':
        if (state.thoughts === undefined && part.text !== '') {
          this.#tell({ type: 'reasoning', text: part.text }, events);
        }
        if (part.signature !== undefined) {
          this.#tell({ type: 'reasoning-signature', signature: part.signature }, events);
        }
        return;
      case 'redacted-reasoning':
        this.#tell({ type: 'redacted-reasoning', data: part.data }, events);
        return;
      default:
        return;
    }
  }

  #tell(event: ChatEvent, events: ChatEvent[]): void {
    this.#start({}, events);
    events.push(event);
  }

  #finish(response: JsonObject, type: string, events: ChatEvent[]): void {
    this.#ended = true;
    this.#start(response, events);
    const { output } = response;
    if (this.#last === undefined && Array.isArray(output)) {
      for (const item of output) if (isObject(item)) this.#itemDone(this.#open({ item }), item, events);
    }
    const status = response['status'] ?? type.slice('response.'.length);
    const seen = { toolCalls: this.#calls > 0, refusal: this.#refused };
    events.push({ type: 'finish', finish: decodeFinish({ ...response, status }, seen) });
    const usage = decodeUsage(response['usage']);
    if (usage !== undefined) events.push({ type: 'usage', usage });
    events.push({ type: 'end' });
  }

  /** `body` is an `error` event, whose fields may stand inside `error`, or a response that failed. */
  #fail(body: JsonObject, events: ChatEvent[]): void {
    this.#ended = true;
    const usage = decodeUsage(body['usage']);
    if (usage !== undefined) events.push({ type: 'usage', usage });
    const { code, message, error } = body;
    events.push({ type: 'error', error: inBandError({ error: isSet(error) ? error : { code, message } }) });
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
