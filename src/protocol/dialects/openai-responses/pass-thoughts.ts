import { isObject, type Json, type JsonObject } from '../../json.ts';
import type { TopLevelEdits } from '../../json-splice.ts';
import type { PastThoughts } from '../../past-thoughts.ts';
import { text } from '../read.ts';
import { nativeItem, reasoningPart } from './reasoning.ts';

/** Encrypted thinking goes back in front of the calls it led to, and thinking that another maker encrypted is taken out. */
export function passThoughts(body: JsonObject, thoughts: PastThoughts): TopLevelEdits {
  const { input } = body;
  if (!Array.isArray(input)) return {};
  const kept: unknown[] = [];
  let changed = false;
  let turnHasThought = false;
  for (const item of input) {
    const kind = isObject(item) ? kindOf(item) : 'other';
    if (kind === 'thought') {
      if (isForeign(item as JsonObject, thoughts)) {
        changed = true;
        continue;
      }
      turnHasThought = true;
    } else if (kind === 'call' && !turnHasThought) {
      const missing = missingBefore(item as JsonObject, thoughts);
      kept.push(...missing);
      turnHasThought = missing.length > 0;
      changed ||= turnHasThought;
    } else if (kind === 'other') turnHasThought = false;
    kept.push(item);
  }
  return changed ? { input: kept as Json[] } : {};
}

/**
 * `said` is by the model and goes on with its turn; anything else ends it. A reference may stand for the thought: the vendor refuses an item
 * that is there twice, so nothing is put back beside one.
 */
function kindOf(item: JsonObject): 'thought' | 'call' | 'said' | 'other' {
  if (item['type'] === 'reasoning' || item['type'] === 'item_reference') return 'thought';
  if (item['type'] === 'function_call') return 'call';
  return item['role'] === 'assistant' ? 'said' : 'other';
}

function isForeign(item: JsonObject, thoughts: PastThoughts): boolean {
  const part = reasoningPart(item);
  const signature = part?.type === 'reasoning' ? part.signature : undefined;
  return signature !== undefined && thoughts.isForeign(signature);
}

function missingBefore(call: JsonObject, thoughts: PastThoughts): JsonObject[] {
  const callId = text(call['call_id']);
  const parts = callId === undefined ? undefined : thoughts.before(callId);
  const items: JsonObject[] = [];
  for (const part of parts ?? []) {
    const item = part.type === 'reasoning' ? nativeItem(part) : undefined;
    if (item !== undefined) items.push(item);
  }
  return items;
}
