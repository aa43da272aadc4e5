import type { JsonObject } from '../../json.ts';
import type { TopLevelEdits } from '../../json-splice.ts';
import type { PastThoughts } from '../../past-thoughts.ts';
import type { Part } from '../../request.ts';
import { passThoughtBlocks } from '../thought-blocks.ts';

export function passThoughts(body: JsonObject, thoughts: PastThoughts): TopLevelEdits {
  return passThoughtBlocks(body, thoughts, {
    thoughtOf,
    callIdOf: (block) => (block['type'] === 'tool_use' ? block['id'] : undefined),
    blockOf,
  });
}

function thoughtOf(block: JsonObject): { seal: unknown } | undefined {
  if (block['type'] === 'thinking') return { seal: block['signature'] };
  return block['type'] === 'redacted_thinking' ? { seal: block['data'] } : undefined;
}

/** Only what is signed is accepted back. */
function blockOf(part: Part): JsonObject[] {
  if (part.type === 'redacted-reasoning') return [{ type: 'redacted_thinking', data: part.data }];
  if (part.type !== 'reasoning' || part.signature === undefined) return [];
  return [{ type: 'thinking', thinking: part.text, signature: part.signature }];
}
