import { isObject, type JsonObject } from '../../json.ts';
import type { Message, Part } from '../../request.ts';
import { reject, text } from '../read.ts';
import { decodeTurns } from '../turns.ts';
import { decodeReasoningBlock, kindOf, other } from './blocks.ts';
import { documentMediaType } from './formats.ts';

export function decodeMessages(body: JsonObject): Message[] {
  return decodeTurns(body, decodeContent);
}

function decodeContent(content: unknown, path: string): Part[] {
  if (!Array.isArray(content)) return reject(path, 'must be an array of content blocks.');
  const parts: Part[] = [];
  for (let j = 0; j < content.length; j++) {
    const block: unknown = content[j];
    if (!isObject(block)) reject(`${path}[${j}]`, 'must be an object such as {"text": "…"}.');
    const marked = block['cachePoint'] === undefined ? undefined : parts.at(-1);
    if (marked !== undefined && 'cacheControl' in marked) {
      marked.cacheControl = cacheControlOf(block['cachePoint']);
    } else parts.push(decodeBlock(block, `${path}[${j}]`));
  }
  return parts;
}

/** A cache point stands after what is cached; elsewhere the mark is on the last of it. */
export function cacheControlOf(cachePoint: unknown): JsonObject {
  const ttl = isObject(cachePoint) ? text(cachePoint['ttl']) : undefined;
  return ttl === undefined ? { type: 'ephemeral' } : { type: 'ephemeral', ttl };
}

/** Parts that can bear a cache mark have the key, so that a cache point after them finds it. */
function decodeBlock(block: JsonObject, path: string): Part {
  const kind = kindOf(block);
  if (kind === undefined) return reject(path, 'must have one key that says what it is, such as "text".');
  const content = block[kind];
  const cacheControl = undefined;
  if (kind === 'text') {
    if (typeof content !== 'string') reject(`${path}.text`, 'must be a string.');
    return { type: 'text', text: content, cacheControl };
  }
  if (!isObject(content)) return other(kind, block);
  switch (kind) {
    case 'image': {
      const data = bytesOf(content, `${path}.image`);
      if (data === undefined) return other(kind, block);
      const mediaType = `image/${text(content['format']) ?? 'png'}`;
      return { type: 'image', source: { kind: 'base64', mediaType, data }, cacheControl };
    }
    case 'document':
      return decodeDocument(content, block, `${path}.document`);
    case 'toolUse':
      return decodeToolUse(content, block, `${path}.toolUse`);
    case 'toolResult':
      return decodeToolResult(content, `${path}.toolResult`);
    case 'json':
      return { type: 'text', text: JSON.stringify(content), cacheControl };
    case 'reasoningContent':
      return decodeReasoningBlock(content) ?? other(kind, block);
    default:
      return other(kind, block);
  }
}

/** Undefined for sources that only the provider can resolve, such as an S3 location. */
function bytesOf(content: JsonObject, path: string): string | undefined {
  const source = content['source'];
  if (!isObject(source)) reject(`${path}.source`, 'must be an object with bytes or s3Location.');
  const bytes = source['bytes'];
  if (bytes === undefined || bytes === null) return undefined;
  if (typeof bytes !== 'string' || bytes === '') {
    reject(`${path}.source.bytes`, 'must be the base64 text of the file.');
  }
  return bytes;
}

function decodeDocument(content: JsonObject, block: JsonObject, path: string): Part {
  const given = text(content['format']);
  const name = text(content['name']);
  const source = content['source'];
  const plain = isObject(source) ? text(source['text']) : undefined;
  const data = plain === undefined ? bytesOf(content, path) : Buffer.from(plain).toString('base64');
  if (data === undefined) return other('document', block);
  const format = given ?? (plain === undefined ? 'pdf' : 'txt');
  return {
    type: 'document',
    source: { kind: 'base64', mediaType: documentMediaType(format), data },
    // Elsewhere a file's kind is read off its name.
    name: name === undefined ? undefined : `${name}.${format}`,
    cacheControl: undefined,
  };
}

function decodeToolUse(content: JsonObject, block: JsonObject, path: string): Part {
  const { toolUseId: id, name, input, type } = content;
  if (type === 'server_tool_use') return other('toolUse', block);
  if (typeof id !== 'string' || id === '') reject(`${path}.toolUseId`, 'must be a non-empty string.');
  if (typeof name !== 'string' || name === '') reject(`${path}.name`, 'must be a non-empty string.');
  return { type: 'tool-call', id, name, arguments: JSON.stringify(input ?? {}), cacheControl: undefined };
}

function decodeToolResult(content: JsonObject, path: string): Part {
  const callId = content['toolUseId'];
  if (typeof callId !== 'string' || callId === '') {
    reject(`${path}.toolUseId`, 'must be the id of the toolUse block that this result answers.');
  }
  const result = content['content'];
  return {
    type: 'tool-result',
    callId,
    parts: result === undefined || result === null ? [] : decodeResult(result, `${path}.content`),
    isError: content['status'] === 'error',
    cacheControl: undefined,
  };
}

/** JSON in a result may be any value, so it is no block as the others are. */
function decodeResult(content: unknown, path: string): Part[] {
  if (!Array.isArray(content)) return reject(path, 'must be an array of content blocks.');
  return content.flatMap((block: unknown, index) =>
    isObject(block) && block['json'] !== undefined
      ? [{ type: 'text' as const, text: JSON.stringify(block['json']) }]
      : decodeContent([block], `${path}[${index}]`),
  );
}
