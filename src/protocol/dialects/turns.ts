import { isObject, type JsonObject } from '../json.ts';
import type { Message, Part } from '../request.ts';
import { reject, requireMessages } from './read.ts';

/**
 * Reads `system` and `messages` of a dialect that has only the user's and the assistant's turns: results of tools, which stand in
 * the user's, become messages of their own. `decodeContent` reads what is in a turn; its `path` names the place in errors.
 */
export function decodeTurns(
  body: JsonObject,
  decodeContent: (content: unknown, path: string) => Part[],
): Message[] {
  const list = requireMessages(body);
  const messages: Message[] = [];
  const system = body['system'];
  if (system !== undefined && system !== null) {
    const parts = decodeContent(system, 'system');
    if (parts.length > 0) messages.push({ role: 'system', parts });
  }
  for (const [index, value] of list.entries()) {
    if (!isObject(value)) reject(`messages[${index}]`, 'must be an object with role and content.');
    const parts = decodeContent(value['content'], `messages[${index}].content`);
    messages.push(...messagesOf(value['role'], parts, index));
  }
  return messages;
}

function messagesOf(role: unknown, parts: Part[], index: number): Message[] {
  switch (role) {
    case 'system':
    case 'assistant':
      return [{ role, parts }];
    case 'user':
      return messagesOfUser(parts);
    default:
      return reject(
        `messages[${index}].role`,
        'must be "user" or "assistant"; instructions go into the field "system".',
      );
  }
}

function messagesOfUser(parts: Part[]): Message[] {
  const results = parts.filter((part) => part.type === 'tool-result');
  const others = parts.filter((part) => part.type !== 'tool-result');
  const messages: Message[] = results.map((part) => ({ role: 'tool', parts: [part] }));
  if (others.length > 0 || parts.length === 0) messages.push({ role: 'user', parts: others });
  return messages;
}
