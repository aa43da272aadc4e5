import { hash } from 'node:crypto';
import type { ChatRequest, Message } from '../../protocol/index.ts';

export interface SessionSource {
  /** Value of the client's session header, if it sent one. */
  sessionHeader?: string | undefined;
  /** Conversations of different keys never share a session. */
  keyId: string;
}

/** So much of either end of a text, and its length, tell conversations apart; what lies between may be a long template. A bound on the work. */
const endChars = 1024;

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
  return keyOf(`${keyId}\0content\0${endsOf(system)}\0${endsOf(user)}`);
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

function endsOf(message: Message | undefined): string {
  const texts = message?.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])) ?? [];
  const text = texts.length === 1 ? texts[0]! : texts.join('');
  if (text.length <= 2 * endChars) return text;
  return `${text.slice(0, endChars)}\0${text.length}\0${text.slice(-endChars)}`;
}
