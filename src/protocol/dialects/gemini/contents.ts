import { isObject, type JsonObject } from '../../json.ts';
import type { Message, Part } from '../../request.ts';
import { sourceFromUrl } from '../media.ts';
import { optionalObject, optionalString, reject, text } from '../read.ts';
import { joinPieces, ModelPartReader, type Piece } from './model-parts.ts';
import { camelFields } from './spelling.ts';

export function decodeContents(body: JsonObject): Message[] {
  const { contents } = body;
  if (!Array.isArray(contents) || contents.length === 0) {
    reject(
      'contents',
      'must be an array with at least one content, e.g. {"role": "user", "parts": [{"text": "…"}]}.',
    );
  }
  const reader = new ContentReader();
  reader.system(body['systemInstruction']);
  for (let i = 0; i < contents.length; i++) reader.content(contents[i], i);
  return reader.messages;
}

interface OpenCall {
  id: string;
  name: string;
}

/**
 * Reads a conversation in order, because without ids a result answers the first call of its name that has no result yet.
 */
class ContentReader {
  readonly messages: Message[] = [];
  #open: OpenCall[] = [];
  /** The model's turn that is being put together: clients may send each piece of a stream back as a content of its own. */
  #turn: { message: Message; pieces: Piece[] } | undefined;

  system(value: unknown): void {
    if (value === undefined || value === null) return;
    const parts: Part[] = [];
    for (const { part, path } of partsOf(value, 'systemInstruction')) {
      const content = optionalString(part, 'text', `${path}.`);
      parts.push(content === undefined ? otherPart(part) : { type: 'text', text: content });
    }
    if (parts.length > 0) this.messages.push({ role: 'system', parts });
  }

  content(value: unknown, index: number): void {
    const path = `contents[${index}]`;
    if (!isObject(value)) reject(path, 'must be an object with role and parts.');
    const role = optionalString(value, 'role', `${path}.`) ?? 'user';
    const parts = partsOf(value, path);
    if (role === 'model') this.#model(parts, index);
    else if (role === 'user' || role === 'function') this.#user(parts);
    else
      reject(
        `${path}.role`,
        'must be "user" or "model"; instructions go into the field "systemInstruction".',
      );
  }

  #model(list: PathedPart[], index: number): void {
    const reader = new ModelPartReader((call) => `call_${index}_${call}`);
    const added: Piece[] = [];
    for (const { part, path } of list) {
      optionalString(part, 'text', `${path}.`);
      checkCall(part, path);
      added.push(...reader.read(part));
    }
    for (const piece of added) if (piece.type === 'tool-call') this.#open.push(piece);
    const before = this.messages.at(-1) === this.#turn?.message ? this.#turn : undefined;
    const pieces = [...(before?.pieces ?? []), ...added];
    const parts = joinPieces(pieces);
    if (parts.length === 0) return;
    const message = before?.message ?? { role: 'assistant', parts };
    message.parts = parts;
    if (before === undefined) this.messages.push(message);
    this.#turn = { message, pieces };
  }

  #user(list: PathedPart[]): void {
    const others: Part[] = [];
    for (const { part, path } of list) {
      const result = optionalObject(part, 'functionResponse', `${path}.`);
      if (result === undefined) others.push(userPart(part, path));
      else {
        const answer = this.#result(camelFields(result), `${path}.functionResponse`);
        this.messages.push({ role: 'tool', parts: [answer] });
      }
    }
    if (others.length > 0 || list.length === 0) this.messages.push({ role: 'user', parts: others });
  }

  #result(result: JsonObject, path: string): Part {
    const name = text(result['name']);
    const given = optionalString(result, 'id', `${path}.`);
    const at = this.#open.findIndex((call) =>
      given ? call.id === given : name === undefined || call.name === name,
    );
    const call = at === -1 ? undefined : this.#open.splice(at, 1)[0];
    const callId = given === undefined || given === '' ? call?.id : given;
    if (callId === undefined) {
      reject(`${path}.name`, 'must be the name of a functionCall before it that has no response yet.');
    }
    const { parts, isError } = readResponse(optionalObject(result, 'response', `${path}.`));
    const media = Array.isArray(result['parts']) ? result['parts'] : [];
    for (let j = 0; j < media.length; j++) {
      if (isObject(media[j])) parts.push(userPart(camelFields(media[j]), `${path}.parts[${j}]`));
    }
    return { type: 'tool-result', callId, parts, isError };
  }
}

