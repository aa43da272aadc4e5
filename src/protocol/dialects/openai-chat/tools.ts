import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, Tool, ToolChoice } from '../../request.ts';
import type { DroppedNames } from '../dropped-names.ts';
import { type DecodedToolChoice, objectSchema, readToolChoice } from '../openai-tools.ts';
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

export function decodeToolChoice(body: JsonObject): DecodedToolChoice {
  return readToolChoice(body, decodeNamedTools);
}

function decodeNamedTools(value: JsonObject): DecodedToolChoice {
  if (value['type'] === 'allowed_tools') return decodeAllowedTools(value);
  const inner = value['type'] === 'custom' ? value['custom'] : value['function'];
  const name = isObject(inner) ? text(inner['name']) : undefined;
  if (name === undefined) reject('tool_choice.function.name', 'must name one of the tools.');
  return { choice: { name }, allowed: undefined };
}

function decodeAllowedTools(value: JsonObject): DecodedToolChoice {
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

export function encodeToolChoice(choice: ToolChoice | undefined): unknown {
  if (choice === undefined || typeof choice === 'string') return choice;
  return { type: 'function', function: { name: choice.name } };
}
