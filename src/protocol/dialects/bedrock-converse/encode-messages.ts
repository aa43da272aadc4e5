import { GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import type { ChatRequest, Message, Part } from '../../request.ts';
import { inputOf } from '../call-arguments.ts';
import { clientFields } from '../client-fields.ts';
import type { DroppedNames } from '../dropped-names.ts';
import { isBoundElsewhere } from '../signatures.ts';
import { ToolIds } from '../tool-ids.ts';
import { encodeReasoningBlock, redactedContent } from './blocks.ts';
import { DocumentNames } from './document-names.ts';
import { documentFormat, imageFormat } from './formats.ts';

/** A block, and whether a cache point follows it: sorting must not part them. */
interface MarkedBlock {
  block: JsonObject;
  cacheControl: JsonObject | undefined;
}

interface Turn {
  role: 'user' | 'assistant';
  blocks: MarkedBlock[];
}

/** What the model that is asked takes of past thinking. */
export interface PastReasoning {
  /** It signs its thinking, and verifies what comes back. */
  signed: boolean;
  /** Of which turns it takes thinking without a signature. */
  unsigned: 'none' | 'tool-turns' | 'all';
}

interface EncodingInput {
  request: ChatRequest;
  /** Said to the model beside the client's own instructions. */
  instructions: string[];
  pastReasoning: PastReasoning;
  dropped: DroppedNames;
}

/** Stands where the service demands a user turn that the client's history does not have. */
const fillerText = '(The conversation continues.)';
/** Stands beside documents without a question, and for a tool's empty result: both must have words. */
const documentText = '(The documents are attached.)';
const emptyResultText = '(The result is empty.)';

/**
 * Reshapes a conversation into what Converse accepts: system text apart, user and assistant in turn, each tool result at the start
 * of the user turn after its call, no blank text, files as bytes, each document with a name of its own.
 */
export function encodeMessages(input: EncodingInput): { system: JsonObject[]; messages: JsonObject[] } {
  const encoder = new TurnEncoder(input);
  const system: MarkedBlock[] = [];
  for (const [index, message] of input.request.messages.entries()) {
    if (message.role === 'system') system.push(...encoder.systemBlocks(message.parts));
    else encoder.add(message, index);
  }
  const turns = encoder.finish();
  // Clients may send instructions alone; here something must have been said, so the last instruction is.
  if (turns.length === 0) {
    turns.push({ role: 'user', blocks: [system.pop() ?? unmarked({ text: fillerText })] });
  }
  if (turns[0]!.role === 'assistant') {
    turns.unshift({ role: 'user', blocks: [unmarked({ text: fillerText })] });
  }
  for (const text of input.instructions) system.push(unmarked({ text }));
  return {
    system: withCachePoints(system),
    messages: turns.map(({ role, blocks }) => ({ role, content: withCachePoints(blocks) })),
  };
}

function unmarked(block: JsonObject): MarkedBlock {
  return { block, cacheControl: undefined };
}

function withCachePoints(blocks: MarkedBlock[]): JsonObject[] {
  return blocks.flatMap(({ block, cacheControl }) =>
    cacheControl === undefined ? [block] : [block, cachePoint(cacheControl)],
  );
}

export function cachePoint({ ttl }: JsonObject): JsonObject {
  return { cachePoint: typeof ttl === 'string' ? { type: 'default', ttl } : { type: 'default' } };
}

class TurnEncoder {
  readonly #input: EncodingInput;
  readonly #own: boolean;
  readonly #turns: Turn[] = [];
  readonly #ids = new ToolIds(/^[A-Za-z0-9_-]+$/, 64);
  readonly #documents = new DocumentNames();
  /** The turn at hand may bring thinking without a signature. */
  #echoes = false;

  constructor(input: EncodingInput) {
    this.#input = input;
    this.#own = input.request.dialect === 'bedrock-converse';
  }

  systemBlocks(parts: Part[]): MarkedBlock[] {
    return parts.flatMap((part) => {
      if (part.type === 'text') {
        return hasText(part) ? [{ block: { text: part.text }, cacheControl: part.cacheControl }] : [];
      }
      if (part.type === 'other' && this.#own) return [unmarked(part.raw as JsonObject)];
      this.#dropPart(part);
      return [];
    });
  }

  add(message: Message, index: number): void {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const blocks: MarkedBlock[] = [];
    const { unsigned } = this.#input.pastReasoning;
    this.#echoes =
      unsigned === 'all' ||
      (unsigned === 'tool-turns' && message.parts.some(({ type }) => type === 'tool-call'));
    for (const part of message.parts) {
      const block = this.#block(part, role);
      if (block !== undefined) {
        blocks.push({ block, cacheControl: 'cacheControl' in part ? part.cacheControl : undefined });
      }
    }
    if (blocks.length === 0) {
      refuseEmptied(message, index);
      return;
    }
    const last = this.#turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else this.#turns.push({ role, blocks });
  }

  finish(): Turn[] {
    for (const { role, blocks } of this.#turns) {
      if (role === 'user') {
        blocks.sort((a, b) => resultsFirst(a) - resultsFirst(b));
        if (has(blocks, 'document') && !has(blocks, 'text')) blocks.push(unmarked({ text: documentText }));
      } else if (!this.#own) blocks.sort((a, b) => callsLast(a) - callsLast(b));
    }
    // A prefilled answer must not end with white space; nothing is lost, the model goes on from there.
    const last = this.#turns.at(-1);
    const block = last?.role === 'assistant' ? last.blocks.at(-1)?.block : undefined;
    if (typeof block?.['text'] === 'string') block['text'] = block['text'].trimEnd();
    return this.#turns;
  }

  #block(part: Part, role: 'user' | 'assistant'): JsonObject | undefined {
    switch (part.type) {
      case 'text':
      case 'refusal':
        return hasText(part) ? { text: part.text } : undefined;
      case 'image':
        return this.#image(part);
      case 'document':
        return this.#document(part);
      case 'reasoning':
        return this.#reasoning(part, role);
      case 'redacted-reasoning':
        if (role === 'assistant' && this.#input.pastReasoning.signed && isOwn(part.data)) {
          return { reasoningContent: { redactedContent: redactedContent(part.data) } };
        }
        return this.#dropReasoning();
      case 'tool-call':
        return {
          toolUse: {
            toolUseId: this.#ids.map(part.id),
            name: toolNameFor(part.name),
            input: inputOf(part.arguments),
          },
        };
      case 'tool-result':
        return this.#toolResult(part);
      case 'other':
        if (this.#own) return part.raw as JsonObject;
        this.#dropPart(part);
        return undefined;
    }
  }

  #image({ source }: Extract<Part, { type: 'image' }>): JsonObject | undefined {
    const format = source.kind === 'url' ? undefined : imageFormat(source.mediaType);
    if (source.kind === 'url' || format === undefined) {
      this.#input.dropped.add('messages.content.image');
      return undefined;
    }
    return { image: { format, source: { bytes: source.data } } };
  }

  #document({ source, name }: Extract<Part, { type: 'document' }>): JsonObject | undefined {
    const { dropped, request } = this.#input;
    const format = source.kind === 'url' ? undefined : documentFormat(source.mediaType);
    if (source.kind === 'url' || format === undefined) {
      dropped.add(
        source.kind === 'url' ? clientFields[request.dialect].documentUrl : 'messages.content.document',
      );
      return undefined;
    }
    return {
      document: { format, name: this.#documents.take(name, format), source: { bytes: source.data } },
    };
  }

  #reasoning(part: Extract<Part, { type: 'reasoning' }>, role: 'user' | 'assistant'): JsonObject | undefined {
    if (role === 'assistant') {
      const { signed } = this.#input.pastReasoning;
      if (signed && part.signature !== undefined && isOwn(part.signature)) {
        return encodeReasoningBlock(part.text, part.signature);
      }
      if (this.#echoes && part.text.trim() !== '') return encodeReasoningBlock(part.text, undefined);
    }
    return this.#dropReasoning();
  }

  #dropReasoning(): undefined {
    this.#input.dropped.add(clientFields[this.#input.request.dialect].pastReasoning);
  }

  #toolResult(part: Extract<Part, { type: 'tool-result' }>): JsonObject {
    const content: JsonObject[] = [];
    for (const inner of part.parts) {
      const block = this.#block(inner, 'user');
      if (block !== undefined) content.push(block);
    }
    if (content.length === 0) content.push({ text: emptyResultText });
    const status = part.isError ? { status: 'error' } : {};
    return { toolResult: { toolUseId: this.#ids.map(part.callId), content, ...status } };
  }

  #dropPart(part: Part): void {
    this.#input.dropped.add(`messages.content.${part.type === 'other' ? part.kind : part.type}`);
  }
}

/** What a vendor of another dialect signed is refused. Claude's signatures are the same ones at every vendor. */
function isOwn(signature: string): boolean {
  return !isBoundElsewhere('bedrock-converse', signature);
}

/** A message of which nothing can be carried would be answered as if it had not been sent. */
function refuseEmptied({ role, parts }: Message, index: number): void {
  if (role !== 'user' || !parts.some(({ type }) => type === 'image' || type === 'document')) return;
  throw new GatewayError(
    'invalid_request',
    `Nothing of messages[${index}] can be sent to this model: it takes files as base64 data only, images as PNG, JPEG, GIF or WebP, documents as PDF, text or office files.`,
    { param: `messages[${index}].content` },
  );
}

/** A name of the history only, which no tool of this request has to match. */
function toolNameFor(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
}

function hasText(part: { text: string }): boolean {
  return part.text.trim() !== '';
}

function has(blocks: MarkedBlock[], kind: string): boolean {
  return blocks.some(({ block }) => block[kind] !== undefined);
}

function resultsFirst({ block }: MarkedBlock): number {
  return block['toolResult'] === undefined ? 1 : 0;
}

/** Text after a call would part the call from its result. */
function callsLast({ block }: MarkedBlock): number {
  return block['toolUse'] === undefined ? 0 : 1;
}
