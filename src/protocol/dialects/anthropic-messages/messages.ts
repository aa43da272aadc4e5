import { isObject, type JsonObject } from '../../json.ts';
import type { ImageSource, Message, Part } from '../../request.ts';
import { sourceFromUrl } from '../media.ts';
import { optionalBoolean, reject, text } from '../read.ts';
import { decodeTurns } from '../turns.ts';

export function decodeMessages(body: JsonObject): Message[] {
  return decodeTurns(body, decodeContent);
}

function decodeContent(content: unknown, path: string): Part[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return reject(path, 'must be a string or an array of content blocks.');
  const parts: Part[] = [];
  for (let j = 0; j < content.length; j++) parts.push(decodeBlock(content[j], `${path}[${j}]`));
  return parts;
}

function decodeBlock(block: unknown, path: string): Part {
  if (!isObject(block)) return reject(path, 'must be an object with a type.');
  const cacheControl = isObject(block['cache_control']) ? block['cache_control'] : undefined;
  switch (block['type']) {
    case 'text':
      if (typeof block['text'] !== 'string') reject(`${path}.text`, 'must be a string.');
      return { type: 'text', text: block['text'], cacheControl };
    case 'image': {
      const source = decodeSource(block, path);
      return source === undefined ? other(block) : { type: 'image', source, cacheControl };
    }
    case 'document': {
      const source = decodeSource(block, path);
      return source === undefined
        ? other(block)
        : { type: 'document', source, name: text(block['title']), cacheControl };
    }
    case 'thinking':
      if (typeof block['thinking'] !== 'string') reject(`${path}.thinking`, 'must be a string.');
      return { type: 'reasoning', text: block['thinking'], signature: text(block['signature']) };
    case 'redacted_thinking':
      if (typeof block['data'] !== 'string') reject(`${path}.data`, 'must be a string.');
      return { type: 'redacted-reasoning', data: block['data'] };
    case 'tool_use': {
      const { id, name, input } = block;
      if (typeof id !== 'string' || id === '') reject(`${path}.id`, 'must be a non-empty string.');
      if (typeof name !== 'string' || name === '') reject(`${path}.name`, 'must be a non-empty string.');
      if (!isObject(input)) reject(`${path}.input`, 'must be an object.');
      return { type: 'tool-call', id, name, arguments: JSON.stringify(input), cacheControl };
    }
    case 'tool_result':
      return decodeToolResult(block, path, cacheControl);
    default:
      if (typeof block['type'] !== 'string') {
        reject(`${path}.type`, 'must be a string such as "text" or "image".');
      }
      return other(block);
  }
}

function other(block: JsonObject): Part {
  return { type: 'other', kind: String(block['type']), raw: block };
}

function decodeToolResult(block: JsonObject, path: string, cacheControl: JsonObject | undefined): Part {
  const callId = block['tool_use_id'];
  if (typeof callId !== 'string' || callId === '') {
    reject(`${path}.tool_use_id`, 'must be the id of the tool_use block that this result answers.');
  }
  const content = block['content'];
  return {
    type: 'tool-result',
    callId,
    parts: content === undefined || content === null ? [] : decodeContent(content, `${path}.content`),
    isError: optionalBoolean(block, 'is_error', `${path}.`) ?? false,
    cacheControl,
  };
}

/** Undefined for sources that only the provider can resolve, such as an uploaded file. */
function decodeSource(block: JsonObject, path: string): ImageSource | undefined {
  const source = block['source'];
  if (!isObject(source)) reject(`${path}.source`, 'must be an object with type, and data or url.');
  switch (source['type']) {
    case 'base64': {
      const { media_type: mediaType, data } = source;
      if (typeof mediaType !== 'string') reject(`${path}.source.media_type`, 'must be a string.');
      if (typeof data !== 'string' || data === '') {
        reject(`${path}.source.data`, 'must be the base64 text of the file.');
      }
      return { kind: 'base64', mediaType, data };
    }
    case 'url': {
      const url = source['url'];
      if (typeof url !== 'string' || sourceFromUrl(url)?.kind !== 'url') {
        reject(`${path}.source.url`, 'must be an http(s) URL.');
      }
      return { kind: 'url', url };
    }
    case 'text': {
      const data = source['data'];
      if (typeof data !== 'string') reject(`${path}.source.data`, 'must be a string.');
      return { kind: 'base64', mediaType: 'text/plain', data: Buffer.from(data).toString('base64') };
    }
    default:
      return undefined;
  }
}
