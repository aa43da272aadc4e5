import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, Message, Part } from '../../request.ts';
import { clientFields } from '../client-fields.ts';
import type { DroppedNames } from '../dropped-names.ts';
import { sourceFromUrl, textDocument, urlFromSource } from '../media.ts';
import { optionalString, reject, requireMessages, text } from '../read.ts';
import { ToolIds } from '../tool-ids.ts';
import { adaptMessages, type MessageRules } from './adapt-messages.ts';
import { callSignature, signatureFields } from './call-signature.ts';
import { reasoningParts } from './reasoning-content.ts';

export function decodeMessages(body: JsonObject): Message[] {
  const list = requireMessages(body);
  const messages: Message[] = [];
  const nameless: string[] = [];
  for (let i = 0; i < list.length; i++) messages.push(decodeMessage(list[i], i, nameless));
  return messages;
}

/**
 * `nameless` are the ids that we gave to calls without one, oldest first: some clients leave ids out on both sides, and then
 * results answer calls in order.
 */
function decodeMessage(value: unknown, index: number, nameless: string[]): Message {
  if (!isObject(value)) reject(`messages[${index}]`, 'must be an object with role and content.');
  switch (value['role']) {
    case 'system':
    case 'developer':
      return { role: 'system', parts: decodeContent(value, index) };
    case 'user':
      return { role: 'user', parts: decodeContent(value, index) };
    case 'assistant':
      return { role: 'assistant', parts: decodeAssistant(value, index, nameless) };
    case 'tool':
      return {
        role: 'tool',
        parts: [decodeToolResult(value, index, text(value['tool_call_id']) ?? nameless.shift())],
      };
    case 'function':
      return { role: 'tool', parts: [decodeToolResult(value, index, value['name'])] };
    default:
      return reject(
        `messages[${index}].role`,
        'must be "system", "developer", "user", "assistant" or "tool".',
      );
  }
}

function decodeContent(message: JsonObject, index: number): Part[] {
  const content = message['content'];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) {
    reject(`messages[${index}].content`, 'must be a string or an array of content parts.');
  }
  return decodeParts(content, index);
}

function decodeParts(content: unknown[], index: number): Part[] {
  const parts: Part[] = [];
  for (let j = 0; j < content.length; j++) {
    parts.push(decodePart(content[j], `messages[${index}].content[${j}]`));
  }
  return parts;
}

function decodePart(value: unknown, path: string): Part {
  if (typeof value === 'string') return { type: 'text', text: value };
  if (!isObject(value)) reject(path, 'must be an object with a type.');
  const cacheControl = isObject(value['cache_control']) ? value['cache_control'] : undefined;
  switch (value['type']) {
    case 'text': {
      if (typeof value['text'] !== 'string') reject(`${path}.text`, 'must be a string.');
      return { type: 'text', text: value['text'], cacheControl };
    }
    case 'image_url':
      return { ...decodeImage(value['image_url'], path), cacheControl };
    case 'file':
      return decodeFile(value, path, cacheControl);
    case 'refusal':
      return { type: 'refusal', text: optionalString(value, 'refusal', `${path}.`) ?? '' };
    default:
      if (typeof value['type'] !== 'string') {
        reject(`${path}.type`, 'must be a string such as "text" or "image_url".');
      }
      return { type: 'other', kind: value['type'], raw: value };
  }
}

function decodeImage(value: unknown, path: string): Extract<Part, { type: 'image' }> {
  const url = isObject(value) ? value['url'] : value;
  const source = typeof url === 'string' ? sourceFromUrl(url) : undefined;
  if (source === undefined) {
    reject(`${path}.image_url.url`, 'must be an http(s) URL or a data:<media type>;base64,<data> URI.');
  }
  return {
    type: 'image',
    source,
    detail: isObject(value) ? text(value['detail']) : undefined,
  };
}

function decodeFile(value: JsonObject, path: string, cacheControl: JsonObject | undefined): Part {
  const file = value['file'];
  if (!isObject(file)) reject(`${path}.file`, 'must be an object with file_data or file_id.');
  const data = file['file_data'];
  if (typeof data !== 'string') return { type: 'other', kind: 'file', raw: value };
  // Some clients send the bare base64 text that the format once asked for; it was always a PDF.
  const source = data.includes(':')
    ? sourceFromUrl(data)
    : { kind: 'base64' as const, mediaType: 'application/pdf', data };
  if (source === undefined) {
    reject(`${path}.file.file_data`, 'must be a data:<media type>;base64,<data> URI.');
  }
  return { type: 'document', source, name: text(file['filename']), cacheControl };
}

