import { isObject, type Json, type JsonObject } from '../json.ts';
import type { TopLevelEdits } from '../json-splice.ts';
import type { PastThoughts } from '../past-thoughts.ts';
import type { Part } from '../request.ts';

/** How a dialect, in which a message is a list of blocks, writes thoughts and calls. */
export interface ThoughtBlocks {
  /** What a thought is sealed with: a signature, or the data of a redacted one. Undefined for a block that is no thought. */
  thoughtOf(block: JsonObject): { seal: unknown } | undefined;
  /** Anything but a string for a block that is no call. */
  callIdOf(block: JsonObject): unknown;
  /** None for a part that is no thought, or that the upstream does not accept back. */
  blockOf(part: Part): JsonObject[];
}

/** Signed thinking goes back in front of the calls it led to, and thinking that another maker signed is taken out. */
export function passThoughtBlocks(
  body: JsonObject,
  thoughts: PastThoughts,
  blocks: ThoughtBlocks,
): TopLevelEdits {
  const { messages } = body;
  if (!Array.isArray(messages)) return {};
  let changed = false;
  const kept = messages.map((message: unknown) => {
    if (!isObject(message) || message['role'] !== 'assistant' || !Array.isArray(message['content']))
      return message;
    const content = inOrder(message['content'], thoughts, blocks);
    if (content === undefined) return message;
    changed = true;
    return { ...message, content };
  });
  return changed ? { messages: kept as Json } : {};
}

function inOrder(content: unknown[], thoughts: PastThoughts, blocks: ThoughtBlocks): unknown[] | undefined {
  const thoughtOf = (block: unknown) => (isObject(block) ? blocks.thoughtOf(block) : undefined);
  const own = content.filter((block) => {
    const seal = thoughtOf(block)?.seal;
    return typeof seal !== 'string' || !thoughts.isForeign(seal);
  });
  const hasThought = own.some((block) => thoughtOf(block) !== undefined);
  const missing = hasThought ? [] : missingBefore(own, thoughts, blocks);
  if (own.length === content.length && missing.length === 0) return undefined;
  // A message must not become empty: what remains of a turn of nothing but thinking is left to the upstream to judge.
  return own.length === 0 && missing.length === 0 ? undefined : [...missing, ...own];
}

function missingBefore(content: unknown[], thoughts: PastThoughts, blocks: ThoughtBlocks): JsonObject[] {
  for (const block of content) {
    const id = isObject(block) ? blocks.callIdOf(block) : undefined;
    const parts = typeof id === 'string' ? thoughts.before(id) : undefined;
    const missing = (parts ?? []).flatMap(blocks.blockOf);
    if (missing.length > 0) return missing;
  }
  return [];
}
