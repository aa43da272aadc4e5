import type { JsonObject } from '../../json.ts';
import type { ChatRequest, Message, Part } from '../../request.ts';
import { inputOf } from '../call-arguments.ts';
import { clientFields } from '../client-fields.ts';
import type { DroppedNames } from '../dropped-names.ts';
import { isBoundElsewhere } from '../signatures.ts';
import { ToolIds } from '../tool-ids.ts';

interface Turn {
  role: 'user' | 'assistant';
  content: JsonObject[];
}

export interface EncodedMessages {
  system: unknown;
  messages: JsonObject[];
}

const separator = '\n\n';
/** Stands where the dialect demands a user turn that the client's history does not have. */
const fillerText = '(The conversation continues.)';

/**
 * Reshapes a conversation into what Messages accepts: system text apart, user and assistant in turn, each tool result at the
 * start of the user turn after its call, no empty text, no thinking without a signature.
 */
export function encodeMessages(
  request: ChatRequest,
  instruction: string | undefined,
  dropped: DroppedNames,
): EncodedMessages {
  const encoder = new TurnEncoder(request, dropped);
  const system: JsonObject[] = [];
  for (const message of request.messages) {
    if (message.role === 'system') system.push(...encoder.systemBlocks(message.parts));
    else encoder.add(message);
  }
  const turns = encoder.finish();
  // Clients may send instructions alone; here something must have been said, so the last instruction is.
  if (turns.length === 0) {
    const last = system.pop();
    turns.push({ role: 'user', content: [last ?? { type: 'text', text: fillerText }] });
  }
  if (turns[0]!.role === 'assistant') {
    turns.unshift({ role: 'user', content: [{ type: 'text', text: fillerText }] });
  }
  if (instruction !== undefined) system.push({ type: 'text', text: instruction });
  return { system: simplest(system, separator), messages: turns.map(encodeTurn) };
}

function encodeTurn(turn: Turn): JsonObject {
  const only = turn.content.length === 1 ? turn.content[0] : undefined;
  return { role: turn.role, content: only === undefined ? turn.content : simplest([only], '') };
}

function simplest(blocks: JsonObject[], join: string): unknown {
  if (blocks.length === 0) return undefined;
  const plain = blocks.every((block) => block['type'] === 'text' && block['cache_control'] === undefined);
  return plain ? blocks.map((block) => block['text']).join(join) : blocks;
}

class TurnEncoder {
  readonly #request: ChatRequest;
  readonly #own: boolean;
  readonly #dropped: DroppedNames;
  readonly #turns: Turn[] = [];
  readonly #ids = new ToolIds(/^[A-Za-z0-9_-]+$/, 128);

  constructor(request: ChatRequest, dropped: DroppedNames) {
    this.#request = request;
    this.#own = request.dialect === 'anthropic-messages';
    this.#dropped = dropped;
  }

  systemBlocks(parts: Part[]): JsonObject[] {
    const blocks: JsonObject[] = [];
    for (const part of parts) {
      if (part.type === 'text') {
        if (hasText(part)) blocks.push(marked({ type: 'text', text: part.text }, part.cacheControl));
      } else this.#dropPart(part);
    }
    return blocks;
  }

  add(message: Message): void {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const blocks: JsonObject[] = [];
    for (const part of message.parts) {
      const block = this.#block(part, role);
      if (block !== undefined) blocks.push(block);
    }
    if (blocks.length === 0) return;
    const last = this.#turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else this.#turns.push({ role, content: blocks });
  }

