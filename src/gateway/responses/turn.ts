import type { Principal } from '../../identity/index.ts';
import {
  GatewayError,
  type Json,
  type JsonObject,
  jsonMember,
  parseJsonBody,
  spliceTopLevel,
} from '../../protocol/index.ts';
import type { ClientCall } from '../call.ts';
import { gateOf } from '../gate-of.ts';
import type { GatewayDeps } from '../gateway.ts';
import { forbidsStoring, readWishes } from '../request-headers.ts';
import { tenantOf } from '../tenant.ts';
import { expandCompactions, mayHoldCompaction } from './compaction-item.ts';
import { type Holders, holdersOf } from './holders.ts';
import { dereference, mayHoldReference, outputOf } from './item-references.ts';
import { inputItems, portable, requireCalls } from './items.ts';
import type { RecentResponses } from './recent-responses.ts';
import type { StoredResponse } from './response-store.ts';

/** What one request means for what is kept. */
export interface Turn {
  tenant: string;
  body: JsonObject;
  holders: Holders;
  /** What is new. */
  input: JsonObject[];
  /** All items before the answer, as the client and its earlier answers wrote them. */
  conversation: JsonObject[];
  /** Goes into the store. */
  kept: boolean;
  /** The whole conversation is known here, so that another turn can go on from this one. */
  whole: boolean;
  /** The provider was left to keep its answer too. */
  vendorKeeps: boolean;
  /** The answer this one goes on from; undefined where there is none. */
  previousId: string | undefined;
  /** What the upstream was not told and the answer must say all the same. */
  restored: { previous_response_id?: string };
}

/** Where a turn stands. */
export interface TurnPlace {
  headers: ClientCall['headers'];
  bodyBytesMax: number;
  /** What the connection remembers, where it is one that lasts. */
  recent?: RecentResponses | undefined;
}

type Edits = { [key: string]: Json | undefined };

/**
 * Reads what a request for a response means for what is kept; undefined where that is nothing. Throws what a body that cannot be read is
 * refused with.
 */
export function beginTurn(
  bytes: Uint8Array,
  principal: Principal,
  place: TurnPlace,
  deps: GatewayDeps,
): Turn | undefined {
  if (place.recent === undefined && asksNothingOfUs(bytes)) return undefined;
  const body = parseJsonBody(bytes);
  const input = inputItems(body['input']);
  const previousId = body['previous_response_id'];
  return {
    tenant: tenantOf(principal),
    body,
    holders: holdersOf(body, deps.snapshot()),
    input,
    conversation: input,
    kept: false,
    whole: body['conversation'] === undefined || body['conversation'] === null,
    vendorKeeps: false,
    previousId: typeof previousId === 'string' && previousId !== '' ? previousId : undefined,
    restored: {},
  };
}

/**
 * The body with what the turn goes on from in front of its input, because whoever serves it need not be who served the turn before. Throws
 * `previous_response_not_found`, and `body_too_large` where the whole is more than a body may be.
 */
export async function bodyOfTurn(
  turn: Turn,
  principal: Principal,
  bytes: Uint8Array,
  place: TurnPlace,
  deps: GatewayDeps,
): Promise<Uint8Array> {
  const edits: Edits = {};
  const given = turn.input;
  const { sent: added, known } = await dereference(given, turn.holders.only, (id) =>
    findAnswerWith(id, turn, place, deps),
  );
  turn.conversation = known;
  const sent = await continued(turn, added, edits, place, deps);
  const expanded = expandCompactions(sent, turn.tenant, deps.sealer);
  if (expanded.found || sent !== given) edits['input'] = expanded.items as Json[];
  turn.kept =
    turn.whole && deps.responses.keeps && asksToKeep(turn, place) && mayBeKept(turn, principal, place, deps);
  leaveVendorStore(turn, place, edits);
  turn.vendorKeeps = turn.body['store'] !== false && edits['store'] !== false;
  const spliced = spliceTopLevel(bytes, edits);
  if (spliced.byteLength > place.bodyBytesMax) throw tooLarge(place.bodyBytesMax);
  return spliced;
}

/** A conversation that may not be stored where this installation stands is gone with its answer. */
function mayBeKept({ body }: Turn, principal: Principal, { headers }: TurnPlace, deps: GatewayDeps): boolean {
  const snapshot = deps.snapshot();
  const route = snapshot.routes.get(String(body['model']));
  const gate = gateOf({ principal, route, wishes: readWishes(headers), snapshot }, deps);
  return gate.keepRefusal('conversation') === undefined;
}

