import {
  type ChatAnswer,
  type ClientDialectName,
  type DialectName,
  dialects,
  isObject,
  type JsonObject,
} from '../../../protocol/index.ts';

/** A field that is an object, or text of one: CSV files and some databases keep JSON as text. */
export function objectField(record: JsonObject, ...names: string[]): JsonObject | undefined {
  for (const name of names) {
    const value = parsed(record[name]);
    if (isObject(value) && Object.keys(value).length > 0) return value;
  }
  return undefined;
}

/** A value as JSON where it is text of JSON, else as it is. */
export function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if (!/^[[{"]/.test(text)) return value;
  // Some exporters escape quotes of objects once more than CSV asks for.
  for (const candidate of [text, text.replaceAll('""', '"')]) {
    try {
      return JSON.parse(candidate);
    } catch {
      // The next spelling, or the text itself.
    }
  }
  return value;
}

export function textField(record: JsonObject, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = record[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

/** An amount of 0 or more; CSV files have numbers as text. */
export function amountField(record: JsonObject | undefined, ...names: string[]): number | undefined {
  for (const name of names) {
    const value = record?.[name];
    const amount = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof amount === 'number' && Number.isFinite(amount) && amount >= 0) return amount;
  }
  return undefined;
}

/** Seconds or milliseconds since 1970, or a date; a time without a zone is UTC, as exporters write it. */
export function timeField(record: JsonObject, ...names: string[]): number | undefined {
  for (const name of names) {
    const value = record[name];
    if (typeof value === 'number' && value > 0) return value < 1e11 ? value * 1000 : value;
    if (typeof value !== 'string' || value === '') continue;
    const plain = value.trim().replace(' ', 'T');
    const at = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(plain) ? plain : `${plain}Z`);
    if (!Number.isNaN(at)) return at;
  }
  return undefined;
}

/** The dialect that a request body is written in; undefined where it is none that can be decided without its path. */
export function dialectOf(body: JsonObject): ClientDialectName | undefined {
  if (Array.isArray(body['messages'])) {
    return isAnthropic(body, body['messages']) ? 'anthropic-messages' : 'openai-chat';
  }
  if (body['input'] !== undefined) return 'openai-responses';
  if (body['prompt'] !== undefined) return 'openai-completions';
  return undefined;
}

const anthropicBlocks = new Set(['tool_use', 'tool_result', 'thinking', 'redacted_thinking']);

function isAnthropic(body: JsonObject, messages: unknown[]): boolean {
  if (body['anthropic_version'] !== undefined || body['system'] !== undefined) return true;
  return messages.some(
    (message) =>
      isObject(message) &&
      Array.isArray(message['content']) &&
      message['content'].some((part: unknown) => isObject(part) && anthropicBlocks.has(String(part['type']))),
  );
}

/** An answer in any dialect, or as the message alone; undefined where it is none. */
export function answerOf(value: unknown): ChatAnswer | undefined {
  const given = parsed(value);
  if (typeof given === 'string') return given.trim() === '' ? undefined : textAnswer(given);
  if (Array.isArray(given)) {
    const last: unknown = given.at(-1);
    return isObject(last) ? answerOf(last) : undefined;
  }
  if (!isObject(given)) return undefined;
  if (Array.isArray(given['choices'])) return decoded('openai-chat', given);
  if (Array.isArray(given['output'])) return decoded('openai-responses', given);
  if (given['type'] === 'message' && Array.isArray(given['content']))
    return decoded('anthropic-messages', given);
  if (given['role'] === 'assistant' || typeof given['content'] === 'string')
    return decoded('openai-chat', { choices: [{ index: 0, message: given, finish_reason: 'stop' }] });
  return undefined;
}

function decoded(dialect: DialectName, body: JsonObject): ChatAnswer | undefined {
  try {
    const answer = dialects[dialect].decodeAnswer(body);
    return answer.parts.length > 0 ? answer : undefined;
  } catch {
    return undefined;
  }
}

const textAnswer = (text: string): ChatAnswer => ({
  id: undefined,
  model: undefined,
  parts: [{ type: 'text', text }],
  finish: { unified: 'stop', raw: undefined },
  usage: undefined,
});

/** Roles and texts from whatever was logged as the input: a body, a list of messages, or the text of the ask. */
export function bodyOf(input: unknown): JsonObject | undefined {
  const given = parsed(input);
  if (typeof given === 'string')
    return given.trim() === '' ? undefined : { messages: [{ role: 'user', content: given }] };
  if (Array.isArray(given)) return given.some(isObject) ? { messages: given.map(asMessage) } : undefined;
  if (!isObject(given)) return undefined;
  if (dialectOf(given) !== undefined) return given;
  return typeof given['role'] === 'string' ? { messages: [given] } : undefined;
}

const roles: { [said: string]: string | undefined } = { human: 'user', ai: 'assistant', bot: 'assistant' };

/** Frameworks name roles in their own words (`type: human`). */
function asMessage(message: unknown): unknown {
  if (!isObject(message)) return message;
  const said = message['role'] ?? message['type'];
  const role = typeof said === 'string' ? (roles[said] ?? said) : said;
  return { ...message, role };
}