function decodeAssistant(message: JsonObject, index: number, nameless: string[]): Part[] {
  const parts: Part[] = reasoningParts(message);
  const content = message['content'];
  if (typeof content === 'string') {
    if (content !== '') parts.push({ type: 'text', text: content });
  } else if (Array.isArray(content)) {
    parts.push(...decodeParts(content, index));
  } else if (content !== undefined && content !== null) {
    reject(`messages[${index}].content`, 'must be a string, null or an array of content parts.');
  }
  const refusal = text(message['refusal']);
  if (refusal !== undefined) parts.push({ type: 'refusal', text: refusal });
  const calls = message['tool_calls'];
  if (calls !== undefined && calls !== null) {
    if (!Array.isArray(calls)) reject(`messages[${index}].tool_calls`, 'must be an array.');
    for (let j = 0; j < calls.length; j++) {
      const part = decodeToolCall(calls[j], `messages[${index}].tool_calls[${j}]`);
      if (part.type === 'tool-call' && part.id === '') {
        part.id = `call_${index}_${j}`;
        nameless.push(part.id);
      }
      parts.push(part);
    }
  }
  const legacy = message['function_call'];
  if (isObject(legacy)) {
    const name = text(legacy['name']);
    if (name !== undefined) {
      parts.push({ type: 'tool-call', id: name, name, arguments: argumentsText(legacy['arguments']) });
    }
  }
  return parts;
}

function decodeToolCall(value: unknown, path: string): Part {
  if (!isObject(value)) reject(path, 'must be an object with id and function.');
  const type = value['type'];
  if (typeof type === 'string' && type !== 'function' && type !== '') {
    return { type: 'other', kind: `tool_calls.${type}`, raw: value };
  }
  const definition = value['function'];
  const name = isObject(definition) ? text(definition['name']) : undefined;
  if (!isObject(definition) || name === undefined) {
    reject(`${path}.function.name`, 'must be a non-empty string.');
  }
  const id = optionalString(value, 'id', `${path}.`) ?? '';
  const signature = callSignature(value);
  return {
    type: 'tool-call',
    id,
    name,
    arguments: argumentsText(definition['arguments']),
    ...(signature === undefined ? {} : { signature }),
  };
}

function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

function decodeToolResult(message: JsonObject, index: number, callId: unknown): Part {
  if (typeof callId !== 'string') {
    reject(`messages[${index}].tool_call_id`, 'must be the id of the tool call that this message answers.');
  }
  const content = message['content'];
  const parts =
    content === undefined || content === null ? [] : decodeContent(message, index).filter(isNotEmptyText);
  const cacheControl = isObject(message['cache_control']) ? message['cache_control'] : undefined;
  return { type: 'tool-result', callId, parts, isError: false, cacheControl };
}

function isNotEmptyText(part: Part): boolean {
  return part.type !== 'text' || part.text !== '';
}

interface EncodeOptions {
  rules: MessageRules;
  reasoningField: 'reasoning_content' | 'reasoning_details';
  /** Added to the system text, e.g. to ask for JSON in words. */
  instruction: string | undefined;
  dropped: DroppedNames;
}

const separator = '\n\n';

export function encodeMessages(request: ChatRequest, options: EncodeOptions): JsonObject[] {
  const encoder = new MessageEncoder(request, options);
  for (const message of request.messages) encoder.add(message);
  const { messages, withoutReasoning } = adaptMessages(encoder.finish(), options.rules);
  if (withoutReasoning) options.dropped.add(clientFields[request.dialect].pastReasoning);
  return messages;
}

class MessageEncoder {
  readonly #request: ChatRequest;
  readonly #own: boolean;
  readonly #options: EncodeOptions;
  readonly #dropped: DroppedNames;
  readonly #messages: JsonObject[] = [];
  readonly #ids = new ToolIds(/^\S+$/, 40);
  /** Images out of tool results. They follow as a user message, because tool messages hold only text. */
  #toolImages: JsonObject[] = [];

  constructor(request: ChatRequest, options: EncodeOptions) {
    this.#request = request;
    this.#own = request.dialect === 'openai-chat';
    this.#options = options;
    this.#dropped = options.dropped;
  }

  add(message: Message): void {
    if (message.role === 'tool') {
      for (const part of message.parts) if (part.type === 'tool-result') this.#addToolResult(part);
      return;
    }
    this.#flushToolImages();
    if (message.role === 'system') this.#addSystem(this.#plainText(message.parts, separator));
    else if (message.role === 'user') this.#addUser(message.parts);
    else this.#addAssistant(message.parts);
  }

  finish(): JsonObject[] {
    this.#flushToolImages();
    const { instruction } = this.#options;
    if (instruction !== undefined) {
      const first = this.#messages[0];
      if (first?.['role'] === 'system') first['content'] = `${first['content']}${separator}${instruction}`;
      else this.#messages.unshift({ role: 'system', content: instruction });
    }
    return this.#messages;
  }

