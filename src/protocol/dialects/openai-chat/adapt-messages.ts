import type { EncodeTarget } from '../../dialect.ts';
import { isObject, type JsonObject } from '../../json.ts';

/** What an upstream is particular about in the list of messages. */
export type MessageRules = Pick<
  EncodeTarget,
  'systemRole' | 'alternatingRoles' | 'reasoningEcho' | 'emptyToolResult'
>;

interface AdaptedMessages {
  messages: JsonObject[];
  /** False: the list may be sent as it was given. */
  changed: boolean;
  /** Past reasoning was taken out. */
  withoutReasoning: boolean;
}

const separator = '\n\n';
const reasoningFields = ['reasoning_content', 'reasoning', 'reasoning_details'] as const;

/** The messages as this upstream takes them. Objects that need not change stay the client's own. */
export function adaptMessages(given: readonly JsonObject[], rules: MessageRules): AdaptedMessages {
  const echoed = rules.reasoningEcho === undefined ? given : withEcho(given, rules.reasoningEcho);
  const withoutReasoning = echoed.some((message, index) => message !== given[index]);
  let messages = rules.emptyToolResult === undefined ? echoed : withToolText(echoed, rules.emptyToolResult);
  if (rules.systemRole === 'merged') messages = withOneSystem(messages);
  else if (rules.systemRole === 'system') messages = messages.map(asSystem);
  if (rules.alternatingRoles === true) messages = takingTurns(messages);
  const changed =
    messages.length !== given.length || messages.some((message, index) => message !== given[index]);
  return { messages: [...messages], changed, withoutReasoning };
}

/** A turn is what stands between two messages of the user: with tool calls in it, all of its reasoning belongs to them. */
function withEcho(
  messages: readonly JsonObject[],
  echo: NonNullable<MessageRules['reasoningEcho']>,
): readonly JsonObject[] {
  if (echo === 'all') return messages;
  const kept = new Set<number>();
  if (echo === 'tool-turns') {
    let turn: number[] = [];
    let hasCalls = false;
    const close = (): void => {
      if (hasCalls) for (const index of turn) kept.add(index);
      turn = [];
      hasCalls = false;
    };
    for (const [index, message] of messages.entries()) {
      if (message['role'] === 'user') close();
      else if (message['role'] === 'assistant') {
        turn.push(index);
        const calls = message['tool_calls'];
        if (Array.isArray(calls) && calls.length > 0) hasCalls = true;
      }
    }
    close();
  }
  return messages.map((message, index) => (kept.has(index) ? message : withoutReasoningFields(message)));
}

function withoutReasoningFields(message: JsonObject): JsonObject {
  if (message['role'] !== 'assistant') return message;
  if (reasoningFields.every((field) => message[field] === undefined)) return message;
  const rest = { ...message };
  for (const field of reasoningFields) delete rest[field];
  return rest;
}

function withToolText(messages: readonly JsonObject[], text: string): JsonObject[] {
  return messages.map((message) => {
    if (message['role'] !== 'tool') return message;
    const content = message['content'];
    const isEmpty =
      content === undefined ||
      content === null ||
      content === '' ||
      (Array.isArray(content) && content.length === 0);
    return isEmpty ? { ...message, content: text } : message;
  });
}

function isSystem(message: JsonObject): boolean {
  return message['role'] === 'system' || message['role'] === 'developer';
}

function asSystem(message: JsonObject): JsonObject {
  return message['role'] === 'developer' ? { ...message, role: 'system' } : message;
}

function withOneSystem(messages: readonly JsonObject[]): JsonObject[] {
  const system = messages.filter(isSystem);
  const first = system[0];
  if (first === undefined) return [...messages];
  if (system.length === 1 && messages[0] === first) return messages.map(asSystem);
  const content = system.map((message) => message['content']).reduce(joinedContent);
  return [{ role: 'system', content }, ...messages.filter((message) => !isSystem(message))];
}

function takingTurns(messages: readonly JsonObject[]): JsonObject[] {
  const turns: JsonObject[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    const role = message['role'];
    if (last !== undefined && last['role'] === role && (role === 'user' || role === 'assistant')) {
      turns[turns.length - 1] = joined(last, message);
    } else turns.push(message);
  }
  return turns;
}

function joined(first: JsonObject, second: JsonObject): JsonObject {
  const both: JsonObject = {
    ...second,
    ...first,
    content: joinedContent(first['content'], second['content']),
  };
  for (const field of ['reasoning_content', 'reasoning', 'refusal']) {
    const texts = [first[field], second[field]].filter((text) => typeof text === 'string' && text !== '');
    if (texts.length > 0) both[field] = texts.join(separator);
  }
  for (const field of ['tool_calls', 'reasoning_details']) {
    const lists = [first[field], second[field]].filter((list) => Array.isArray(list));
    if (lists.length > 0) both[field] = lists.flat();
  }
  return both;
}

/** Text stays text; where one of the two has parts, both become parts. */
function joinedContent(first: unknown, second: unknown): unknown {
  if (isNothing(first)) return second ?? first;
  if (isNothing(second)) return first;
  if (typeof first === 'string' && typeof second === 'string') return first + separator + second;
  const parts = [...partsOf(first), ...partsOf(second)];
  return parts.every(isPlainText) ? parts.map((part) => part['text']).join(separator) : parts;
}

function isNothing(content: unknown): boolean {
  return content === undefined || content === null || content === '';
}

function partsOf(content: unknown): JsonObject[] {
  if (Array.isArray(content)) {
    return content.map((part) => (isObject(part) ? part : { type: 'text', text: String(part) }));
  }
  return [{ type: 'text', text: String(content) }];
}

function isPlainText(part: JsonObject): boolean {
  return part['type'] === 'text' && typeof part['text'] === 'string' && part['cache_control'] === undefined;
}
