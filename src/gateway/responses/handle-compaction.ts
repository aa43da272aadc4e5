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
import { compactionItem, expandCompactions } from './compaction-item.ts';
import { compactionRequest } from './compaction-request.ts';
import { DocumentSink } from './document-sink.ts';
import { holdersOf, isNative } from './holders.ts';
import { inputItems, openCalls, portable, shownItem } from './items.ts';
import { tenantOf } from './tenant.ts';

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
    throw new GatewayError('invalid_request', 'model must be a non-empty string.', { param: 'model' });
  }
  const input = inputItems(body['input']);
  const bad = input.findIndex((item) => !isObject(item));
  if (bad !== -1) {
    throw new GatewayError('invalid_request', `input[${bad}] must be an object with a type.`, {
      param: `input[${bad}]`,
    });
  }
  const past = await pastOf(body['previous_response_id'], tenant, deps);
  const { items, found } = expandCompactions([...portable(past), ...input], tenant, deps.sealer);
  if (items.length === 0) {
    throw new GatewayError('invalid_request', 'input must have at least one item to compact.', {
      param: 'input',
    });
  }
  const changed = found || past.length > 0;
  const edits = changed ? { input: items as Json[], previous_response_id: undefined } : {};
  const native = compactsItself(body, deps) ? spliceTopLevel(bytes, edits) : undefined;
  return { tenant, body, items, native };
}

async function pastOf(id: unknown, tenant: string, { responses }: GatewayDeps): Promise<JsonObject[]> {
  if (typeof id !== 'string' || id === '') return [];
  const found = await responses.find(tenant, id);
  if (found === undefined) {
    throw new GatewayError(
      'previous_response_not_found',
      `There is no stored response «${id.slice(0, 100)}» to compact: send the whole conversation as input.`,
      { param: 'previous_response_id' },
    );
  }
  const { output } = JSON.parse(found.response) as { output: JsonObject[] };
  return [...(JSON.parse(found.input) as JsonObject[]), ...output];
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
