import type { JsonObject } from '../../json.ts';
import type { ChatRequest, Message, Part } from '../../request.ts';
import { clientFields } from '../client-fields.ts';
import type { DroppedNames } from '../dropped-names.ts';
import { textDocument, urlFromSource } from '../media.ts';
import { ToolIds } from '../tool-ids.ts';
import { nativeItem } from './reasoning.ts';
import { messageItem, refusalContent, textContent } from './response.ts';

export interface EncodedItems {
  instructions: string | undefined;
  input: JsonObject[];
}

interface EncodeOptions {
  /** Past thinking is sent as text where its own vendor's encrypted form is not there. */
  echoReasoning: boolean;
  /** Added to the instructions, e.g. to ask for JSON in words. */
  instruction: string | undefined;
  dropped: DroppedNames;
}

const separator = '\n\n';

/** System text at the start becomes the instructions; later system messages stay where they stood. */
export function encodeItems(request: ChatRequest, options: EncodeOptions): EncodedItems {
  const encoder = new ItemEncoder(request, options);
  const instructions: string[] = [];
  for (const message of request.messages) {
    if (message.role === 'system' && encoder.items.length === 0) {
      instructions.push(encoder.systemText(message.parts));
    } else encoder.add(message);
  }
  // Clients may send instructions alone; here something must have been said, so the last of them is.
  if (encoder.items.length === 0) encoder.system(instructions.pop() ?? '');
  if (options.instruction !== undefined) instructions.push(options.instruction);
  return {
    instructions: instructions.length === 0 ? undefined : instructions.join(separator),
    input: encoder.items,
  };
}

class ItemEncoder {
  readonly items: JsonObject[] = [];
  readonly #request: ChatRequest;
  readonly #own: boolean;
  readonly #options: EncodeOptions;
  readonly #dropped: DroppedNames;
  readonly #ids = new ToolIds(/^\S+$/, 64);

  constructor(request: ChatRequest, options: EncodeOptions) {
    this.#request = request;
    this.#own = request.dialect === 'openai-responses';
    this.#options = options;
    this.#dropped = options.dropped;
  }

  add({ role, parts }: Message): void {
    switch (role) {
      case 'system':
        this.system(this.systemText(parts));
        return;
      case 'user': {
        const content = this.#inputParts(parts);
        if (content.length > 0) this.items.push({ type: 'message', role, content: simplest(content) });
        return;
      }
      case 'assistant':
        this.#assistant(parts);
        return;
      case 'tool':
        for (const part of parts) if (part.type === 'tool-result') this.#result(part);
    }
  }

  system(content: string): void {
    this.items.push({ type: 'message', role: 'system', content });
  }

  systemText(parts: Part[]): string {
    const texts: string[] = [];
    for (const part of parts) {
      if (part.type === 'text') {
        texts.push(part.text);
        this.#unmarked(part.cacheControl);
      } else this.#dropPart(part);
    }
    return texts.join(separator);
  }