  finish(): Turn[] {
    for (const turn of this.#turns) {
      if (turn.role === 'user') turn.content.sort((a, b) => resultsFirst(a) - resultsFirst(b));
      else if (!this.#own) turn.content.sort((a, b) => callsLast(a) - callsLast(b));
    }
    // A prefilled answer must not end with white space; nothing is lost, the model goes on from there.
    const last = this.#turns.at(-1);
    const block = last?.role === 'assistant' ? last.content.at(-1) : undefined;
    if (block?.['type'] === 'text') {
      const trimmed = String(block['text']).trimEnd();
      if (trimmed === '') last!.content.pop();
      else block['text'] = trimmed;
      if (last!.content.length === 0) this.#turns.pop();
    }
    return this.#turns;
  }

  #block(part: Part, role: 'user' | 'assistant'): JsonObject | undefined {
    switch (part.type) {
      case 'text':
        return hasText(part) ? marked({ type: 'text', text: part.text }, part.cacheControl) : undefined;
      case 'refusal':
        return hasText(part) ? { type: 'text', text: part.text } : undefined;
      case 'image':
        return marked(imageBlock(part), part.cacheControl);
      case 'document':
        return marked(documentBlock(part), part.cacheControl);
      case 'reasoning':
        if (!isOwnThought(part) || role !== 'assistant') {
          this.#dropped.add(clientFields[this.#request.dialect].pastReasoning);
          return undefined;
        }
        return { type: 'thinking', thinking: part.text, signature: part.signature };
      case 'redacted-reasoning':
        return { type: 'redacted_thinking', data: part.data };
      case 'tool-call':
        return marked(
          { type: 'tool_use', id: this.#ids.map(part.id), name: part.name, input: inputOf(part.arguments) },
          part.cacheControl,
        );
      case 'tool-result':
        return this.#toolResult(part);
      case 'other':
        if (this.#own) return part.raw as JsonObject;
        this.#dropPart(part);
        return undefined;
    }
  }

  #toolResult(part: Extract<Part, { type: 'tool-result' }>): JsonObject {
    const blocks: JsonObject[] = [];
    for (const inner of part.parts) {
      const block = this.#block(inner, 'user');
      if (block !== undefined) blocks.push(block);
    }
    const content = blocks.length === 1 ? simplest(blocks, '') : blocks;
    return marked(
      {
        type: 'tool_result',
        tool_use_id: this.#ids.map(part.callId),
        content: blocks.length === 0 ? '' : content,
        ...(part.isError ? { is_error: true } : {}),
      },
      part.cacheControl,
    );
  }

  #dropPart(part: Part): void {
    this.#dropped.add(`messages.content.${part.type === 'other' ? part.kind : part.type}`);
  }
}

/** Unsigned thinking is refused, and what a vendor of another dialect signed as well. */
function isOwnThought(part: { signature?: string | undefined }): part is { signature: string } {
  return part.signature !== undefined && !isBoundElsewhere('anthropic-messages', part.signature);
}

/** Text of white space alone is refused. */
function hasText(part: { text: string }): boolean {
  return part.text.trim() !== '';
}

function marked(block: JsonObject, cacheControl: JsonObject | undefined): JsonObject {
  return cacheControl === undefined ? block : { ...block, cache_control: cacheControl };
}

function resultsFirst(block: JsonObject): number {
  return block['type'] === 'tool_result' ? 0 : 1;
}

/** Text after a call would part the call from its result. */
function callsLast(block: JsonObject): number {
  return block['type'] === 'tool_use' ? 1 : 0;
}

function imageBlock(part: Extract<Part, { type: 'image' }>): JsonObject {
  const { source } = part;
  return {
    type: 'image',
    source:
      source.kind === 'url'
        ? { type: 'url', url: source.url }
        : { type: 'base64', media_type: source.mediaType, data: source.data },
  };
}

function documentBlock(part: Extract<Part, { type: 'document' }>): JsonObject {
  const title = part.name === undefined ? {} : { title: part.name };
  const { source } = part;
  if (source.kind === 'url') return { type: 'document', source: { type: 'url', url: source.url }, ...title };
  if (source.mediaType.startsWith('text/')) {
    const data = Buffer.from(source.data, 'base64').toString('utf8');
    return { type: 'document', source: { type: 'text', media_type: 'text/plain', data }, ...title };
  }
  return {
    type: 'document',
    source: { type: 'base64', media_type: source.mediaType, data: source.data },
    ...title,
  };
}
