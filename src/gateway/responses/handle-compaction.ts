import {
  GatewayError,
  isObject,
  type Json,
  type JsonObject,
  parseJsonBody,
  spliceTopLevel,
  toGatewayError,
} from '../../protocol/index.ts';
import type { AnswerSink, ClientCall } from '../call.ts';
import type { GatewayDeps } from '../gateway.ts';
import { handle } from '../handle.ts';
import { requestIdHeaders } from '../response-headers.ts';
import { sendError } from '../send-json.ts';
import type { ServiceCall } from '../services/call.ts';
import { handlePassThrough } from '../services/pass-through.ts';
import { serviceOf } from '../services/target.ts';
import { tenantOf } from '../tenant.ts';
import { compactionItem, expandCompactions } from './compaction-item.ts';
import { compactionRequest } from './compaction-request.ts';
import { DocumentSink } from './document-sink.ts';
import { holdersOf, isNative } from './holders.ts';
import { inputItems, openCalls, portable, shownItem } from './items.ts';

/** What the user said stays word for word, the newest first, as far as it fits; the summary has the rest. */
const keptCharsMax = 80_000;

/** A conversation to be made smaller. */
interface Compaction {
  tenant: string;
  body: JsonObject;
  /** Every item can be read by whoever serves it. */
  items: JsonObject[];
  /** The body for a provider that compacts itself; undefined where none does. */
  native: Uint8Array | undefined;
}

/**
 * `POST /v1/responses/compact`. Providers that have it serve it themselves; elsewhere the model sums the conversation up, on the way of every
 * request, and the summary is sealed for the client to carry. Never rejects.
 */
export async function handleCompaction(
  call: ServiceCall,
  present: Pick<ClientCall, 'presentDecision'>,
  sink: AnswerSink,
  deps: GatewayDeps,
): Promise<void> {
  const refuse = (error: GatewayError, headers: { [name: string]: string }): void =>
    sendError(sink, error, call, { ...headers, ...requestIdHeaders(call.requestId) });
  let compaction: Compaction;
  try {
    compaction = await read(call, deps);
  } catch (thrown) {
    return refuse(toGatewayError(thrown), {});
  }
  const { native } = compaction;
  if (native !== undefined) {
    const asked = { ...call, readBody: () => Promise.resolve(native) };
    return handlePassThrough(asked, { service: 'compact', action: '' }, sink, deps);
  }
  const summing: ClientCall = {
    requestId: call.requestId,
    dialect: 'openai-responses',
    headers: call.headers,
    receivedAtMs: call.receivedAtMs,
    presentDecision: present.presentDecision,
    readBody: () =>
      Promise.resolve(Buffer.from(JSON.stringify(compactionRequest(compaction.body, compaction.items)))),
  };
  const made = (response: JsonObject) => compacted(response, compaction, call.requestId, deps);
  return handle(summing, new DocumentSink(sink, made, refuse), deps);
}

async function read(call: ServiceCall, deps: GatewayDeps): Promise<Compaction> {
  const tenant = tenantOf(deps.identity.authenticate(call.headers));
  const bytes = await call.readBody();
  const body = parseJsonBody(bytes);
  if (typeof body['model'] !== 'string' || body['model'] === '') {
    throw refusal('model', 'must be a non-empty string.');
  }
  const input = inputItems(body['input']);
  const bad = input.findIndex((item) => !isObject(item));
  if (bad !== -1) throw refusal(`input[${bad}]`, 'must be an object with a type.');
  const past = await pastOf(body['previous_response_id'], tenant, deps);
  const told = [...portable(past ?? []), ...input];
  const { items, found } = expandCompactions(told, tenant, deps.sealer);
  if (compactsItself(body, deps)) {
    if (past === undefined) await requireUnknown(String(body['previous_response_id']), deps);
    const changed = found || told.length > input.length;
    const edits = changed ? { input: items as Json[], previous_response_id: undefined } : {};
    return { tenant, body, items, native: bounded(spliceTopLevel(bytes, edits), call) };
  }
  if (past === undefined) throw notFound(String(body['previous_response_id']));
  requireReadable(items);
  bounded(Buffer.from(JSON.stringify(items)), call);
  return { tenant, body, items, native: undefined };
}

