import { isObject, type JsonObject } from '../../json.ts';
import type { TopLevelEdits } from '../../json-splice.ts';
import type { PastThoughts } from '../../past-thoughts.ts';
import type { Part } from '../../request.ts';
import { passThoughtBlocks } from '../thought-blocks.ts';
import { decodeReasoningBlock, encodeReasoningBlock, redactedContent } from './blocks.ts';

export function passThoughts(body: JsonObject, thoughts: PastThoughts): TopLevelEdits {
  return passThoughtBlocks(body, thoughts, { thoughtOf, callIdOf, blockOf });
}

function thoughtOf(block: JsonObject): { seal: unknown } | undefined {
  const thought = decodeReasoningBlock(block['reasoningContent']);
  if (thought === undefined) return undefined;
  return { seal: thought.type === 'redacted-reasoning' ? thought.data : thought.signature };
}

function callIdOf(block: JsonObject): unknown {
  const call = block['toolUse'];
  return isObject(call) ? call['toolUseId'] : undefined;
}

/** Only what is signed is accepted back. */
function blockOf(part: Part): JsonObject[] {
  if (part.type === 'redacted-reasoning') {
    return [{ reasoningContent: { redactedContent: redactedContent(part.data) } }];
  }
  if (part.type !== 'reasoning' || part.signature === undefined) return [];
  return [encodeReasoningBlock(part.text, part.signature)];
}
