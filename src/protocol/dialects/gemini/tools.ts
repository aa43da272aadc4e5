import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, Tool, ToolChoice } from '../../request.ts';
import { clientFields } from '../client-fields.ts';
import type { DroppedNames } from '../dropped-names.ts';
import { optionalArray, optionalObject, optionalString, reject, text } from '../read.ts';
import { jsonSchemaOf } from './schema.ts';
import { camelFields } from './spelling.ts';

const noParameters: JsonObject = { type: 'object', properties: {} };

export function decodeTools(body: JsonObject, allowed: ReadonlySet<string> | undefined): Tool[] {
  const tools: Tool[] = [];
  const list = optionalArray(body, 'tools') ?? [];
  for (let i = 0; i < list.length; i++) {
    const given = list[i];
    if (!isObject(given)) reject(`tools[${i}]`, 'must be an object such as {"functionDeclarations": […]}.');
    const { functionDeclarations: _, ...natives } = camelFields(given);
    for (const [name, value] of Object.entries(natives)) {
      tools.push({ name, parameters: {}, native: { [name]: value } });
    }
    tools.push(...decodeFunctions(camelFields(given), `tools[${i}].`));
  }
  return allowed === undefined
    ? tools
    : tools.filter((tool) => tool.native !== undefined || allowed.has(tool.name));
}

function decodeFunctions(tool: JsonObject, path: string): Tool[] {
  const list = optionalArray(tool, 'functionDeclarations', path) ?? [];
  return list.map((given, j) => {
    const at = `${path}functionDeclarations[${j}]`;
    if (!isObject(given)) reject(at, 'must be an object with name, description and parameters.');
    const declaration = camelFields(given);
    const name = text(declaration['name']);
    if (name === undefined) reject(`${at}.name`, 'must be a non-empty string.');
    const subset = optionalObject(declaration, 'parameters', `${at}.`);
    return {
      name,
      description: optionalString(declaration, 'description', `${at}.`),
      parameters:
        optionalObject(declaration, 'parametersJsonSchema', `${at}.`) ??
        (subset === undefined ? noParameters : jsonSchemaOf(subset)),
    };
  });
}

/** `allowed`: other dialects say the same by offering only those tools. */
export function decodeToolChoice(body: JsonObject): {
  choice: ToolChoice | undefined;
  allowed: ReadonlySet<string> | undefined;
} {
  const toolConfig = optionalObject(body, 'toolConfig');
  const given =
    toolConfig === undefined
      ? undefined
      : optionalObject(camelFields(toolConfig), 'functionCallingConfig', 'toolConfig.');
  if (given === undefined) return { choice: undefined, allowed: undefined };
  const config = camelFields(given);
  const path = 'toolConfig.functionCallingConfig.';
  const names = optionalArray(config, 'allowedFunctionNames', path) ?? [];
  if (!names.every((name) => typeof name === 'string')) {
    reject(`${path}allowedFunctionNames`, 'must be an array of names.');
  }
  const allowed = names.length === 0 ? undefined : new Set(names as string[]);
  switch (optionalString(config, 'mode', path)?.toUpperCase() ?? 'AUTO') {
    case 'NONE':
      return { choice: 'none', allowed: undefined };
    case 'ANY':
      if (names.length === 1) return { choice: { name: names[0] as string }, allowed: undefined };
      return { choice: 'required', allowed };
    case 'AUTO':
    case 'VALIDATED':
    case 'MODE_UNSPECIFIED':
      return { choice: 'auto', allowed };
    default:
      return reject(`${path}mode`, 'must be "AUTO", "ANY", "NONE" or "VALIDATED".');
  }
}

export function encodeTools(request: ChatRequest, dropped: DroppedNames): JsonObject[] {
  const own = request.dialect === 'gemini';
  const declarations: JsonObject[] = [];
  const natives: JsonObject[] = [];
  for (const tool of request.tools) {
    if (tool.native !== undefined) {
      if (own) natives.push(tool.native);
      else dropped.add(`tools.${text(tool.native['type']) ?? tool.name}`);
      continue;
    }
    if (tool.cacheControl !== undefined) dropped.add('cache_control');
    if (tool.strict === true) dropped.add(clientFields[request.dialect].toolStrict);
    declarations.push({
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      parametersJsonSchema: tool.parameters,
    });
  }
  return declarations.length === 0 ? natives : [{ functionDeclarations: declarations }, ...natives];
}

export function encodeToolChoice(choice: ToolChoice | undefined): JsonObject | undefined {
  if (choice === undefined) return undefined;
  const config =
    typeof choice === 'object'
      ? { mode: 'ANY', allowedFunctionNames: [choice.name] }
      : { mode: modes[choice] };
  return { functionCallingConfig: config };
}

const modes = { auto: 'AUTO', none: 'NONE', required: 'ANY' } as const;
