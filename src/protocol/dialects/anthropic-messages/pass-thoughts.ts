import { isObject, type Json, type JsonObject } from '../../json.ts';
import type { TopLevelEdits } from '../../json-splice.ts';
import type { PastThoughts } from '../../past-thoughts.ts';
import type { Part } from '../../request.ts';

/** Signed thinking goes back in front of the calls it led to, and thinking that another maker signed is taken out. */
export function passThoughts(body: JsonObject, thoughts: PastThoughts): TopLevelEdits {
  const { messages } = body;
  if (!Array.isArray(messages)) return {};
  let changed = false;
  const kept = messages.map((message: unknown) => {
    if (!isObject(message) || message['role'] !== 'assistant' || !Array.isArray(message['content']))
      return message;
    const content = inOrder(message['content'], thoughts);
    if (content === undefined) return message;
    changed = true;
    return { ...message, content };
  });
  return changed ? { messages: kept as Json } : {};
}

function inOrder(content: unknown[], thoughts: PastThoughts): unknown[] | undefined {
  const own = content.filter((block) => !isForeign(block, thoughts));
  const missing = own.some(isThought) ? [] : missingBefore(own, thoughts);
  if (own.length === content.length && missing.length === 0) return undefined;
  // A message must not become empty: what remains of a turn of nothing but thinking is left to the upstream to judge.
  return own.length === 0 && missing.length === 0 ? undefined : [...missing, ...own];
}

function isThought(block: unknown): boolean {
  return isObject(block) && (block['type'] === 'thinking' || block['type'] === 'redacted_thinking');
}

function isForeign(block: unknown, thoughts: PastThoughts): boolean {
  if (!isObject(block)) return false;
  const seal =
    block['type'] === 'thinking'
      ? block['signature']
      : block['type'] === 'redacted_thinking'
        ? block['data']
        : undefined;
  return typeof seal === 'string' && thoughts.isForeign(seal);
}

function missingBefore(content: unknown[], thoughts: PastThoughts): JsonObject[] {
  for (const block of content) {
    const id = isObject(block) && block['type'] === 'tool_use' ? block['id'] : undefined;
    const parts = typeof id === 'string' ? thoughts.before(id) : undefined;
    const blocks = (parts ?? []).flatMap(blockOf);
    if (blocks.length > 0) return blocks;
  }
  return [];
}

/** Only what is signed is accepted back. */
function blockOf(part: Part): JsonObject[] {
  if (part.type === 'redacted-reasoning') return [{ type: 'redacted_thinking', data: part.data }];
  if (part.type !== 'reasoning' || part.signature === undefined) return [];
  return [{ type: 'thinking', thinking: part.text, signature: part.signature }];
}
