import type { ChatEvent } from '../../answer.ts';
import { isObject, type JsonObject } from '../../json.ts';
import { text } from '../read.ts';
import { callSignature } from './call-signature.ts';
import { madeCallId } from './made-call-id.ts';

/** Fragments that may wait for the name of their call. */
const waitingCharsMax = 1024 * 1024;

interface Call {
  index: number;
  id: string | undefined;
  name: string | undefined;
  signature: string | undefined;
  announced: boolean;
  hasArguments: boolean;
  waiting: string;
}

/**
 * Puts the fragments of streamed tool calls together. Vendors agree only on the idea: ids are missing or empty after the first
 * fragment or repeated in each, `index` may be missing or always 0, the name may come after the id, and a call
 * without arguments may have no fragment at all.
 */
export class ToolCallAssembler {
  /** Makes ids for vendors that give none unlikely to repeat in the next turn. */
  answerId: string | undefined;
  readonly #bySlot = new Map<number, Call>();
  readonly #all: Call[] = [];

  get count(): number {
    return this.#all.length;
  }

  add(delta: JsonObject, events: ChatEvent[]): void {
    const definition = isObject(delta['function']) ? delta['function'] : {};
    const id = text(delta['id']);
    const name = text(definition['name']);
    const call = this.#find(delta['index'], id, name);
    call.id ??= id;
    call.name ??= name;
    call.signature ??= callSignature(delta);
    const given = definition['arguments'];
    const fragment = typeof given === 'string' ? given : isObject(given) ? JSON.stringify(given) : '';
    if (!call.announced) {
      if (call.waiting.length + fragment.length <= waitingCharsMax) call.waiting += fragment;
      if (call.name !== undefined) this.#announce(call, call.name, events);
    } else if (fragment !== '') {
      call.hasArguments = true;
      events.push({ type: 'tool-arguments', index: call.index, fragment });
    }
  }

  /** Every call ends with arguments that are JSON: none at all means no arguments. */
  finish(events: ChatEvent[]): void {
    for (const call of this.#all) {
      if (call.announced && !call.hasArguments) {
        call.hasArguments = true;
        events.push({ type: 'tool-arguments', index: call.index, fragment: '{}' });
      }
    }
  }

  #announce(call: Call, name: string, events: ChatEvent[]): void {
    call.announced = true;
    const id = call.id ?? madeCallId(this.answerId, call.index);
    const seal = call.signature === undefined ? {} : { signature: call.signature };
    events.push({ type: 'tool-call', index: call.index, id, name, ...seal });
    if (call.waiting !== '') {
      call.hasArguments = true;
      events.push({ type: 'tool-arguments', index: call.index, fragment: call.waiting });
      call.waiting = '';
    }
  }

  #find(slot: unknown, id: string | undefined, name: string | undefined): Call {
    if (typeof slot !== 'number') {
      const known = id === undefined ? undefined : this.#all.find((call) => call.id === id);
      const last = this.#all.at(-1);
      if (known !== undefined) return known;
      return last === undefined || id !== undefined || name !== undefined ? this.#open(undefined) : last;
    }
    const call = this.#bySlot.get(slot);
    const another =
      call?.announced === true &&
      id !== undefined &&
      call.id !== undefined &&
      id !== call.id &&
      name !== undefined;
    return call === undefined || another ? this.#open(slot) : call;
  }

  #open(slot: number | undefined): Call {
    const call: Call = {
      index: this.#all.length,
      id: undefined,
      name: undefined,
      signature: undefined,
      announced: false,
      hasArguments: false,
      waiting: '',
    };
    this.#all.push(call);
    if (slot !== undefined) this.#bySlot.set(slot, call);
    return call;
  }
}
