import { isObject, type JsonObject } from '../protocol/index.ts';
import { type ImageFacts, imageFacts } from './image.ts';
import { findProfile, type Profile } from './profiles.ts';
import { WireError } from './wire-error.ts';

export interface AskedTool {
  name: string;
  description: string;
  parameters: JsonObject;
}

export interface ToolResult {
  name: string;
  text: string;
}

/** A chat completion request, as far as the sandbox looks at it. */
export interface Ask {
  profile: Profile;
  /** The model as the client wrote it. */
  model: string;
  stream: boolean;
  includeUsage: boolean;
  /** The newest text of the user. */
  text: string;
  images: ImageFacts[];
  files: number;
  tools: AskedTool[];
  toolChoice: 'auto' | 'none' | 'required' | { name: string };
  parallelTools: boolean;
  /** Results that follow the newest assistant turn: the user waits for their use. */
  toolResults: ToolResult[];
  format: { kind: 'text' } | { kind: 'json' } | { kind: 'schema'; schema: JsonObject };
  outputTokensMax: number;
  stop: string[];
  reasoning: 'off' | 'low' | 'medium' | 'high';
  /** All that the model would read, joined: what is counted, and what the cache compares. */
  prompt: string;
  messages: number;
}

const messagesMax = 10_000;
const toolsMax = 1_000;
const stopsMax = 16;

/** Reads a request. Throws a WireError that names the field at fault. */
export function readAsk(body: unknown): Ask {
  if (!isObject(body)) throw new WireError(400, 'The body must be a JSON object.');
  const model = body['model'];
  if (typeof model !== 'string')
    throw new WireError(400, 'you must provide a model parameter', { param: 'model' });
  const profile = findProfile(model);
  if (profile === undefined) {
    throw new WireError(
      404,
      `The model \`${model.slice(0, 100)}\` does not exist or you do not have access to it.`,
      {
        code: 'model_not_found',
        param: 'model',
      },
    );
  }
  const messages = listOf(body['messages'], 'messages', messagesMax);
  if (messages.length === 0) throw invalid('messages', 'must have at least one message');
  const choices = body['n'];
  if (choices !== undefined && choices !== null && choices !== 1)
    throw invalid('n', 'must be 1 in the sandbox');
  const conversation = readMessages(messages);
  if (conversation.images.length > 0 && !profile.imageInput) {
    throw invalid('messages', `holds an image, which ${profile.id} does not read; sandbox/frontier does`);
  }
  const tools = readTools(body['tools']);
  return {
    profile,
    model,
    stream: body['stream'] === true,
    includeUsage: isObject(body['stream_options']) && body['stream_options']['include_usage'] === true,
    ...conversation,
    tools,
    toolChoice: readToolChoice(body['tool_choice'], tools),
    parallelTools: body['parallel_tool_calls'] !== false && profile.parallelTools,
    format: readFormat(body['response_format']),
    outputTokensMax: readOutputLimit(body, profile),
    stop: readStop(body['stop']),
    reasoning: readReasoning(body['reasoning_effort'], profile),
    prompt:
      tools.map((tool) => `${tool.name} ${tool.description} ${JSON.stringify(tool.parameters)}\n`).join('') +
      conversation.prompt,
  };
}

function readMessages(
  messages: unknown[],
): Pick<Ask, 'text' | 'images' | 'files' | 'toolResults' | 'prompt' | 'messages'> {
  let text = '';
  let images: ImageFacts[] = [];
  let files = 0;
  let toolResults: ToolResult[] = [];
  const prompt: string[] = [];
  const callNames = new Map<string, string>();
  for (const [index, message] of messages.entries()) {
    const where = `messages[${index}]`;
    if (!isObject(message)) throw invalid(where, 'must be an object');
    const content = readContent(message['content'], `${where}.content`);
    prompt.push(`${String(message['role'])}: ${content.text}`);
    switch (message['role']) {
      case 'system':
      case 'developer':
        break;
      case 'user':
        ({ text, images, files } = content);
        toolResults = [];
        break;
      case 'assistant':
        toolResults = [];
        for (const call of readCalls(message['tool_calls'])) {
          callNames.set(call.id, call.name);
          prompt.push(`${call.name} ${call.arguments}`);
        }
        break;
      case 'tool': {
        const id = message['tool_call_id'];
        const name = typeof id === 'string' ? callNames.get(id) : undefined;
        if (name === undefined) {
          throw invalid(
            where,
            "messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
          );
        }
        toolResults.push({ name, text: content.text });
        break;
      }
      default:
        throw invalid(`${where}.role`, 'must be system, developer, user, assistant or tool');
    }
  }
  return { text, images, files, toolResults, prompt: prompt.join('\n'), messages: messages.length };
}