/** Items that stand for others which only a provider can read would be missing from the summary. */
function requireReadable(items: readonly JsonObject[]): void {
  if (items.length === 0) throw refusal('input', 'must have at least one item to compact.');
  const held = items.findIndex(({ type }) => type === 'compaction' || type === 'item_reference');
  if (held === -1) return;
  throw refusal(
    `input[${held}]`,
    'stands for items that only the provider it came from can read: send those items, or name a model of that provider.',
  );
}

function refusal(param: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', `${param} ${problem}`, { param });
}

/** Undefined for a response that is not known here; a provider that compacts itself may know it. */
async function pastOf(
  id: unknown,
  tenant: string,
  { responses }: GatewayDeps,
): Promise<JsonObject[] | undefined> {
  if (typeof id !== 'string' || id === '') return [];
  const found = await responses.find(tenant, id);
  if (found === undefined) return undefined;
  const { output } = JSON.parse(found.response) as { output: JsonObject[] };
  return [...(JSON.parse(found.input) as JsonObject[]), ...output];
}

/** Ids are no authority: what is somebody else's here must not be had from the provider's account, which all share. */
async function requireUnknown(id: string, { responses }: GatewayDeps): Promise<void> {
  if (await responses.isKnown(id)) throw notFound(id);
}

function notFound(id: string): GatewayError {
  return new GatewayError(
    'previous_response_not_found',
    `There is no stored response «${id.slice(0, 100)}» to compact: send the whole conversation as input.`,
    { param: 'previous_response_id' },
  );
}

function bounded(bytes: Uint8Array, { bodyBytesMax }: ServiceCall): Uint8Array {
  if (bytes.byteLength <= bodyBytesMax) return bytes;
  throw new GatewayError(
    'body_too_large',
    `With the conversation that it stands for, the request is larger than ${bodyBytesMax} bytes: ask the operator to raise limits.body_bytes_max.`,
    { param: 'previous_response_id' },
  );
}

/** A route chooses among models that could not read what one of them sealed. */
function compactsItself(body: JsonObject, deps: GatewayDeps): boolean {
  const snapshot = deps.snapshot();
  if (snapshot.routes.has(String(body['model']))) return false;
  const { deployments } = holdersOf(body, snapshot);
  return (
    deployments.length > 0 &&
    deployments.every(
      (deployment) => isNative(deployment) && serviceOf(deployment.provider, 'compact') !== undefined,
    )
  );
}

function compacted(
  response: JsonObject,
  { tenant, items }: Compaction,
  requestId: string,
  deps: GatewayDeps,
): JsonObject {
  const summary = summaryIn(response);
  if (summary === '') {
    throw new GatewayError('upstream_protocol', 'The model gave no summary of the conversation. Try again.', {
      detail: `the answer to a compaction is ${String(response['status'])} and has no text`,
    });
  }
  const output = [
    ...keptMessages(items),
    compactionItem(`cmp_${requestId}`, tenant, summary, deps.sealer),
    ...openCalls(items),
  ];
  return {
    id: `resp_${requestId}`,
    object: 'response.compaction',
    created_at: Math.floor(deps.clock.nowMs() / 1000),
    output: output.map((item, index) => shownItem(item, idOf(item, requestId, index))),
    usage: response['usage'],
  };
}

function idOf(item: JsonObject, requestId: string, index: number): string {
  return `${item['type'] === 'function_call' ? 'fc' : 'msg'}_${requestId}_${index}`;
}

function summaryIn(response: JsonObject): string {
  const output = Array.isArray(response['output']) ? response['output'] : [];
  const parts = output.flatMap((item) =>
    isObject(item) && item['type'] === 'message' && Array.isArray(item['content']) ? item['content'] : [],
  );
  const texts = parts.flatMap((part) =>
    isObject(part) && part['type'] === 'output_text' ? [String(part['text'])] : [],
  );
  return texts.join('\n').trim();
}

/** Rules of the developer all stay. */
function keptMessages(items: readonly JsonObject[]): JsonObject[] {
  const kept = new Set<JsonObject>();
  let chars = 0;
  for (const item of items.toReversed()) {
    if ((item['type'] ?? 'message') !== 'message' || item['role'] === 'assistant') continue;
    chars += item['role'] === 'user' ? JSON.stringify(item).length : 0;
    if (item['role'] !== 'user' || chars <= keptCharsMax) kept.add(item);
  }
  return items.filter((item) => kept.has(item));
}
