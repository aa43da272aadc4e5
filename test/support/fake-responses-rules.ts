import { asArray, asObject } from './fake-answer.ts';

type Fields = { [key: string]: unknown };

/** What OpenAI's service knows; any other field it refuses by name. */
const knownFields = new Set(
  `background client_metadata context_management conversation include input instructions max_output_tokens max_tool_calls metadata model moderation
  parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning
  safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user`.split(
    /\s+/,
  ),
);

/** Begins what the fake itself encrypted; what another vendor did is refused. */
export const fakeEncryptedPrefix = 'gAAAA-fake-';

const itemFields: { [type: string]: Set<string> } = {
  message: new Set(['type', 'id', 'role', 'content', 'status', 'phase']),
  function_call: new Set(['type', 'id', 'call_id', 'name', 'namespace', 'arguments', 'status']),
  function_call_output: new Set(['type', 'id', 'call_id', 'output', 'status']),
  reasoning: new Set(['type', 'id', 'summary', 'content', 'encrypted_content', 'status']),
  item_reference: new Set(['type', 'id']),
};

const inputParts = ['input_text', 'input_image', 'input_file'];
const partsOfRole: { [role: string]: string[] } = {
  user: inputParts,
  system: inputParts,
  developer: inputParts,
  assistant: ['output_text', 'refusal'],
};

const outputTokensMin = 16;
const callIdCharsMax = 64;

/** Models that think; the others refuse to be told how. */
const thinks = /^(o\d|gpt-5)/;

/** What the service would refuse a request for, in its words; undefined = it answers. */
export function invalidOf(body: Fields): string | undefined {
  const unknown = Object.keys(body).find((key) => !knownFields.has(key));
  if (unknown !== undefined) return `Unknown parameter: '${unknown}'.`;
  const { model, input } = body;
  if (typeof model !== 'string' || model === '') return "Missing required parameter: 'model'.";
  const limit = body['max_output_tokens'];
  if (typeof limit === 'number' && limit < outputTokensMin) {
    return `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${outputTokensMin}, but got ${limit} instead.`;
  }
  return (
    invalidThinking(body, model) ?? invalidTools(body) ?? invalidFormat(body) ?? invalidInput(input, body)
  );
}

function invalidThinking(body: Fields, model: string): string | undefined {
  const { effort, summary } = asObject(body['reasoning']);
  if (thinks.test(model)) {
    return body['temperature'] === undefined
      ? undefined
      : "Unsupported parameter: 'temperature' is not supported with this model.";
  }
  if (typeof effort === 'string')
    return "Unsupported parameter: 'reasoning.effort' is not supported with this model.";
  if (typeof summary === 'string')
    return "Unsupported parameter: 'reasoning.summary' is not supported with this model.";
  // Encrypted thoughts may be asked of every model: the vendor's own tool runner does.
  return undefined;
}

function invalidTools(body: Fields): string | undefined {
  const tools = asArray(body['tools']).map(asObject);
  for (const [index, tool] of tools.entries()) {
    if (tool['type'] !== 'function') continue;
    if (tool['name'] === undefined) return `Missing required parameter: 'tools[${index}].name'.`;
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(String(tool['name'])))
      return `Invalid 'tools[${index}].name': string does not match pattern.`;
    const parameters = asObject(tool['parameters']);
    if (parameters['type'] !== 'object') {
      return `Invalid schema for function '${String(tool['name'])}': schema must be a JSON Schema of 'type: "object"'.`;
    }
    const loose = tool['strict'] === false ? undefined : looseObject(parameters, '');
    if (tool['strict'] === true && loose !== undefined)
      return `Invalid schema for function '${String(tool['name'])}': ${loose}`;
  }
  const wanted = asObject(body['tool_choice'])['name'];
  if (wanted !== undefined && !tools.some(({ name }) => name === wanted))
    return `Tool choice '${String(wanted)}' not found in 'tools' parameter.`;
  return undefined;
}

function invalidFormat(body: Fields): string | undefined {
  const format = asObject(asObject(body['text'])['format']);
  if (format['type'] !== 'json_schema') return undefined;
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(String(format['name'])))
    return "Invalid 'text.format.name': string does not match pattern.";
  if (format['schema'] === undefined) return "Missing required parameter: 'text.format.schema'.";
  const loose = format['strict'] === true ? looseObject(asObject(format['schema']), '') : undefined;
  return loose === undefined ? undefined : `Invalid schema for response_format: ${loose}`;
}

/** Strict schemas close every object and require every property. */
function looseObject(schema: Fields, path: string): string | undefined {
  const properties = asObject(schema['properties']);
  if (schema['type'] === 'object') {
    if (schema['additionalProperties'] !== false)
      return `In context=(${path}), 'additionalProperties' is required to be supplied and to be false.`;
    const missing = Object.keys(properties).find((name) => !asArray(schema['required']).includes(name));
    if (missing !== undefined)
      return `In context=(${path}), 'required' is required to include every key in properties. Missing '${missing}'.`;
  }
  const { items } = schema;
  const inner = items === undefined ? properties : { ...properties, items };
  for (const [name, value] of Object.entries(inner)) {
    const loose = looseObject(asObject(value), `${path}/${name}`);
    if (loose !== undefined) return loose;
  }
  return undefined;
}