interface PathedPart {
  part: JsonObject;
  path: string;
}

/** Parts of a content, given as the content, as its parts or as plain text, each with its fields in camelCase. */
function partsOf(value: unknown, path: string): PathedPart[] {
  if (typeof value === 'string') return [{ part: { text: value }, path }];
  const list = isObject(value) ? value['parts'] : value;
  if (list === undefined || list === null) return [];
  const parts: unknown[] = isObject(list)
    ? [list]
    : Array.isArray(list)
      ? list
      : reject(`${path}.parts`, 'must be an array of parts.');
  return parts.map((part, j) => {
    const partPath = `${path}.parts[${j}]`;
    if (typeof part === 'string') return { part: { text: part }, path: partPath };
    if (!isObject(part)) reject(partPath, 'must be an object such as {"text": "…"}.');
    return { part: camelFields(part), path: partPath };
  });
}

function checkCall(part: JsonObject, path: string): void {
  const call = optionalObject(part, 'functionCall', `${path}.`);
  if (call === undefined) return;
  if (text(call['name']) === undefined) reject(`${path}.functionCall.name`, 'must be a non-empty string.');
  optionalObject(call, 'args', `${path}.functionCall.`);
}

function userPart(part: JsonObject, path: string): Part {
  const content = optionalString(part, 'text', `${path}.`);
  if (content !== undefined) return { type: 'text', text: content };
  const inline = optionalObject(part, 'inlineData', `${path}.`);
  if (inline !== undefined) return inlinePart(camelFields(inline), part, `${path}.inlineData`);
  const file = optionalObject(part, 'fileData', `${path}.`);
  if (file !== undefined) return filePart(camelFields(file), part, `${path}.fileData`);
  return otherPart(part);
}

function inlinePart(inline: JsonObject, part: JsonObject, path: string): Part {
  const { data } = inline;
  const mediaType = text(inline['mimeType'])?.toLowerCase();
  if (typeof data !== 'string' || data === '') reject(`${path}.data`, 'must be the base64 text of the file.');
  if (mediaType === undefined)
    reject(`${path}.mimeType`, 'must name the media type of the data, e.g. "image/png".');
  const source = { kind: 'base64' as const, mediaType, data };
  if (mediaType.startsWith('image/')) return { type: 'image', source };
  return isDocument(mediaType)
    ? { type: 'document', source, name: text(inline['displayName']) }
    : otherPart(part);
}

/** Files that are held by Google, and videos, which only its models watch, stay in the form they have. */
function filePart(file: JsonObject, part: JsonObject, path: string): Part {
  const url = text(file['fileUri']);
  if (url === undefined) reject(`${path}.fileUri`, 'must be the address of the file.');
  const source = url.startsWith('data:') || isHeld(url) ? undefined : sourceFromUrl(url);
  const mediaType = text(file['mimeType'])?.toLowerCase() ?? '';
  if (source === undefined) return otherPart(part);
  if (mediaType.startsWith('image/')) return { type: 'image', source };
  return isDocument(mediaType)
    ? { type: 'document', source, name: text(file['displayName']) }
    : otherPart(part);
}

/** A file of the Files API: its address means something to the provider's key alone. */
function isHeld(url: string): boolean {
  return /^https?:\/\/[^/]*\/v1(?:beta|alpha)?\/files\//.test(url);
}

function isDocument(mediaType: string): boolean {
  return mediaType === 'application/pdf' || mediaType.startsWith('text/');
}

function otherPart(part: JsonObject): Part {
  return { type: 'other', kind: Object.keys(part)[0] ?? 'empty', raw: part };
}

/**
 * The documented keys are `output` and `error`; without them all of the response is the output. Whatever is no text is shown as
 * JSON.
 */
function readResponse(response: JsonObject | undefined): { parts: Part[]; isError: boolean } {
  if (response === undefined || Object.keys(response).length === 0) return { parts: [], isError: false };
  const keys = Object.keys(response);
  const only = keys.length === 1 ? keys[0] : undefined;
  const isError = only === 'error';
  const value = only === 'output' || isError ? response[only] : response;
  const content = typeof value === 'string' ? value : JSON.stringify(value);
  return { parts: content === '' ? [] : [{ type: 'text', text: content }], isError };
}
