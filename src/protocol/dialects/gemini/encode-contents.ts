import type { EncodeTarget } from '../../dialect.ts';
import type { JsonObject } from '../../json.ts';
import type { ChatRequest, ImageSource, Message, Part } from '../../request.ts';
import { inputOf } from '../call-arguments.ts';
import { clientFields } from '../client-fields.ts';
import type { DroppedNames } from '../dropped-names.ts';
import { textDocument } from '../media.ts';
import { ownSignature, unsignedCall } from './signatures.ts';

interface Content {
  role: 'user' | 'model';
  parts: JsonObject[];
}

interface EncodedContents {
  system: JsonObject | undefined;
  contents: Content[];
}

/** Stands where the dialect demands a user turn that the client's history does not have. */
const fillerText = '(The conversation continues.)';

/** Reshapes a conversation: system text apart, user and model in turn, results of functions as parts of the user's. */
export function encodeContents(
  request: ChatRequest,
  target: EncodeTarget,
  instruction: string | undefined,
  dropped: DroppedNames,
): EncodedContents {
  const encoder = new ContentEncoder(request, target, dropped);
  const system: JsonObject[] = [];
  for (const message of request.messages) {
    if (message.role === 'system') system.push(...encoder.system(message.parts));
    else encoder.add(message);
  }
  const contents = encoder.finish();
  // Clients may send instructions alone; here something must have been said, so the last instruction is.
  if (contents.length === 0) contents.push({ role: 'user', parts: [system.pop() ?? { text: fillerText }] });
  if (contents[0]!.role === 'model') contents.unshift({ role: 'user', parts: [{ text: fillerText }] });
  if (instruction !== undefined) system.push({ text: instruction });
  return { system: system.length === 0 ? undefined : { parts: system }, contents };
}

class ContentEncoder {
  readonly #request: ChatRequest;
  readonly #own: boolean;
  readonly #nestsMedia: boolean;
  readonly #dropped: DroppedNames;
  readonly #contents: Content[] = [];
  readonly #names = new Map<string, string>();
  /** Images out of results that hold only text; they follow the results. */
  #resultMedia: JsonObject[] = [];

  constructor(request: ChatRequest, target: EncodeTarget, dropped: DroppedNames) {
    this.#request = request;
    this.#own = request.dialect === 'gemini';
    // Media inside of a function's response came with Gemini 3, as the thinking level did.
    this.#nestsMedia = target.reasoningControl === 'thinking_level';
    this.#dropped = dropped;
  }

  system(parts: Part[]): JsonObject[] {
    return parts.flatMap((part) => {
      if (part.type !== 'text') return this.#drop(part);
      return this.#marked(part.text === '' ? undefined : { text: part.text }, part);
    });
  }

  add(message: Message): void {
    if (message.role !== 'tool') this.#flushResultMedia();
    if (message.role === 'assistant') this.#push('model', this.#modelParts(message.parts));
    else
      this.#push(
        'user',
        message.parts.flatMap((part) => this.#userPart(part)),
      );
  }

  finish(): Content[] {
    this.#flushResultMedia();
    return this.#contents;
  }

