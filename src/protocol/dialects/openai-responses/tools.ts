import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, Tool, ToolChoice } from '../../request.ts';
import type { DroppedNames } from '../dropped-names.ts';
import { type DecodedToolChoice, objectSchema, readToolChoice } from '../openai-tools.ts';
import { optionalArray, optionalBoolean, optionalObject, optionalString, reject, text } from '../read.ts';

/** Parts the namespace from the name of a tool inside it; the model sees both as one name. */
const namespaceMark = '__';

export function decodeTools(body: JsonObject, allowed: ReadonlySet<string> | undefined): Tool[] {
  const list = optionalArray(body, 'tools');
  if (list === undefined) return [];
  const tools: Tool[] = [];
  for (let i = 0; i < list.length; i++) {
    for (const tool of decodeTool(list[i], `tools[${i}]`)) {
      if (allowed === undefined || allowed.has(tool.name)) tools.push(tool);
    }
  }
  return tools;
}

function decodeTool(value: unknown, path: string): Tool[] {
  if (!isObject(value)) reject(path, 'must be an object with type and name.');
  const type = value['type'];
  if (typeof type !== 'string') reject(`${path}.type`, 'must be a string such as "function".');
  if (type === 'function') return [decodeFunction(value, path)];
  const inner = value['tools'];
  if (type !== 'namespace' || !Array.isArray(inner)) {
    return [
      { name: text(value['name']) ?? text(value['server_label']) ?? type, parameters: {}, native: value },
    ];
  }
  const tools: Tool[] = [];
  for (let i = 0; i < inner.length; i++) {
    for (const tool of decodeTool(inner[i], `${path}.tools[${i}]`)) {
      tools.push({ ...tool, name: namespaced(text(value['name']), tool.name) });
    }
  }
  return tools;
}

/** Without `strict` the vendor holds to the schema where it can; that is nothing another dialect could be asked for. */
function decodeFunction(value: JsonObject, path: string): Tool {
  const name = value['name'];
  if (typeof name !== 'string' || name === '') reject(`${path}.name`, 'must be a non-empty string.');
  return {
    name,
    description: optionalString(value, 'description', `${path}.`),
    parameters: optionalObject(value, 'parameters', `${path}.`) ?? { type: 'object', properties: {} },
    strict: optionalBoolean(value, 'strict', `${path}.`) === true ? true : undefined,
  };
}

export function namespaced(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}${namespaceMark}${name}`;
}

/** `name`, and `namespace` where the client declared the tool inside one. */
export function callName(name: string, request: ChatRequest | undefined): JsonObject {
  const tools = request?.body['tools'];
  for (const tool of Array.isArray(tools) ? tools : []) {
    const namespace = isObject(tool) && tool['type'] === 'namespace' ? text(tool['name']) : undefined;
    if (namespace !== undefined && name.startsWith(namespace + namespaceMark)) {
      return { namespace, name: name.slice(namespace.length + namespaceMark.length) };
    }
  }
  return { name };
}

export function decodeToolChoice(body: JsonObject): DecodedToolChoice {
  return readToolChoice(body, decodeNamedTools);
}

function decodeNamedTools(value: JsonObject): DecodedToolChoice {
  if (value['type'] === 'allowed_tools') return decodeAllowedTools(value);
  const hosted = value['type'] === 'function' || value['type'] === 'custom' ? undefined : text(value['type']);
  const name = text(value['name']) ?? text(value['server_label']) ?? hosted;
  if (name === undefined) reject('tool_choice.name', 'must name one of the tools.');
  return { choice: { name: namespaced(text(value['namespace']), name) }, allowed: undefined };
}

function decodeAllowedTools(value: JsonObject): DecodedToolChoice {
  const list = value['tools'];
  if (!Array.isArray(list))
    reject('tool_choice.tools', 'must be an array of tools, each with type and name.');
  const allowed = new Set<string>();
  for (const tool of list) {
    if (!isObject(tool)) continue;
    const name = text(tool['name']) ?? text(tool['server_label']) ?? text(tool['type']);
    if (name !== undefined) allowed.add(namespaced(text(tool['namespace']), name));
  }
  return { choice: value['mode'] === 'required' ? 'required' : 'auto', allowed };
}

export function encodeTools(request: ChatRequest, dropped: DroppedNames): JsonObject[] {
  const own = request.dialect === 'openai-responses';
  const tools: JsonObject[] = [];
  for (const tool of request.tools) {
    if (tool.native !== undefined) {
      if (own) tools.push(tool.native);
      else dropped.add(`tools.${text(tool.native['type']) ?? tool.name}`);
      continue;
    }
    if (tool.cacheControl !== undefined) dropped.add('cache_control');
    tools.push({
      type: 'function',
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      parameters: objectSchema(tool.parameters),
      // Left out, it would mean «strict where possible» here, which makes optional arguments required.
      strict: tool.strict ?? false,
    });
  }
  return tools;
}

export function encodeToolChoice(choice: ToolChoice | undefined): unknown {
  if (choice === undefined || typeof choice === 'string') return choice;
  return { type: 'function', name: choice.name };
}
