import type { ChatEvent } from '../../answer.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { Part } from '../../request.ts';
import { text } from '../read.ts';
import { readSeal } from './signatures.ts';
import { camelFields, camelObject } from './spelling.ts';

/** What a part of the model's says, in the order in which it counts. `other` is what only this dialect understands. */
export type Piece =
  | Extract<
      ChatEvent,
      {
        type:
          | 'text'
          | 'reasoning'
          | 'reasoning-signature'
          | 'redacted-reasoning'
          | 'tool-call'
          | 'tool-arguments';
      }
    >
  | { type: 'other'; kind: string; raw: unknown };

const otherKinds = [
  'inlineData',
  'fileData',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
];

/**
 * Reads the parts of one answer, or of one turn of a model. Older models give calls no id, so they are numbered and get one from
 * `makeId`. The signature of a call is told twice: on the call, and before it as the signature of the thinking that led there, which
 * is the form that other dialects can keep.
 */
export class ModelPartReader {
  readonly #makeId: (index: number) => string;
  #calls = 0;

  constructor(makeId: (index: number) => string) {
    this.#makeId = makeId;
  }

  get calls(): number {
    return this.#calls;
  }

  read(given: JsonObject): Piece[] {
    const part = camelFields(given);
    const kind = otherKinds.find((name) => part[name] !== undefined);
    if (kind !== undefined) return [{ type: 'other', kind, raw: given }];
    const pieces: Piece[] = [];
    const content = text(part['text']);
    if (content !== undefined) {
      pieces.push({ type: part['thought'] === true ? 'reasoning' : 'text', text: content });
    }
    const seal = typeof part['thoughtSignature'] === 'string' ? part['thoughtSignature'] : '';
    const read = seal === '' ? undefined : readSeal(seal);
    if (read?.kind === 'signature') pieces.push({ type: 'reasoning-signature', signature: read.signature });
    if (read?.kind === 'redacted') pieces.push({ type: 'redacted-reasoning', data: read.data });
    const call = camelObject(part, 'functionCall');
    if (call !== undefined) pieces.push(...this.#call(call, read === undefined ? undefined : seal));
    return pieces;
  }

  #call(call: JsonObject, signature: string | undefined): Piece[] {
    const name = text(call['name']);
    // The later pieces of a call whose arguments are streamed have no name; only pass-through streams hold them.
    if (name === undefined) return [];
    const index = this.#calls;
    this.#calls += 1;
    const id = text(call['id']) ?? this.#makeId(index);
    const args = isObject(call['args']) ? call['args'] : {};
    return [
      { type: 'tool-call', index, id, name, ...(signature === undefined ? {} : { signature }) },
      { type: 'tool-arguments', index, fragment: JSON.stringify(args) },
    ];
  }
}

/** Puts pieces together to parts: neighbouring thoughts become one, which ends with its signature. */
export function joinPieces(pieces: readonly Piece[]): Part[] {
  const parts: Part[] = [];
  for (const piece of pieces) {
    const last = parts.at(-1);
    const openThought = last?.type === 'reasoning' && last.signature === undefined ? last : undefined;
    switch (piece.type) {
      case 'reasoning':
        if (openThought === undefined) parts.push({ type: 'reasoning', text: piece.text });
        else openThought.text += piece.text;
        break;
      case 'reasoning-signature':
        if (openThought === undefined)
          parts.push({ type: 'reasoning', text: '', signature: piece.signature });
        else openThought.signature = piece.signature;
        break;
      case 'tool-call': {
        const { id, name, signature } = piece;
        const seal = signature === undefined ? {} : { signature };
        parts.push({ type: 'tool-call', id, name, arguments: '{}', ...seal });
        break;
      }
      case 'tool-arguments':
        if (last?.type === 'tool-call') last.arguments = piece.fragment;
        break;
      default:
        parts.push(piece);
    }
  }
  return parts;
}
