import { hash } from 'node:crypto';
import type { ChatRequest, Message } from '../../protocol/index.ts';

export interface SessionSource {
  /** Value of the client's session header, if it sent one. */
  sessionHeader?: string | undefined;
  /** Conversations of different keys never share a session. */
  keyId: string;
}

/** Enough of a text to tell conversations apart, and a bound on the work. */
const partCharsMax = 4096;

/**
 * A stable key of the conversation: a digest, so that neither prompts nor header values can be read from it. Without a header the
 * key is made of what stays the same from turn to turn: system text, first user message, key.
 */
export function sessionKeyOf(request: ChatRequest, { sessionHeader, keyId }: SessionSource): string {
  if (sessionHeader !== undefined && sessionHeader !== '') {
    return keyOf(`${keyId}\0header\0${sessionHeader}`);
  }
  const system = request.messages.find((message) => message.role === 'system');
  const user = request.messages.find((message) => message.role === 'user');
  return keyOf(`${keyId}\0content\0${headOf(system)}\0${headOf(user)}`);
}

const keyOf = (source: string) => `ses_${hash('sha256', source).slice(0, 24)}`;

/**
 * A digest of how the conversation begins, where a session header stands for several of them; undefined where the session's key says as
 * much.
 */
export function conversationKeyOf(request: ChatRequest, source: SessionSource): string | undefined {
  const { sessionHeader, keyId } = source;
  if (sessionHeader === undefined || sessionHeader === '') return undefined;
  return sessionKeyOf(request, { keyId });
}

function headOf(message: Message | undefined): string {
  let head = '';
  for (const part of message?.parts ?? []) {
    if (part.type === 'text') head += part.text.slice(0, partCharsMax);
    if (head.length >= partCharsMax) break;
  }
  return head;
}