  /** In the order of the turn: the vendor wants thoughts right before the text or calls that followed them. */
  #assistant(parts: Part[]): void {
    let said: JsonObject[] = [];
    const flush = () => {
      if (said.length > 0) this.items.push(assistantMessage(said, this.items.length));
      said = [];
    };
    for (const part of parts) {
      if (part.type === 'text') {
        this.#unmarked(part.cacheControl);
        if (part.text !== '') said.push(textContent(part.text));
        continue;
      }
      if (part.type === 'refusal') {
        said.push(refusalContent(part.text));
        continue;
      }
      const item = this.#assistantItem(part);
      if (item === undefined) continue;
      flush();
      this.items.push(item);
    }
    flush();
  }

  #assistantItem(part: Part): JsonObject | undefined {
    switch (part.type) {
      case 'reasoning':
        return this.#reasoning(part);
      case 'redacted-reasoning':
        this.#dropped.add(clientFields[this.#request.dialect].pastReasoning);
        return undefined;
      case 'tool-call':
        this.#unmarked(part.cacheControl);
        return {
          type: 'function_call',
          call_id: this.#ids.map(part.id),
          name: part.name,
          arguments: part.arguments === '' ? '{}' : part.arguments,
        };
      case 'other':
        if (this.#own) return part.raw as JsonObject;
        this.#dropPart(part);
        return undefined;
      default:
        this.#dropPart(part);
        return undefined;
    }
  }

  /** Thinking is understood by the vendor that encrypted it; a signature of another dialect would be refused. */
  #reasoning(part: Extract<Part, { type: 'reasoning' }>): JsonObject | undefined {
    const native = nativeItem(part);
    if (native !== undefined) return native;
    if (this.#options.echoReasoning && part.text !== '') {
      return {
        type: 'reasoning',
        id: `rs_${this.items.length}`,
        summary: [],
        content: [{ type: 'reasoning_text', text: part.text }],
      };
    }
    this.#dropped.add(clientFields[this.#request.dialect].pastReasoning);
    return undefined;
  }

  #result(part: Extract<Part, { type: 'tool-result' }>): void {
    this.#unmarked(part.cacheControl);
    const content = simplest(this.#inputParts(part.parts));
    this.items.push({
      type: 'function_call_output',
      call_id: this.#ids.map(part.callId),
      output: part.isError ? saidAsError(content) : content,
    });
  }

  #inputParts(parts: Part[]): JsonObject[] {
    const content: JsonObject[] = [];
    for (const part of parts) {
      const encoded = this.#inputPart(part);
      if (encoded !== undefined) content.push(encoded);
    }
    return content;
  }

  #inputPart(part: Part): JsonObject | undefined {
    switch (part.type) {
      case 'text':
        this.#unmarked(part.cacheControl);
        return inputText(part.text);
      case 'refusal':
        return inputText(part.text);
      case 'image':
        this.#unmarked(part.cacheControl);
        return { type: 'input_image', image_url: urlFromSource(part.source), detail: part.detail ?? 'auto' };
      case 'document':
        this.#unmarked(part.cacheControl);
        return this.#document(part);
      case 'other':
        if (this.#own) return part.raw as JsonObject;
        this.#dropPart(part);
        return undefined;
      default:
        return undefined;
    }
  }

  #document(part: Extract<Part, { type: 'document' }>): JsonObject {
    const name = part.name === undefined ? {} : { filename: part.name };
    if (part.source.kind === 'url') return { type: 'input_file', file_url: part.source.url, ...name };
    const content = this.#own ? undefined : textDocument(part);
    if (content !== undefined) return inputText(content);
    return {
      type: 'input_file',
      filename: part.name ?? 'document.pdf',
      file_data: urlFromSource(part.source),
    };
  }

  #unmarked(cacheControl: JsonObject | undefined): void {
    if (cacheControl !== undefined) this.#dropped.add('cache_control');
  }

  #dropPart(part: Part): void {
    this.#dropped.add(`messages.content.${part.type === 'other' ? part.kind : part.type}`);
  }
}

function inputText(text: string): JsonObject {
  return { type: 'input_text', text };
}

/** One text is sent as a string, which every vendor takes; more is a message as the vendor would have written it. */
function assistantMessage(said: JsonObject[], index: number): JsonObject {
  const only = said.length === 1 ? said[0] : undefined;
  return only?.['type'] === 'output_text'
    ? { type: 'message', role: 'assistant', content: only['text'] }
    : messageItem(`msg_${index}`, 'completed', said);
}

/** One text is sent as a string, which every vendor takes. */
function simplest(content: JsonObject[]): string | JsonObject[] {
  if (content.length === 0) return '';
  const only = content.length === 1 ? content[0] : undefined;
  return only?.['type'] === 'input_text' ? String(only['text']) : content;
}

/** This dialect has no flag for a failed tool, so the model must read it. */
function saidAsError(content: string | JsonObject[]): string | JsonObject[] {
  if (typeof content !== 'string') return [inputText('Error:'), ...content];
  return /^\s*error/i.test(content) ? content : `Error: ${content}`;
}
