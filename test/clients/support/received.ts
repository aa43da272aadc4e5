import assert from 'node:assert/strict';
import type { Json } from '../../support/start-yumen.ts';
import type { ClientDialect } from './client.ts';

/**
 * What an upstream was asked, read from its own dialect. Written apart from the product's codecs, so that a mistake in those
 * cannot hide here.
 */
export interface Received {
  model: string;
  system: string;
  /** Text of the user's turns. */
  prompts: string[];
  /** Addresses or data URIs. */
  images: string[];
  calls: { id: string; name: string; input: unknown }[];
  results: { id: string; text: string }[];
  tools: { name: string; schema: Json }[];
  /** JSON Schema of a structured answer. */
  schema: Json;
  maxOutputTokens: number | undefined;
  temperature: number | undefined;
  stop: string[] | undefined;
  /** It was asked to think. */
  thinks: boolean;
}

export function read(dialect: ClientDialect, body: unknown): Received {
  return dialect === 'openai-chat' ? readChat(body) : readMessages(body);
}

function readChat(body: Json): Received {
  const received = empty(body);
  received.maxOutputTokens = body.max_completion_tokens ?? body.max_tokens;
  received.stop = typeof body.stop === 'string' ? [body.stop] : body.stop;
  received.tools = list(body.tools).map((tool) => ({
    name: tool.function.name,
    schema: tool.function.parameters,
  }));
  received.schema = body.response_format?.json_schema?.schema;
  received.thinks = body.reasoning_effort !== undefined && body.reasoning_effort !== 'none';
  for (const message of body.messages) {
    const text = textOf(message.content);
    switch (message.role) {
      case 'system':
      case 'developer':
        received.system += text;
        break;
      case 'user':
        received.prompts.push(text);
        for (const part of list(message.content)) {
          if (part.type === 'image_url') received.images.push(part.image_url.url);
        }
        break;
      case 'tool':
        received.results.push({ id: message.tool_call_id, text });
        break;
      default:
        for (const call of list(message.tool_calls)) {
          assert.equal(call.type, 'function');
          const { name, arguments: input } = call.function;
          received.calls.push({ id: call.id, name, input: JSON.parse(input) });
        }
    }
  }
  return received;
}

function readMessages(body: Json): Received {
  const received = empty(body);
  received.system = textOf(body.system);
  received.maxOutputTokens = body.max_tokens;
  received.stop = body.stop_sequences;
  received.tools = list(body.tools).map((tool) => ({ name: tool.name, schema: tool.input_schema }));
  received.schema = body.output_config?.format?.schema;
  received.thinks =
    ['enabled', 'adaptive'].includes(body.thinking?.type) || body.output_config?.effort !== undefined;
  for (const message of body.messages) {
    const blocks = list(message.content);
    const text = textOf(message.content);
    if (message.role === 'user' && text !== '') received.prompts.push(text);
    for (const block of blocks) {
      if (block.type === 'image') received.images.push(imageOf(block.source));
      else if (block.type === 'tool_use') {
        received.calls.push({ id: block.id, name: block.name, input: block.input });
      } else if (block.type === 'tool_result') {
        received.results.push({ id: block.tool_use_id, text: textOf(block.content) });
      }
    }
  }
  return received;
}

function empty(body: Json): Received {
  return {
    model: body.model,
    system: '',
    prompts: [],
    images: [],
    calls: [],
    results: [],
    tools: [],
    schema: undefined,
    maxOutputTokens: undefined,
    temperature: body.temperature,
    stop: undefined,
    thinks: false,
  };
}

function imageOf(source: Json): string {
  return source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`;
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value : [];
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return list(content)
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('');
}
