import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, Tool, ToolChoice } from '../../request.ts';
import { closedSchema } from '../anthropic-messages/schema.ts';
import { clientFields } from '../client-fields.ts';
import type { DroppedNames } from '../dropped-names.ts';
import { optionalArray, optionalBoolean, optionalObject, optionalString, reject, text } from '../read.ts';
import { kindOf } from './blocks.ts';
import { cachePoint } from './encode-messages.ts';
import { cacheControlOf } from './messages.ts';

const toolNameForm = /^[A-Za-z0-9_-]{1,64}$/;

/** Said where the service has no field for it. */
const noToolsInstruction = 'Do not call a tool now: answer in words.';

export function decodeTools(body: JsonObject): Tool[] {
  const config = optionalObject(body, 'toolConfig');
  const list = config === undefined ? undefined : optionalArray(config, 'tools');
  const tools: Tool[] = [];
  for (const [index, value] of (list ?? []).entries()) {
    if (!isObject(value)) reject(`toolConfig.tools[${index}]`, 'must be an object with toolSpec.');
    const last = tools.at(-1);
    if (value['cachePoint'] === undefined) tools.push(decodeTool(value, `toolConfig.tools[${index}]`));
    else if (last !== undefined) last.cacheControl = cacheControlOf(value['cachePoint']);
  }
  return tools;
}

function decodeTool(value: JsonObject, path: string): Tool {
  const spec = value['toolSpec'];
  if (!isObject(spec)) {
    const kind = kindOf(value);
    if (kind === undefined) reject(path, 'must be an object with toolSpec.');
    const inner = value[kind];
    return {
      name: (isObject(inner) ? text(inner['name']) : undefined) ?? kind,
      parameters: {},
      native: value,
    };
  }
  const name = text(spec['name']);
  if (name === undefined) reject(`${path}.toolSpec.name`, 'must be a non-empty string.');
  const schema = spec['inputSchema'];
  const parameters = isObject(schema) ? schema['json'] : undefined;
  if (!isObject(parameters)) {
    reject(`${path}.toolSpec.inputSchema.json`, 'must be a JSON Schema, as an object with type "object".');
  }
  return {
    name,
    description: optionalString(spec, 'description', `${path}.toolSpec.`),
    parameters,
    strict: optionalBoolean(spec, 'strict', `${path}.toolSpec.`),
  };
}

export function decodeToolChoice(body: JsonObject): ToolChoice | undefined {
  const config = optionalObject(body, 'toolConfig');
  const choice = config === undefined ? undefined : optionalObject(config, 'toolChoice', 'toolConfig.');
  if (choice === undefined) return undefined;
  if (choice['auto'] !== undefined) return 'auto';
  if (choice['any'] !== undefined) return 'required';
  const tool = choice['tool'];
  const name = isObject(tool) ? text(tool['name']) : undefined;
  if (name === undefined) {
    reject('toolConfig.toolChoice', 'must be {"auto": {}}, {"any": {}} or {"tool": {"name": "…"}}.');
  }
  return { name };
}

export interface EncodedTools {
  toolConfig: JsonObject | undefined;
  /** What no field says. */
  instructions: string[];
}

/**
 * `strict` says whether the upstream can hold a tool's arguments to their schema. A history with tool calls needs its tools declared,
 * also where none may be called now; without such a history, tools that may not be called are not offered.
 */
export function encodeTools(request: ChatRequest, strict: boolean, dropped: DroppedNames): EncodedTools {
  const history = namesOfHistory(request);
  const forbidden = request.toolChoice === 'none' || request.tools.length === 0;
  if (forbidden && history.size === 0) return { toolConfig: undefined, instructions: [] };

  const tools = encodeOffered(request, strict, dropped);
  if (tools.length === 0) for (const name of history) tools.push(declared(name));
  if (tools.length === 0) return { toolConfig: undefined, instructions: [] };
  if (forbidden) {
    if (request.toolChoice === 'none') dropped.add('tool_choice');
    return { toolConfig: { tools }, instructions: [noToolsInstruction] };
  }
  if (request.parallelToolCalls === false) dropped.add('parallel_tool_calls');
  const toolChoice = encodeToolChoice(request.toolChoice);
  return { toolConfig: { tools, ...(toolChoice === undefined ? {} : { toolChoice }) }, instructions: [] };
}

function encodeOffered(request: ChatRequest, strict: boolean, dropped: DroppedNames): JsonObject[] {
  const own = request.dialect === 'bedrock-converse';
  const tools: JsonObject[] = [];
  for (const tool of request.tools) {
    if (tool.native !== undefined) {
      if (own) tools.push(tool.native);
      else dropped.add(`tools.${text(tool.native['type']) ?? tool.name}`);
      continue;
    }
    const { description } = tool;
    const holdsStrictly = tool.strict === true && strict;
    if (tool.strict === true && !strict) dropped.add(clientFields[request.dialect].toolStrict);
    const schema = objectSchema(tool.parameters);
    const toolSpec = {
      name: checkedName(tool.name),
      ...(description === undefined || description === '' ? {} : { description }),
      inputSchema: { json: holdsStrictly && !own ? closedSchema(schema) : schema },
      ...(holdsStrictly ? { strict: true } : {}),
    };
    tools.push({ toolSpec });
    if (tool.cacheControl !== undefined) tools.push(cachePoint(tool.cacheControl));
  }
  return tools;
}

/** A name that was changed on the way out would come back changed, and the client would not know the tool. */
function checkedName(name: string): string {
  if (toolNameForm.test(name)) return name;
  throw new GatewayError(
    'invalid_request',
    `The tool ${JSON.stringify(name.slice(0, 100))} cannot be offered to this model: name it with at most 64 letters, digits, underscores and hyphens.`,
    { param: 'tools' },
  );
}

function namesOfHistory(request: ChatRequest): Set<string> {
  const names = new Set<string>();
  for (const message of request.messages) {
    for (const part of message.parts) {
      if (part.type === 'tool-call') names.add(part.name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64));
    }
  }
  return names;
}

function declared(name: string): JsonObject {
  return { toolSpec: { name, inputSchema: { json: { type: 'object', properties: {} } } } };
}

function objectSchema(schema: JsonObject): JsonObject {
  return schema['type'] === 'object' ? schema : { ...schema, type: 'object' };
}

function encodeToolChoice(choice: ToolChoice | undefined): JsonObject | undefined {
  if (choice === undefined || choice === 'none') return undefined;
  if (choice === 'auto') return { auto: {} };
  if (choice === 'required') return { any: {} };
  return { tool: { name: choice.name } };
}
