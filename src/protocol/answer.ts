import type { GatewayError } from './errors.ts';
import type { Part } from './request.ts';
import type { Usage } from './usage.ts';

/** Why generation stopped: our word and the vendor's own. */
export interface FinishReason {
  unified: 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'refusal' | 'other';
  raw: string | undefined;
  /** The stop sequence that matched, where the vendor says it. */
  stopSequence?: string | undefined;
}

/** A whole answer, not streamed. Further choices (`n` > 1) exist only on same-dialect routes, where bytes pass untouched. */
export interface ChatAnswer {
  id: string | undefined;
  /** The model as the upstream names it. */
  model: string | undefined;
  parts: Part[];
  finish: FinishReason;
  usage: Usage | undefined;
}

/** One step of a streamed answer. `index` numbers the tool calls of the answer from 0. */
export type ChatEvent =
  | { type: 'start'; id: string | undefined; model: string | undefined }
  | { type: 'text'; text: string }
  | { type: 'refusal'; text: string }
  | { type: 'reasoning'; text: string }
  | { type: 'reasoning-signature'; signature: string }
  | { type: 'redacted-reasoning'; data: string }
  /** `signature`: the vendor's seal on the call itself, as in `Part`. */
  | { type: 'tool-call'; index: number; id: string; name: string; signature?: string | undefined }
  | { type: 'tool-arguments'; index: number; fragment: string }
  | { type: 'finish'; finish: FinishReason }
  | { type: 'usage'; usage: Usage }
  | { type: 'error'; error: GatewayError }
  /** The dialect's terminal event (`[DONE]`, `message_stop`). Without it a stream was cut. */
  | { type: 'end' };

/** True for events that carry part of the answer: after the first of them no retry may happen. */
export function isContent(event: ChatEvent): boolean {
  switch (event.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return event.text !== '';
    case 'tool-call':
    case 'tool-arguments':
    case 'redacted-reasoning':
      return true;
    default:
      return false;
  }
}
