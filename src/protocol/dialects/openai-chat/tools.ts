import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, Tool, ToolChoice } from '../../request.ts';
import type { DroppedNames } from '../dropped-names.ts';
import { optionalArray, optionalBoolean, optionalObject, optionalString, reject, text } from '../read.ts';

export function decodeTools(body: JsonObject, allowed: ReadonlySet<string> | undefined): Tool[] {
  const list = optionalArray(body, 'tools');
  if (list === undefined) return [];
  const tools: Tool[] = [];
  for (let i = 0; i < list.length; i++) {
    const tool = decodeTool(list[i], i);
    if (allowed === undefined || allowed.has(tool.name)) tools.push(tool);
  }
  return tools;
}

function decodeTool(value: unknown, index: number): Tool {
  if (!isObject(value)) reject(`tools[${index}]`, 'must be an object with type and function.');
  const type = value['type'];
  const definition = value['function'];
  if (type !== undefined && type !== null && type !== 'function') {
    if (typeof type !== 'string') reject(`tools[${index}].type`, 'must be a string such as "function".');
    const inner = value[type];
    const name = (isObject(inner) ? text(inner['name']) : undefined) ?? text(value['name']) ?? type;
    return { name, parameters: {}, native: value };
  }
  if (!isObject(definition)) {
    reject(`tools[${index}].function`, 'must be an object with name, description and parameters.');
  }
  const path = `tools[${index}].function.`;
  const name = definition['name'];
  if (typeof name !== 'string' || name === '') reject(`${path}name`, 'must be a non-empty string.');
  const tool: Tool = {
    name,
    description: optionalString(definition, 'description', path),
    parameters: optionalObject(definition, 'parameters', path) ?? { type: 'object', properties: {} },
    strict: optionalBoolean(definition, 'strict', path),
  };
  if (isObject(value['cache_control'])) tool.cacheControl = value['cache_control'];
  return tool;
}

const choiceWords: readonly unknown[] = ['auto', 'none', 'required'];

/** `allowed` are the names of an `allowed_tools` choice: other dialects say the same by offering only those tools. */
export function decodeToolChoice(body: JsonObject): {
  choice: ToolChoice | undefined;
  allowed: ReadonlySet<string> | undefined;
} {
  const value = body['tool_choice'];
  if (value === undefined || value === null) return { choice: undefined, allowed: undefined };
  if (choiceWords.includes(value)) return { choice: value as ToolChoice, allowed: undefined };
  if (!isObject(value)) {
    reject('tool_choice', 'must be "auto", "none", "required" or an object that names a function.');
  }
  if (value['type'] === 'allowed_tools') return decodeAllowedTools(value);
  const inner = value['type'] === 'custom' ? value['custom'] : value['function'];
  const name = isObject(inner) ? text(inner['name']) : undefined;
  if (name === undefined) reject('tool_choice.function.name', 'must name one of the tools.');
  return { choice: { name }, allowed: undefined };
}

function decodeAllowedTools(value: JsonObject): { choice: ToolChoice; allowed: ReadonlySet<string> } {
  const inner = value['allowed_tools'];
  if (!isObject(inner) || !Array.isArray(inner['tools'])) {
    reject('tool_choice.allowed_tools', 'must be an object with mode and tools.');
  }
  const allowed = new Set<string>();
  for (const tool of inner['tools'] as unknown[]) {
    const definition = isObject(tool) ? (tool['function'] ?? tool['custom']) : undefined;
    const name = isObject(definition) ? text(definition['name']) : undefined;
    if (name !== undefined) allowed.add(name);
  }
  return { choice: inner['mode'] === 'required' ? 'required' : 'auto', allowed };
}

export function encodeTools(request: ChatRequest, dropped: DroppedNames): JsonObject[] {
  const own = request.dialect === 'openai-chat';
  const tools: JsonObject[] = [];
  for (const tool of request.tools) {
    if (tool.native !== undefined) {
      if (own) tools.push(tool.native);
      else dropped.add(`tools.${text(tool.native['type']) ?? tool.name}`);
      continue;
    }
    if (tool.cacheControl !== undefined && !own) dropped.add('cache_control');
    tools.push({
      type: 'function',
      function: {
        name: tool.name,
        ...(tool.description === undefined ? {} : { description: tool.description }),
        parameters: objectSchema(tool.parameters),
        ...(tool.strict === undefined ? {} : { strict: tool.strict }),
      },
      ...(own && tool.cacheControl !== undefined ? { cache_control: tool.cacheControl } : {}),
    });
  }
  return tools;
}

/** Upstreams of this dialect refuse a schema of arguments without `type` and `properties`. */
function objectSchema(schema: JsonObject): JsonObject {
  if (schema['type'] === 'object' && schema['properties'] !== undefined) return schema;
  return { ...schema, type: 'object', properties: schema['properties'] ?? {} };
}

export function encodeToolChoice(choice: ToolChoice | undefined): unknown {
  if (choice === undefined || typeof choice === 'string') return choice;
  return { type: 'function', function: { name: choice.name } };
}
