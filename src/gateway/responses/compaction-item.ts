import { GatewayError, isObject, type JsonObject } from '../../protocol/index.ts';
import type { Sealer } from './sealer.ts';

/** `encrypted_content` of a compaction that was made here begins so; that of a provider passes as it is. */
const ownMark = 'yumen-compaction:';

/** What stands for the older part of a conversation. */
export function compactionItem(id: string, tenant: string, summary: string, sealer: Sealer): JsonObject {
  return { type: 'compaction', id, encrypted_content: ownMark + sealer.seal(tenant, summary) };
}

/** Whether bytes may hold a compaction that was made here. */
export function mayHoldCompaction(bytes: Buffer): boolean {
  return bytes.includes(ownMark);
}

/**
 * The items with each compaction of ours replaced by a message that tells what was summed up. Throws `invalid_request` for one that was
 * made for somebody else, or changed.
 */
export function expandCompactions(
  items: readonly JsonObject[],
  tenant: string,
  sealer: Sealer,
): { items: JsonObject[]; found: boolean } {
  let found = false;
  const expanded = items.map((item, index) => {
    const sealed = ownSeal(item);
    if (sealed === undefined) return item;
    found = true;
    const summary = sealer.open(tenant, sealed);
    if (summary === undefined) throw unreadable(index);
    return toldAgain(summary);
  });
  return { items: expanded, found };
}

function ownSeal(item: unknown): string | undefined {
  if (!isObject(item) || (item['type'] !== 'compaction' && item['type'] !== 'compaction_summary')) {
    return undefined;
  }
  const content = item['encrypted_content'];
  return typeof content === 'string' && content.startsWith(ownMark)
    ? content.slice(ownMark.length)
    : undefined;
}

/** By the user, because that is the one role which every dialect takes at any place of a conversation. */
function toldAgain(summary: string): JsonObject {
  const text = `The earlier part of this conversation was summed up to save space. The summary:\n\n${summary}`;
  return { type: 'message', role: 'user', content: [{ type: 'input_text', text }] };
}

function unreadable(index: number): GatewayError {
  return new GatewayError(
    'invalid_request',
    `input[${index}] is a compaction that was not made for this key's project by this installation, or was changed: send the items that it stands for.`,
    { param: `input[${index}].encrypted_content` },
  );
}