/** The items to send, and in the turn the whole conversation, whoever holds its older part. */
async function continued(
  turn: Turn,
  input: JsonObject[],
  edits: Edits,
  place: TurnPlace,
  deps: GatewayDeps,
): Promise<JsonObject[]> {
  const { previousId, holders } = turn;
  if (previousId === undefined) return input;
  const found = await findPrevious(previousId, turn, place, deps);
  if (found === undefined) {
    if (!holders.allNative || isLocalOnly(turn, place)) throw notFound(previousId);
    if (await deps.responses.isKnown(previousId)) throw notFound(previousId);
    // A provider may hold it; what came before is then known there only.
    turn.whole = false;
    return input;
  }
  const past = pastOf(found);
  requireCalls(past, input);
  turn.conversation = [...past, ...turn.conversation];
  if (found.heldBy !== undefined && found.heldBy === holders.only) return input;
  edits['previous_response_id'] = undefined;
  turn.restored = { previous_response_id: previousId };
  return [...portable(past), ...input];
}

/** Told from the top-level keys alone: agents that keep their conversations themselves send large bodies, and often. */
function asksNothingOfUs(bytes: Uint8Array): boolean {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (jsonMember(body, 'store')?.toString() !== 'false') return false;
  const previous = jsonMember(body, 'previous_response_id')?.toString() ?? 'null';
  return previous === 'null' && !mayHoldCompaction(body) && !mayHoldReference(body);
}

function asksToKeep({ body }: Turn, { headers }: TurnPlace): boolean {
  return body['store'] !== false && !forbidsStoring(headers);
}

/** The specification: on a connection, a turn that is not to be stored goes on from what the connection remembers, or not at all. */
function isLocalOnly(turn: Turn, place: TurnPlace): boolean {
  return place.recent !== undefined && !asksToKeep(turn, place);
}

async function findPrevious(
  id: string,
  turn: Turn,
  place: TurnPlace,
  { responses }: GatewayDeps,
): Promise<StoredResponse | undefined> {
  const recent = place.recent?.find(id);
  if (recent !== undefined && recent.tenant === turn.tenant) return recent;
  return isLocalOnly(turn, place) ? undefined : responses.find(turn.tenant, id);
}

/** The answer that holds an item. */
async function findAnswerWith(
  itemId: string,
  turn: Turn,
  place: TurnPlace,
  { responses }: GatewayDeps,
): Promise<StoredResponse | undefined> {
  const recent = place.recent?.findItem(itemId);
  if (recent !== undefined && recent.tenant === turn.tenant) return recent;
  const found = await responses.findItem(turn.tenant, itemId);
  if (found === undefined && (await responses.isKnown(itemId))) throw foreignItem(itemId);
  return isLocalOnly(turn, place) ? undefined : found;
}

function pastOf(found: StoredResponse): JsonObject[] {
  const input = JSON.parse(found.input) as JsonObject[];
  return [...input, ...outputOf(found.response)];
}

/**
 * A provider need not keep what is kept here, unless it is to go on from it. What it would have kept of its thinking, it then gives away
 * encrypted.
 */
function leaveVendorStore(turn: Turn, { headers }: TurnPlace, edits: Edits): void {
  const { body, holders } = turn;
  if (body['store'] === false) return;
  const unwanted = turn.kept && holders.only === undefined;
  if (!unwanted && !forbidsStoring(headers)) return;
  if (!holders.someNative && body['store'] === undefined) return;
  edits['store'] = false;
  const thinks = holders.deployments.every(
    ({ model, provider }) =>
      model.capabilities.reasoning !== 'none' && provider.quirks.reasoningControl === 'reasoning_effort',
  );
  if (!holders.allNative || !thinks) return;
  const included = Array.isArray(body['include']) ? (body['include'] as Json[]) : [];
  edits['include'] = [...new Set([...included, 'reasoning.encrypted_content'])];
}

function notFound(id: string): GatewayError {
  return new GatewayError(
    'previous_response_not_found',
    `There is no stored response «${id.slice(0, 100)}» to go on from: send the whole conversation as input, without previous_response_id.`,
    { param: 'previous_response_id' },
  );
}

function foreignItem(id: string): GatewayError {
  return new GatewayError(
    'invalid_request',
    `There is no stored item «${id.slice(0, 100)}» to refer to: send the item itself.`,
    { param: 'input' },
  );
}

function tooLarge(bodyBytesMax: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `With the conversation that it goes on from, the request is larger than ${bodyBytesMax} bytes. Compact the conversation, or ask the operator to raise limits.body_bytes_max.`,
    { param: 'previous_response_id' },
  );
}
