import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, Tool, ToolChoice } from '../../request.ts';
import { clientFields } from '../client-fields.ts';
import type { DroppedNames } from '../dropped-names.ts';
import { optionalArray, optionalBoolean, optionalObject, optionalString, reject, text } from '../read.ts';
import { closedSchema } from './schema.ts';

export function decodeTools(body: JsonObject): Tool[] {
  const list = optionalArray(body, 'tools');
  if (list === undefined) return [];
  const tools: Tool[] = [];
  for (let i = 0; i < list.length; i++) tools.push(decodeTool(list[i], i));
  return tools;
}

function decodeTool(value: unknown, index: number): Tool {
  if (!isObject(value)) reject(`tools[${index}]`, 'must be an object with name and input_schema.');
  const path = `tools[${index}].`;
  const type = optionalString(value, 'type', path);
  const name = text(value['name']);
  if (type !== undefined && type !== 'custom') {
    return { name: name ?? type, parameters: {}, native: value };
  }
  if (name === undefined) reject(`${path}name`, 'must be a non-empty string.');
  const parameters = value['input_schema'];
  if (!isObject(parameters)) {
    reject(`${path}input_schema`, 'must be a JSON Schema, as an object with type "object".');
  }
  const tool: Tool = {
    name,
    description: optionalString(value, 'description', path),
    parameters,
    strict: optionalBoolean(value, 'strict', path),
  };
  if (isObject(value['cache_control'])) tool.cacheControl = value['cache_control'];
  return tool;
}

export function decodeToolChoice(body: JsonObject): {
  choice: ToolChoice | undefined;
  parallel: boolean | undefined;
} {
  const value = optionalObject(body, 'tool_choice');
  if (value === undefined) return { choice: undefined, parallel: undefined };
  const serial = optionalBoolean(value, 'disable_parallel_tool_use', 'tool_choice.');
  const parallel = serial === undefined ? undefined : !serial;
  switch (value['type']) {
    case 'auto':
      return { choice: 'auto', parallel };
    case 'any':
      return { choice: 'required', parallel };
    case 'none':
      return { choice: 'none', parallel };
    case 'tool': {
      const name = text(value['name']);
      if (name === undefined) reject('tool_choice.name', 'must name one of the tools.');
      return { choice: { name }, parallel };
    }
    default:
      return reject('tool_choice.type', 'must be "auto", "any", "tool" or "none".');
  }
}

/** `strict` says whether the upstream can hold a tool's arguments to their schema. */
export function encodeTools(request: ChatRequest, strict: boolean, dropped: DroppedNames): JsonObject[] {
  const own = request.dialect === 'anthropic-messages';
  const tools: JsonObject[] = [];
  for (const tool of request.tools) {
    if (tool.native !== undefined) {
      if (own) tools.push(tool.native);
      else dropped.add(`tools.${text(tool.native['type']) ?? tool.name}`);
      continue;
    }
    const holdsStrictly = tool.strict === true && strict;
    if (tool.strict === true && !strict) dropped.add(clientFields[request.dialect].toolStrict);
    const schema = objectSchema(tool.parameters);
    tools.push({
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      input_schema: holdsStrictly && !own ? closedSchema(schema) : schema,
      ...(holdsStrictly ? { strict: true } : {}),
      ...(tool.cacheControl === undefined ? {} : { cache_control: tool.cacheControl }),
    });
  }
  return tools.length > 0 ? tools : toolsOfHistory(request);
}

/**
 * A history with tool calls needs its tools declared, also where the client offers none any more (a summary turn, say). They
 * are declared by name, and `tool_choice: none` keeps the model from calling them.
 */
function toolsOfHistory(request: ChatRequest): JsonObject[] {
  const names = new Set<string>();
  for (const message of request.messages) {
    for (const part of message.parts) if (part.type === 'tool-call') names.add(part.name);
  }
  return [...names].map((name) => ({ name, input_schema: { type: 'object', properties: {} } }));
}

function objectSchema(schema: JsonObject): JsonObject {
  return schema['type'] === 'object' ? schema : { ...schema, type: 'object' };
}

export function encodeToolChoice(request: ChatRequest): JsonObject | undefined {
  if (request.tools.length === 0 || request.toolChoice === 'none') return { type: 'none' };
  const parallel =
    request.parallelToolCalls === undefined ? {} : { disable_parallel_tool_use: !request.parallelToolCalls };
  const choice = request.toolChoice;
  if (choice === undefined) {
    return request.parallelToolCalls === false ? { type: 'auto', ...parallel } : undefined;
  }
  if (choice === 'auto') return { type: 'auto', ...parallel };
  if (choice === 'required') return { type: 'any', ...parallel };
  return { type: 'tool', name: choice.name, ...parallel };
}