  #push(role: Content['role'], parts: JsonObject[]): void {
    if (parts.length === 0) return;
    const last = this.#contents.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else this.#contents.push({ role, parts });
  }

  #flushResultMedia(): void {
    this.#push('user', this.#resultMedia);
    this.#resultMedia = [];
  }

  #userPart(part: Part): JsonObject[] {
    switch (part.type) {
      case 'text':
        return this.#marked(part.text === '' ? undefined : { text: part.text }, part);
      case 'image':
        return this.#marked(mediaPart(part.source, 'image/jpeg'), part);
      case 'document':
        return this.#marked(this.#document(part), part);
      case 'tool-result':
        return this.#marked(this.#result(part), part);
      default:
        return this.#anywhere(part);
    }
  }

  #anywhere(part: Part): JsonObject[] {
    if (part.type === 'refusal') return part.text === '' ? [] : [{ text: part.text }];
    if (part.type === 'other' && this.#own) return [part.raw as JsonObject];
    return this.#drop(part);
  }

  #drop(part: Part): JsonObject[] {
    this.#dropped.add(`messages.content.${part.type === 'other' ? part.kind : part.type}`);
    return [];
  }

  #marked(encoded: JsonObject | undefined, part: { cacheControl?: JsonObject | undefined }): JsonObject[] {
    if (part.cacheControl !== undefined) this.#dropped.add('cache_control');
    return encoded === undefined ? [] : [encoded];
  }

  #document(part: Extract<Part, { type: 'document' }>): JsonObject {
    const content = textDocument(part);
    if (content !== undefined) return { text: content };
    if (part.name !== undefined) this.#dropped.add('messages.content.document.name');
    return mediaPart(part.source, 'application/pdf');
  }

  #result(part: Extract<Part, { type: 'tool-result' }>): JsonObject {
    const texts: string[] = [];
    const media: JsonObject[] = [];
    for (const inner of part.parts) {
      const encoded = this.#userPart(inner);
      if (inner.type === 'text') texts.push(inner.text);
      else media.push(...encoded);
    }
    if (!this.#nestsMedia) this.#resultMedia.push(...media);
    return {
      functionResponse: {
        id: part.callId,
        // Clients of other dialects name the call alone; one that is not in the history can only be named by its id.
        name: this.#names.get(part.callId) ?? part.callId,
        response: { [part.isError ? 'error' : 'output']: texts.join('\n\n') },
        ...(this.#nestsMedia && media.length > 0 ? { parts: media } : {}),
      },
    };
  }

  /**
   * A signature belongs to the part it came on: the call after it, otherwise the text or thought before it. A step's first call
   * needs one; see `unsignedCall` for those that never had any.
   */
  #modelParts(list: Part[]): JsonObject[] {
    const parts: JsonObject[] = [];
    let waiting: { signature: string; at: number } | undefined;
    let signedCall = false;
    const settle = (): void => {
      if (waiting === undefined) return;
      const carrier = parts[waiting.at];
      if (carrier === undefined || carrier['thoughtSignature'] !== undefined) {
        parts.splice(waiting.at + 1, 0, { text: '', thoughtSignature: waiting.signature });
      } else carrier['thoughtSignature'] = waiting.signature;
      waiting = undefined;
    };
    for (const part of list) {
      switch (part.type) {
        case 'text':
          parts.push(...this.#userPart(part));
          break;
        case 'reasoning': {
          if (part.text !== '') parts.push({ text: part.text, thought: true });
          const signature = this.#signature(part);
          if (signature === undefined) break;
          settle();
          waiting = { signature, at: parts.length - 1 };
          break;
        }
        case 'tool-call': {
          this.#names.set(part.id, part.name);
          let { signature } = part;
          if (signature !== undefined && signature !== waiting?.signature) settle();
          signature ??= waiting?.signature ?? (signedCall ? undefined : unsignedCall);
          waiting = undefined;
          signedCall = true;
          const call = { functionCall: { id: part.id, name: part.name, args: inputOf(part.arguments) } };
          parts.push(
            ...this.#marked(signature === undefined ? call : { ...call, thoughtSignature: signature }, part),
          );
          break;
        }
        case 'redacted-reasoning':
          this.#dropPastReasoning();
          break;
        default:
          parts.push(...this.#anywhere(part));
      }
    }
    settle();
    return parts;
  }

  /** Another vendor's signature would be refused; its thought goes without. */
  #signature({ signature }: Extract<Part, { type: 'reasoning' }>): string | undefined {
    const own = signature === undefined ? undefined : ownSignature(signature);
    if (own === undefined && signature !== undefined) this.#dropPastReasoning();
    return own;
  }

  #dropPastReasoning(): void {
    this.#dropped.add(clientFields[this.#request.dialect].pastReasoning);
  }
}

const typeOfExtension: { [extension: string]: string } = {
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
};

/** A file by its address needs a media type; where the address shows none, the usual one is named. */
function mediaPart(source: ImageSource, usual: string): JsonObject {
  if (source.kind === 'base64') return { inlineData: { mimeType: source.mediaType, data: source.data } };
  const extension = /\.(\w+)$/.exec(new URL(source.url).pathname)?.[1]?.toLowerCase() ?? '';
  const mimeType = usual.startsWith('image/') ? (typeOfExtension[extension] ?? usual) : usual;
  return { fileData: { mimeType, fileUri: source.url } };
}