function readContent(content: unknown, where: string): { text: string; images: ImageFacts[]; files: number } {
  if (typeof content === 'string') return { text: content, images: [], files: 0 };
  if (content === null || content === undefined) return { text: '', images: [], files: 0 };
  if (!Array.isArray(content)) throw invalid(where, 'must be a string or an array of parts');
  const texts: string[] = [];
  const images: ImageFacts[] = [];
  let files = 0;
  for (const [index, part] of content.entries()) {
    if (!isObject(part)) throw invalid(`${where}[${index}]`, 'must be an object');
    if (part['type'] === 'text' && typeof part['text'] === 'string') {
      texts.push(part['text']);
    } else if (part['type'] === 'image_url') {
      const url = isObject(part['image_url']) ? part['image_url']['url'] : undefined;
      const facts = typeof url === 'string' ? imageFacts(url) : undefined;
      if (facts === undefined) {
        throw new WireError(400, 'The image is neither a base64 data URI of an image nor a web address.', {
          code: 'invalid_image_url',
          param: `${where}[${index}].image_url.url`,
        });
      }
      images.push(facts);
    } else if (part['type'] === 'file' || part['type'] === 'input_audio') {
      files += 1;
    } else if (part['type'] === 'refusal' && typeof part['refusal'] === 'string') {
      texts.push(part['refusal']);
    } else {
      throw invalid(`${where}[${index}].type`, 'must be text, image_url, input_audio, file or refusal');
    }
  }
  return { text: texts.join('\n'), images, files };
}

function readCalls(calls: unknown): { id: string; name: string; arguments: string }[] {
  if (!Array.isArray(calls)) return [];
  return calls.flatMap((call) => {
    const called = isObject(call) ? call['function'] : undefined;
    if (!isObject(call) || typeof call['id'] !== 'string' || !isObject(called)) return [];
    return [{ id: call['id'], name: String(called['name']), arguments: String(called['arguments'] ?? '') }];
  });
}

function readTools(tools: unknown): AskedTool[] {
  if (tools === undefined || tools === null) return [];
  return listOf(tools, 'tools', toolsMax).map((tool, index) => {
    const described = isObject(tool) ? tool['function'] : undefined;
    if (!isObject(described) || typeof described['name'] !== 'string' || described['name'] === '') {
      throw invalid(`tools[${index}].function.name`, 'is required');
    }
    return {
      name: described['name'],
      description: typeof described['description'] === 'string' ? described['description'] : '',
      parameters: isObject(described['parameters']) ? described['parameters'] : {},
    };
  });
}

function readToolChoice(choice: unknown, tools: AskedTool[]): Ask['toolChoice'] {
  if (choice === undefined || choice === null || choice === 'auto') return 'auto';
  if (choice === 'none') return 'none';
  if (tools.length === 0) throw invalid('tool_choice', "is only allowed when 'tools' are specified");
  if (choice === 'required') return 'required';
  const called = isObject(choice) ? choice['function'] : undefined;
  const name = isObject(called) ? called['name'] : undefined;
  if (typeof name === 'string' && tools.some((tool) => tool.name === name)) return { name };
  throw invalid('tool_choice', 'must be none, auto, required, or name one of the tools');
}

function readFormat(format: unknown): Ask['format'] {
  if (format === undefined || format === null) return { kind: 'text' };
  if (!isObject(format)) throw invalid('response_format', 'must be an object');
  switch (format['type']) {
    case 'text':
      return { kind: 'text' };
    case 'json_object':
      return { kind: 'json' };
    case 'json_schema': {
      const described = format['json_schema'];
      const schema = isObject(described) ? described['schema'] : undefined;
      if (!isObject(schema)) throw invalid('response_format.json_schema.schema', 'is required');
      return { kind: 'schema', schema };
    }
    default:
      throw invalid('response_format.type', 'must be text, json_object or json_schema');
  }
}

function readOutputLimit(body: JsonObject, profile: Profile): number {
  for (const field of ['max_completion_tokens', 'max_tokens']) {
    const limit = body[field];
    if (limit === undefined || limit === null) continue;
    if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1)
      throw invalid(field, 'must be a whole number of at least 1');
    if (limit > profile.outputTokensMax) {
      throw invalid(field, `is too large: ${profile.id} writes at most ${profile.outputTokensMax} tokens`);
    }
    return limit;
  }
  return profile.outputTokensMax;
}

function readStop(stop: unknown): string[] {
  if (stop === undefined || stop === null) return [];
  if (typeof stop === 'string') return stop === '' ? [] : [stop];
  const list = listOf(stop, 'stop', stopsMax);
  if (!list.every((each) => typeof each === 'string'))
    throw invalid('stop', 'must be a string or an array of strings');
  return list.filter((each) => each !== '');
}

function readReasoning(effort: unknown, profile: Profile): Ask['reasoning'] {
  const asked = typeof effort === 'string' ? effort : undefined;
  if (profile.reasoning === 'none') return 'off';
  if (profile.reasoning === 'optional' && (asked === undefined || asked === 'none')) return 'off';
  switch (asked) {
    case 'none':
    case 'minimal':
    case 'low':
      return 'low';
    case 'high':
    case 'xhigh':
    case 'max':
      return 'high';
    default:
      return 'medium';
  }
}

function listOf(value: unknown, param: string, itemsMax: number): unknown[] {
  if (!Array.isArray(value)) throw invalid(param, 'is required and must be an array');
  if (value.length > itemsMax) throw invalid(param, `must have at most ${itemsMax} items`);
  return value;
}

function invalid(param: string, what: string): WireError {
  return new WireError(400, `'${param}' ${what}.`, { param, code: 'invalid_value' });
}