function invalidInput(input: unknown, body: Fields): string | undefined {
  if (typeof input === 'string') return undefined;
  if (!Array.isArray(input)) return "Missing required parameter: 'input'.";
  if (input.length === 0) return "Invalid 'input': array too short.";
  const items = input.map(asObject);
  for (const [index, item] of items.entries()) {
    const problem = invalidItem(item, `input[${index}]`);
    if (problem !== undefined) return problem;
  }
  const ids = items.flatMap(({ id }) => (typeof id === 'string' ? [id] : []));
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    return `Duplicate item found with id ${twice}. Remove duplicate items from your input and try again.`;
  const lost = items.find(({ type }) => type === 'item_reference' && body['store'] === false);
  if (lost !== undefined)
    return `Item with id '${String(lost['id'])}' not found. Items are not persisted when \`store\` is set to false.`;
  const stored = typeof body['previous_response_id'] === 'string';
  return (
    unansweredCall(items) ?? (stored ? undefined : uncalledOutput(items)) ?? orphanedThought(items, body)
  );
}

function invalidItem(item: Fields, path: string): string | undefined {
  const type = String(item['type'] ?? 'message');
  const fields = itemFields[type];
  if (fields === undefined)
    return `Invalid value: '${type}'. Supported values are: ${Object.keys(itemFields).join(', ')}.`;
  const unknown = Object.keys(item).find((key) => !fields.has(key));
  if (unknown !== undefined) return `Unknown parameter: '${path}.${unknown}'.`;
  switch (type) {
    case 'message':
      return invalidMessage(item, path);
    case 'function_call':
      for (const field of ['call_id', 'name', 'arguments'])
        if (typeof item[field] !== 'string') return `Missing required parameter: '${path}.${field}'.`;
      return invalidCallId(item, path);
    case 'function_call_output':
      if (typeof item['output'] === 'string') return invalidCallId(item, path);
      return Array.isArray(item['output'])
        ? (invalidParts(item['output'], inputParts, `${path}.output`) ?? invalidCallId(item, path))
        : `Missing required parameter: '${path}.output'.`;
    case 'reasoning':
      return Array.isArray(item['summary']) ? undefined : `Missing required parameter: '${path}.summary'.`;
    default:
      return undefined;
  }
}

function invalidCallId(item: Fields, path: string): string | undefined {
  const id = String(item['call_id'] ?? '');
  if (id === '') return `Missing required parameter: '${path}.call_id'.`;
  return id.length > callIdCharsMax ? `Invalid '${path}.call_id': string too long.` : undefined;
}

function invalidMessage({ id, role, content }: Fields, path: string): string | undefined {
  const parts = partsOfRole[String(role)];
  if (parts === undefined) return `Invalid value: '${String(role)}' at '${path}.role'.`;
  if (id !== undefined && !String(id).startsWith('msg_'))
    return `Invalid '${path}.id': '${String(id)}'. Expected an ID that begins with 'msg'.`;
  if (typeof content === 'string') return undefined;
  return Array.isArray(content)
    ? invalidParts(content, parts, `${path}.content`)
    : `Missing required parameter: '${path}.content'.`;
}

function invalidParts(content: unknown[], allowed: string[], path: string): string | undefined {
  for (const [index, part] of content.map(asObject).entries()) {
    const type = String(part['type']);
    if (!allowed.includes(type))
      return `Invalid value: '${type}'. Supported values are: ${allowed.join(', ')}. (${path}[${index}])`;
    const url = part['image_url'];
    if (type === 'input_image' && part['file_id'] === undefined && !/^(https?:|data:)/.test(String(url)))
      return `Invalid '${path}[${index}].image_url'. Expected a valid URL.`;
    if (/_text$/.test(type) && typeof part['text'] !== 'string')
      return `Missing required parameter: '${path}[${index}].text'.`;
  }
  return undefined;
}

function unansweredCall(items: Fields[]): string | undefined {
  const answered = outputs(items);
  const open = items.find(({ type, call_id: id }) => type === 'function_call' && !answered.includes(id));
  return open === undefined
    ? undefined
    : `No tool output found for function call ${String(open['call_id'])}.`;
}

function uncalledOutput(items: Fields[]): string | undefined {
  const called = items.filter(({ type }) => type === 'function_call').map((item) => item['call_id']);
  const stray = outputs(items).find((id) => !called.includes(id));
  return stray === undefined
    ? undefined
    : `No tool call found for function call output with call_id ${String(stray)}.`;
}

function outputs(items: Fields[]): unknown[] {
  return items.filter(({ type }) => type === 'function_call_output').map((item) => item['call_id']);
}

/** Thoughts belong to what the model wrote next, and only those that this vendor encrypted, or still holds, are known to it. */
function orphanedThought(items: Fields[], body: Fields): string | undefined {
  for (const [index, item] of items.entries()) {
    if (item['type'] !== 'reasoning') continue;
    const id = String(item['id']);
    const encrypted = item['encrypted_content'];
    if (encrypted !== undefined && encrypted !== null && !String(encrypted).startsWith(fakeEncryptedPrefix))
      return `The encrypted content for item ${id} could not be verified.`;
    if ((encrypted === undefined || encrypted === null) && (body['store'] === false || !/^rs_fake-/.test(id)))
      return `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false.`;
    const next = items.slice(index + 1).find(({ type }) => type !== 'reasoning');
    const written = next !== undefined && (next['type'] === 'function_call' || next['role'] === 'assistant');
    if (!written) return `Item '${id}' of type 'reasoning' was provided without its required following item.`;
  }
  return undefined;
}