  /** Neighbouring system messages become one: some upstreams accept only one, none minds. */
  #addSystem(content: string): void {
    const last = this.#messages.at(-1);
    if (last?.['role'] === 'system') last['content'] = `${last['content']}${separator}${content}`;
    else this.#messages.push({ role: 'system', content });
  }

  #addUser(parts: Part[]): void {
    const content: JsonObject[] = [];
    for (const part of parts) {
      const encoded = this.#userPart(part);
      if (encoded !== undefined) content.push(encoded);
    }
    this.#messages.push({ role: 'user', content: simplest(content) });
  }

  #userPart(part: Part): JsonObject | undefined {
    switch (part.type) {
      case 'text':
        return this.#marked({ type: 'text', text: part.text }, part.cacheControl);
      case 'refusal':
        return { type: 'text', text: part.text };
      case 'image':
        return this.#marked(imagePart(part), part.cacheControl);
      case 'document':
        return this.#marked(this.#documentPart(part), part.cacheControl);
      case 'other':
        if (this.#own) return part.raw as JsonObject;
        this.#dropped.add(`messages.content.${part.kind}`);
        return undefined;
      default:
        return undefined;
    }
  }

  #marked(part: JsonObject | undefined, cacheControl: JsonObject | undefined): JsonObject | undefined {
    if (part === undefined || cacheControl === undefined) return part;
    if (this.#own) return { ...part, cache_control: cacheControl };
    this.#dropped.add('cache_control');
    return part;
  }

  #documentPart(part: Extract<Part, { type: 'document' }>): JsonObject | undefined {
    if (part.source.kind === 'url') {
      this.#dropped.add(clientFields[this.#request.dialect].documentUrl);
      return undefined;
    }
    const content = this.#own ? undefined : textDocument(part);
    if (content !== undefined) return { type: 'text', text: content };
    const filename = part.name ?? 'document.pdf';
    return { type: 'file', file: { filename, file_data: urlFromSource(part.source) } };
  }

  #addAssistant(parts: Part[]): void {
    let content = '';
    let refusal: string | undefined;
    let reasoning = '';
    const calls: JsonObject[] = [];
    for (const part of parts) {
      switch (part.type) {
        case 'text':
          content += part.text;
          if (part.cacheControl !== undefined) this.#dropped.add('cache_control');
          break;
        case 'refusal':
          refusal = (refusal ?? '') + part.text;
          break;
        case 'reasoning':
          reasoning += part.text;
          break;
        case 'tool-call':
          if (part.cacheControl !== undefined) this.#dropped.add('cache_control');
          calls.push({
            id: this.#ids.map(part.id),
            type: 'function',
            function: { name: part.name, arguments: part.arguments === '' ? '{}' : part.arguments },
            ...(this.#own ? signatureFields(part.signature) : {}),
          });
          break;
        case 'other':
          if (this.#own && part.kind.startsWith('tool_calls.')) calls.push(part.raw as JsonObject);
          else this.#dropped.add(`messages.content.${part.kind}`);
          break;
        default:
          break;
      }
    }
    const nothingElse = calls.length === 0 && refusal === undefined;
    const message: JsonObject = {
      role: 'assistant',
      content: content === '' && !nothingElse ? null : content,
    };
    if (reasoning !== '') {
      const { reasoningField } = this.#options;
      message[reasoningField] =
        reasoningField === 'reasoning_content'
          ? reasoning
          : [{ type: 'reasoning.text', text: reasoning, index: 0 }];
    }
    if (refusal !== undefined) message['refusal'] = refusal;
    if (calls.length > 0) message['tool_calls'] = calls;
    this.#messages.push(message);
  }

  #addToolResult(part: Extract<Part, { type: 'tool-result' }>): void {
    if (part.cacheControl !== undefined) this.#dropped.add('cache_control');
    const id = this.#ids.map(part.callId);
    let content = this.#plainText(part.parts, separator);
    const images = part.parts.filter((inner) => inner.type === 'image');
    if (images.length > 0) {
      if (content === '') content = 'The result is an image; it follows in the next user message.';
      this.#toolImages.push({ type: 'text', text: `Images of the tool result ${id}:` });
      this.#toolImages.push(...images.map(imagePart));
    }
    // This dialect has no flag for a failed tool, so the model must read it.
    if (part.isError && !/^\s*error/i.test(content)) content = `Error: ${content}`;
    this.#messages.push({ role: 'tool', tool_call_id: id, content });
  }

  #flushToolImages(): void {
    if (this.#toolImages.length === 0) return;
    this.#messages.push({ role: 'user', content: this.#toolImages });
    this.#toolImages = [];
  }

  /** The text of parts where only text fits; images are handled by the caller. */
  #plainText(parts: Part[], join: string): string {
    const texts: string[] = [];
    for (const part of parts) {
      if (part.type === 'text') {
        texts.push(part.text);
        if (part.cacheControl !== undefined) this.#dropped.add('cache_control');
      } else if (part.type === 'document') {
        const content = textDocument(part);
        if (content === undefined) this.#dropped.add('messages.content.document');
        else texts.push(content);
      } else if (part.type === 'other') {
        this.#dropped.add(`messages.content.${part.kind}`);
      }
    }
    return texts.join(join);
  }
}

function imagePart(part: Extract<Part, { type: 'image' }>): JsonObject {
  const url = urlFromSource(part.source);
  return { type: 'image_url', image_url: part.detail === undefined ? { url } : { url, detail: part.detail } };
}

/** Text alone is sent as one string: many compatible upstreams refuse arrays there. */
function simplest(content: JsonObject[]): unknown {
  const plain = content.every((part) => part['type'] === 'text' && part['cache_control'] === undefined);
  return plain ? content.map((part) => part['text']).join(separator) : content;
}
