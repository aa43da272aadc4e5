import type { EncodeTarget } from '../../dialect.ts';
import { isObject, type Json, type JsonObject } from '../../json.ts';
import type { TopLevelEdits } from '../../json-splice.ts';
import type { PastThoughts } from '../../past-thoughts.ts';
import { reasoningFields, reasoningParts } from './reasoning-content.ts';

/** Thinking goes back beside the calls it led to, as text, where this upstream wants it back and the client dropped it. */
export function passThoughts(body: JsonObject, thoughts: PastThoughts, target: EncodeTarget): TopLevelEdits {
  const { messages } = body;
  if (!Array.isArray(messages) || !wantsThoughts(target)) return {};
  let changed = false;
  const kept = messages.map((message: unknown) => {
    const missing = isObject(message) ? missingBefore(message, thoughts) : undefined;
    if (missing === undefined) return message;
    changed = true;
    return { ...(message as JsonObject), ...missing };
  });
  return changed ? { messages: kept as Json } : {};
}

function wantsThoughts({ reasoningEcho, reasoningControl }: EncodeTarget): boolean {
  if (reasoningEcho !== undefined) return reasoningEcho !== 'none';
  return reasoningControl === 'thinking' || reasoningControl === 'enable_thinking';
}

function missingBefore(message: JsonObject, thoughts: PastThoughts): JsonObject | undefined {
  const calls = message['tool_calls'];
  if (message['role'] !== 'assistant' || !Array.isArray(calls) || reasoningParts(message).length > 0)
    return undefined;
  for (const call of calls) {
    const id = isObject(call) ? call['id'] : undefined;
    const parts = typeof id === 'string' ? thoughts.before(id) : undefined;
    const text = parts === undefined ? undefined : reasoningFields(parts)['reasoning_content'];
    if (text !== undefined) return { reasoning_content: text };
  }
  return undefined;
}
