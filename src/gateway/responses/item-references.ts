import { GatewayError, isObject, type JsonObject } from '../../protocol/index.ts';
import { portable } from './items.ts';
import type { StoredResponse } from './response-store.ts';

/** References that one request may hold: each may have to be looked up on its own. */
const referencesMax = 512;

const referenceType = 'item_reference';

/** Whether bytes may hold an item that stands for another. */
export function mayHoldReference(bytes: Buffer): boolean {
  return bytes.includes(referenceType);
}

export interface Dereferenced {
  /** The items as whoever serves the request can take them. */
  sent: JsonObject[];
  /** The items themselves. */
  known: JsonObject[];
}

/**
 * Puts in the place of each reference the item of an answer that is kept here. References stay where the one provider that may serve the
 * request keeps that answer too, and where nobody here knows the item: a provider may. Throws `invalid_request` for more than
 * `referencesMax`.
 */
export async function dereference(
  items: JsonObject[],
  onlyHolder: string | undefined,
  find: (itemId: string) => Promise<StoredResponse | undefined>,
): Promise<Dereferenced> {
  const references = items.flatMap((item) => referenced(item) ?? []);
  if (references.length === 0) return { sent: items, known: items };
  if (references.length > referencesMax) throw tooMany();
  const kept = await lookUp(references, find);
  const sent: JsonObject[] = [];
  const known: JsonObject[] = [];
  for (const item of items) {
    const found = kept.get(referenced(item) ?? '');
    known.push(found?.item ?? item);
    if (found === undefined || (onlyHolder !== undefined && found.heldBy === onlyHolder)) sent.push(item);
    else sent.push(...portable([found.item]));
  }
  return { sent, known };
}

interface Kept {
  item: JsonObject;
  heldBy: string | undefined;
}

/** Several items are mostly of one answer, which is read once. */
async function lookUp(
  ids: readonly string[],
  find: (itemId: string) => Promise<StoredResponse | undefined>,
): Promise<Map<string, Kept>> {
  const kept = new Map<string, Kept>();
  for (const id of ids) {
    if (kept.has(id)) continue;
    const found = await find(id);
    if (found === undefined) continue;
    for (const item of outputOf(found.response)) {
      if (typeof item['id'] === 'string') kept.set(item['id'], { item, heldBy: found.heldBy });
    }
  }
  return kept;
}

/** The items of an answer: of the JSON of a response object. */
export function outputOf(response: string): JsonObject[] {
  const parsed: unknown = JSON.parse(response);
  const output = isObject(parsed) ? parsed['output'] : undefined;
  return Array.isArray(output) ? output.filter(isObject) : [];
}

function referenced(item: unknown): string | undefined {
  if (!isObject(item) || typeof item['id'] !== 'string') return undefined;
  // The type may be left out where there is nothing but the id.
  const type = item['type'] ?? (Object.keys(item).length === 1 ? referenceType : undefined);
  return type === referenceType ? item['id'] : undefined;
}

function tooMany(): GatewayError {
  return new GatewayError(
    'invalid_request',
    `input holds more than ${referencesMax} references to items: send the items themselves, or previous_response_id.`,
    { param: 'input' },
  );
}
