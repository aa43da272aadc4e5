import type { Message, Part, PastThoughts } from '../protocol/index.ts';

/**
 * The conversation with its thinking in order for one upstream: what a client dropped is put back before the calls it led to, and
 * what another maker signed loses its signature. A client whose dialect has no place for signatures sends the bare text back, which an
 * upstream that signs would not take: the thought as it was signed stands in for it. Messages that need none of this stay the objects they were.
 */
export function withThoughts(messages: Message[], thoughts: PastThoughts): Message[] {
  return messages.map((message) => {
    if (message.role !== 'assistant') return message;
    const own = message.parts.flatMap((part) => acceptable(part, thoughts));
    const changed = own.length !== message.parts.length || own.some((part, at) => part !== message.parts[at]);
    const missing = own.some(isSigned) ? undefined : before(own, thoughts);
    if (missing === undefined || (own.some(isThought) && !missing.some(isSigned)))
      return changed ? { ...message, parts: own } : message;
    return { ...message, parts: [...missing, ...own.filter((part) => !isThought(part))] };
  });
}

function before(parts: Part[], thoughts: PastThoughts): readonly Part[] | undefined {
  for (const part of parts) {
    const found = part.type === 'tool-call' ? thoughts.before(part.id) : undefined;
    if (found !== undefined && found.length > 0) return found;
  }
  return undefined;
}

function isThought({ type }: Part): boolean {
  return type === 'reasoning' || type === 'redacted-reasoning';
}

function isSigned(part: Part): boolean {
  return part.type === 'redacted-reasoning' || (part.type === 'reasoning' && part.signature !== undefined);
}

function acceptable(part: Part, thoughts: PastThoughts): Part[] {
  if (part.type === 'redacted-reasoning') return thoughts.isForeign(part.data) ? [] : [part];
  if (part.type !== 'reasoning' || part.signature === undefined) return [part];
  if (!thoughts.isForeign(part.signature)) return [part];
  return part.text === '' ? [] : [{ type: 'reasoning', text: part.text }];
}
