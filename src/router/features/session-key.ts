import { createHash } from 'node:crypto';
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
  const hash = createHash('sha256').update(keyId).update('\0');
  if (sessionHeader !== undefined && sessionHeader !== '') {
    hash.update('header\0').update(sessionHeader);
  } else {
    const system = request.messages.find((message) => message.role === 'system');
    const user = request.messages.find((message) => message.role === 'user');
    hash.update('content\0').update(headOf(system)).update('\0').update(headOf(user));
  }
  return `ses_${hash.digest('hex').slice(0, 24)}`;
}

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
