import { isObject, type JsonObject } from '../../json.ts';
import type { Message, Part } from '../../request.ts';
import { sourceFromUrl } from '../media.ts';
import { optionalString, reject, text } from '../read.ts';
import { reasoningPart } from './reasoning.ts';
import { namespaced } from './tools.ts';

/**
 * Items are messages, calls, results and thoughts in one list. What the model wrote in one turn (thoughts, text, calls) becomes one
 * assistant message, every tool result a message of its own.
 */
export function decodeItems(body: JsonObject): Message[] {
  const messages: Message[] = [];
  const instructions = optionalString(body, 'instructions');
  if (instructions !== undefined && instructions !== '') {
    messages.push({ role: 'system', parts: [{ type: 'text', text: instructions }] });
  }
  const { input } = body;
  if (typeof input === 'string') messages.push({ role: 'user', parts: [{ type: 'text', text: input }] });
  else if (Array.isArray(input)) {
    for (let i = 0; i < input.length; i++) decodeItem(input[i], `input[${i}]`, messages);
  } else if (input !== undefined && input !== null) {
    reject('input', 'must be a string or an array of items.');
  }
  return messages;
}

function decodeItem(item: unknown, path: string, messages: Message[]): void {
  if (!isObject(item)) reject(path, 'must be an object with a type, or with role and content.');
  const type = item['type'] ?? 'message';
  switch (type) {
    case 'message':
      decodeMessage(item, path, messages);
      return;
    case 'reasoning': {
      const part = reasoningPart(item);
      if (part !== undefined) turnOf(messages).parts.push(part);
      return;
    }
    case 'function_call':
      turnOf(messages).parts.push(decodeCall(item, path));
      return;
    case 'function_call_output':
      messages.push({ role: 'tool', parts: [decodeResult(item, path)] });
      return;
    default:
      if (typeof type !== 'string') reject(`${path}.type`, 'must be a string such as "message".');
      turnOf(messages).parts.push({ type: 'other', kind: type, raw: item });
  }
}

/** The assistant message that is being put together. */
function turnOf(messages: Message[]): Message {
  const last = messages.at(-1);
  if (last?.role === 'assistant') return last;
  const turn: Message = { role: 'assistant', parts: [] };
  messages.push(turn);
  return turn;
}

function decodeMessage(item: JsonObject, path: string, messages: Message[]): void {
  const parts = decodeContent(item['content'], `${path}.content`);
  switch (item['role']) {
    case 'system':
    case 'developer':
      messages.push({ role: 'system', parts });
      return;
    case 'user':
      messages.push({ role: 'user', parts });
      return;
    case 'assistant': {
      // Thoughts and calls of the same turn stand beside its text; a second text is a message of its own.
      const last = messages.at(-1);
      const joins = last?.role === 'assistant' && !last.parts.some(isSaid);
      if (joins) last.parts.push(...parts);
      else messages.push({ role: 'assistant', parts });
      return;
    }
    default:
      reject(`${path}.role`, 'must be "user", "assistant", "system" or "developer".');
  }
}

function isSaid(part: Part): boolean {
  return part.type === 'text' || part.type === 'refusal';
}

function decodeContent(content: unknown, path: string): Part[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return reject(path, 'must be a string or an array of content parts.');
  const parts: Part[] = [];
  for (let j = 0; j < content.length; j++) parts.push(decodePart(content[j], `${path}[${j}]`));
  return parts;
}

function decodePart(value: unknown, path: string): Part {
  if (!isObject(value)) reject(path, 'must be an object with a type.');
  switch (value['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'summary_text':
      if (typeof value['text'] !== 'string') reject(`${path}.text`, 'must be a string.');
      return { type: 'text', text: value['text'] };
    case 'refusal':
      return { type: 'refusal', text: optionalString(value, 'refusal', `${path}.`) ?? '' };
    case 'input_image':
      return decodeImage(value, path);
    case 'input_file':
      return decodeFile(value, path);
    default:
      if (typeof value['type'] !== 'string') {
        reject(`${path}.type`, 'must be a string such as "input_text" or "input_image".');
      }
      return { type: 'other', kind: value['type'], raw: value };
  }
}

/** Files that only the provider can resolve stay as they are. */
function decodeImage(value: JsonObject, path: string): Part {
  const given = value['image_url'];
  const url = isObject(given) ? given['url'] : given;
  if ((url === undefined || url === null) && typeof value['file_id'] === 'string') {
    return { type: 'other', kind: 'input_image', raw: value };
  }
  const source = typeof url === 'string' ? sourceFromUrl(url) : undefined;
  if (source === undefined) {
    reject(`${path}.image_url`, 'must be an http(s) URL or a data:<media type>;base64,<data> URI.');
  }
  const detail = text(value['detail']);
  return { type: 'image', source, detail: detail === 'auto' ? undefined : detail };
}

function decodeFile(value: JsonObject, path: string): Part {
  const { file_data: data, file_url: url } = value;
  const name = text(value['filename']);
  if (typeof url === 'string') {
    const source = sourceFromUrl(url);
    if (source === undefined) reject(`${path}.file_url`, 'must be an http(s) URL.');
    return { type: 'document', source, name };
  }
  if (typeof data !== 'string') return { type: 'other', kind: 'input_file', raw: value };
  // Some clients send the bare base64 text that the format once asked for; it was always a PDF.
  const source = data.includes(':')
    ? sourceFromUrl(data)
    : { kind: 'base64' as const, mediaType: 'application/pdf', data };
  if (source === undefined) reject(`${path}.file_data`, 'must be a data:<media type>;base64,<data> URI.');
  return { type: 'document', source, name };
}

function decodeCall(item: JsonObject, path: string): Part {
  const name = text(item['name']);
  const id = text(item['call_id']) ?? text(item['id']);
  if (name === undefined) reject(`${path}.name`, 'must be a non-empty string.');
  if (id === undefined) reject(`${path}.call_id`, 'must be a non-empty string.');
  const given = item['arguments'];
  const json = typeof given === 'string' ? given : isObject(given) ? JSON.stringify(given) : '';
  return { type: 'tool-call', id, name: namespaced(text(item['namespace']), name), arguments: json };
}

function decodeResult(item: JsonObject, path: string): Part {
  const callId = text(item['call_id']);
  if (callId === undefined) {
    reject(`${path}.call_id`, 'must be the call_id of the function_call that this output answers.');
  }
  const { output } = item;
  const isText = typeof output === 'string' || Array.isArray(output);
  // Some clients send the tool's own object instead of its JSON.
  const content = isText || output === undefined ? output : JSON.stringify(output);
  const parts = content === undefined || content === '' ? [] : decodeContent(content, `${path}.output`);
  return { type: 'tool-result', callId, parts, isError: false };
}
