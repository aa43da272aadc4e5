import assert from 'node:assert/strict';
import type { DialectName } from '../../../src/protocol/index.ts';
import type { FakeRequest } from '../../support/fake-reply.ts';
import type { Json } from '../../support/start-yumen.ts';

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
  /** What it gave its past thoughts and calls, to know them again. */
  signatures: string[];
}

const readers: { [dialect in DialectName]: (body: Json, path: string) => Received } = {
  'openai-chat': readChat,
  'openai-responses': readResponses,
  'anthropic-messages': readMessages,
  gemini: readGemini,
  'bedrock-converse': readConverse,
};

export function read(dialect: DialectName, request: FakeRequest | undefined): Received {
  assert.ok(request !== undefined, 'the upstream was not asked');
  return readers[dialect](request.body, request.path);
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
      if (block.type === 'thinking') received.signatures.push(block.signature);
      else if (block.type === 'image') received.images.push(imageOf(block.source));
      else if (block.type === 'tool_use') {
        received.calls.push({ id: block.id, name: block.name, input: block.input });
      } else if (block.type === 'tool_result') {
        received.results.push({ id: block.tool_use_id, text: textOf(block.content) });
      }
    }
  }
  return received;
}

function readResponses(body: Json): Received {
  const received = empty(body);
  received.system = textOf(body.instructions);
  received.maxOutputTokens = body.max_output_tokens;
  received.tools = list(body.tools).map((tool) => ({ name: tool.name, schema: tool.parameters }));
  received.schema = body.text?.format?.schema;
  received.thinks = body.reasoning?.effort !== undefined && body.reasoning.effort !== 'none';
  const items = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : list(body.input);
  for (const item of items) {
    const text = textOf(item.content);
    if (item.type === 'item_reference') received.signatures.push(item.id);
    else if (item.type === 'reasoning') {
      received.signatures.push(item.encrypted_content);
    } else if (item.type === 'function_call') {
      received.calls.push({ id: item.call_id, name: item.name, input: JSON.parse(item.arguments) });
    } else if (item.type === 'function_call_output') {
      received.results.push({ id: item.call_id, text: textOf(item.output) });
    } else if (item.role === 'system' || item.role === 'developer') {
      received.system += text;
    } else if (item.role === 'user') {
      received.prompts.push(text);
      for (const part of list(item.content)) {
        if (part.type === 'input_image') received.images.push(part.image_url);
      }
    }
  }
  return received;
}

function readGemini(body: Json, path: string): Received {
  const received = empty({ model: nameIn(path) });
  const config = body.generationConfig ?? {};
  received.system = partsText(body.systemInstruction);
  received.maxOutputTokens = config.maxOutputTokens;
  received.temperature = config.temperature;
  received.stop = config.stopSequences;
  received.schema = config.responseJsonSchema ?? config.responseSchema;
  received.thinks = config.thinkingConfig !== undefined;
  received.tools = list(body.tools)
    .flatMap((tool) => list(tool.functionDeclarations))
    .map((tool) => ({ name: tool.name, schema: tool.parametersJsonSchema ?? tool.parameters }));
  for (const content of list(body.contents)) {
    const text = partsText(content);
    if (content.role === 'user' && text !== '') received.prompts.push(text);
    for (const { inlineData, fileData, functionCall, functionResponse, thoughtSignature } of list(
      content.parts,
    )) {
      if (thoughtSignature) received.signatures.push(thoughtSignature);
      if (inlineData) received.images.push(`data:${inlineData.mimeType};base64,${inlineData.data}`);
      if (fileData) received.images.push(fileData.fileUri);
      if (functionCall) {
        received.calls.push({ id: functionCall.id, name: functionCall.name, input: functionCall.args });
      }
      if (functionResponse) {
        const { output, result } = functionResponse.response;
        const value = output ?? result ?? functionResponse.response;
        const said = typeof value === 'string' ? value : JSON.stringify(value);
        received.results.push({ id: functionResponse.id, text: said });
      }
    }
  }
  return received;
}

function readConverse(body: Json, path: string): Received {
  const received = empty({ model: nameIn(path) });
  const config = body.inferenceConfig ?? {};
  received.system = textOf(body.system);
  received.maxOutputTokens = config.maxTokens;
  received.temperature = config.temperature;
  received.stop = config.stopSequences;
  received.tools = list(body.toolConfig?.tools).map(({ toolSpec }) => ({
    name: toolSpec.name,
    schema: toolSpec.inputSchema.json,
  }));
  const schema = body.outputConfig?.textFormat?.structure?.jsonSchema?.schema;
  received.schema = schema === undefined ? undefined : JSON.parse(schema);
  const { thinking, reasoning_config: reasoning } = body.additionalModelRequestFields ?? {};
  received.thinks = ['enabled', 'adaptive'].includes((thinking ?? reasoning)?.type);
  for (const { role, content } of list(body.messages)) {
    const text = textOf(content);
    if (role === 'user' && text !== '') received.prompts.push(text);
    for (const { image, reasoningContent, toolUse, toolResult } of list(content)) {
      if (reasoningContent) received.signatures.push(reasoningContent.reasoningText.signature);
      if (image) received.images.push(`data:image/${image.format};base64,${image.source.bytes}`);
      if (toolUse) received.calls.push({ id: toolUse.toolUseId, name: toolUse.name, input: toolUse.input });
      if (toolResult) {
        const said = list(toolResult.content).map((part) => part.text ?? JSON.stringify(part.json));
        received.results.push({ id: toolResult.toolUseId, text: said.join('') });
      }
    }
  }
  return received;
}

/** The model, which these dialects name in the path. */
function nameIn(path: string): string {
  return decodeURIComponent(/\/models?\/([^/:?]+(?:%3A[^/:?]*)?)/.exec(path)?.[1] ?? '');
}

function partsText(content: Json): string {
  return list(content?.parts)
    .map((part) => part.text ?? '')
    .join('');
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
    signatures: [],
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
    .map((part) => (typeof part.text === 'string' ? part.text : ''))
    .join('');
}
