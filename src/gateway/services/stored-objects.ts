import {
  GatewayError,
  isObject,
  type JsonObject,
  parseJsonBody,
  type ServiceAnswer,
} from '../../protocol/index.ts';
import type { Provider } from '../../providers/index.ts';
import type { ServiceRequest } from '../../upstream/index.ts';
import type { AnswerSink } from '../call.ts';
import type { GatewayDeps } from '../gateway.ts';
import { forbidsStoring } from '../request-headers.ts';
import type { ServiceCall } from './call.ts';
import { deliverWhole } from './deliver.ts';
import { beginServiceTrace, type ServiceExchange, serveService } from './exchange.ts';
import { addressOf, deliverFlow, read, take } from './pass-through.ts';
import type { ProviderObject } from './provider-objects.ts';
import { runService } from './run.ts';
import { admitted, providerFor, unlisted } from './target.ts';
import { endServiceAttempt, type ServiceAttempt } from './trace.ts';
import { plainUpload } from './upload.ts';

type Kind = ProviderObject['kind'];

const services = { file: 'files', batch: 'batches' } as const;

/** Files, or batches, that one owner may have. */
const objectsPerOwnerMax = 100_000;
/** Pages of the shared account that are looked through for one page of an owner's. */
const pagesMax = 20;
const pageItems = 100;

/** What is done with an object that exists: a look, a deletion, `content`, `cancel`. */
export interface ObjectCall {
  kind: Kind;
  id: string;
  action?: 'content' | 'cancel' | undefined;
}

/** `POST /v1/files`, `POST /v1/batches`. */
export function handleCreation(
  call: ServiceCall,
  kind: Kind,
  sink: AnswerSink,
  deps: GatewayDeps,
): Promise<void> {
  return serveService(call, sink, deps, async (exchange) => {
    refuseStoring(exchange, kind);
    await refuseTooMany(exchange, kind);
    const made = kind === 'file' ? fileOf(exchange) : await batchOf(exchange);
    // A batch is paid for by what its lines ask, which nobody here has priced.
    const answer = await callProvider(exchange, kind, made.provider, '', made.request, kind === 'file');
    if (answer === undefined) return;
    const object = parsed(answer.answer.bytes);
    if (typeof object?.['id'] === 'string') await bind(exchange, kind, made.provider, object);
    await deliverWhole(exchange, answer);
  });
}

/** `GET /v1/files/{id}` and what else concerns one object. An id that this owner did not make is not found. */
export function handleObject(
  call: ServiceCall,
  { kind, id, action }: ObjectCall,
  sink: AnswerSink,
  deps: GatewayDeps,
): Promise<void> {
  return serveService(call, sink, deps, async (exchange) => {
    const { objects } = deps;
    const owner = ownerOf(exchange);
    const found = await objects.find(owner, kind, id);
    const provider = found && providerById(exchange, found.provider);
    if (provider === undefined) throw notFound(kind);
    const rest = action === undefined ? id : `${id}/${action}`;
    const answer = await callProvider(exchange, kind, provider, rest, { body: undefined }, true);
    if (answer === undefined) return;
    const object = parsed(answer.answer.bytes);
    if (call.method === 'DELETE') await objects.remove(owner, kind, id);
    else if (kind === 'batch' && object !== undefined) await bindResults(exchange, provider, object);
    await deliverWhole(exchange, answer);
  });
}

/** `GET /v1/files`, `GET /v1/batches`: the owner's own out of the account that all share. */
export function handleListing(
  call: ServiceCall,
  kind: Kind,
  sink: AnswerSink,
  deps: GatewayDeps,
): Promise<void> {
  return serveService(call, sink, deps, async (exchange) => {
    const provider = providerFor(exchange, services[kind]);
    const limit = limitOf(call);
    const owner = ownerOf(exchange);
    let after = call.query.get('after') ?? undefined;
    if (after !== undefined && (await deps.objects.find(owner, kind, after)) === undefined) {
      throw notFound(kind);
    }
    const data: JsonObject[] = [];
    let more = true;
    let last: Awaited<ReturnType<typeof callProvider>>;
    for (let page = 0; page < pagesMax && more && data.length < limit; page++) {
      call.query.set('limit', String(pageItems));
      if (after !== undefined) call.query.set('after', after);
      last = await callProvider(exchange, kind, provider, '', { body: undefined }, true);
      if (last === undefined) return;
      endPage(exchange, last.trace);
      const items = itemsOf(parsed(last.answer.bytes));
      const own = new Set(await deps.objects.owned(owner, kind, provider.id, items.ids));
      data.push(...items.data.filter((item) => own.has(String(item['id']))));
      after = items.ids.at(-1);
      more = items.more && after !== undefined;
    }
    if (last === undefined) throw notFound(kind);
    for (const batch of kind === 'batch' ? data : []) await bindResults(exchange, provider, batch);
    const shown = data.slice(0, limit);
    const body = {
      object: 'list',
      data: shown,
      first_id: shown[0]?.['id'] ?? null,
      last_id: shown.at(-1)?.['id'] ?? null,
      has_more: more || data.length > limit,
    };
    const bytes = Buffer.from(JSON.stringify(body));
    await deliverWhole(exchange, { ...last, answer: { ...last.answer, bytes } });
  });
}

function endPage({ deps }: ServiceExchange, attempt: ServiceAttempt): void {
  endServiceAttempt(attempt, { outcome: 'answered', monotonicMs: deps.clock.monotonicMs() });
}

/** Sees to the whole of one call but its delivery; undefined when the answer has flowed to the client already. */
async function callProvider(
  exchange: ServiceExchange,
  kind: Kind,
  provider: Provider,
  rest: string,
  body: Pick<ServiceRequest, 'body' | 'upload'>,
  unbilled: boolean,
) {
  const service = services[kind];
  const calledAs = `${provider.id}/${service}`;
  exchange.trace ??= beginServiceTrace(exchange, service, { model: calledAs, unbilled });
  const trace = exchange.trace;
  const candidate = unlisted(exchange, provider, service, service);
  // What is not billed needs no price: a key with a budget may look at its files.
  const priced = unbilled ? free(candidate) : candidate;
  await exchange.reservation?.settle(0);
  const outcome = await runService<ServiceAnswer>(
    exchange,
    trace,
    {
      plan: admitted(exchange, [priced], calledAs, service),
      repeatable: exchange.call.method === 'GET',
      take: rest.endsWith('/content') ? () => 'flowing' : take,
      read,
      request: ({ upstreamName }) => ({
        ...addressOf(exchange, provider, service, rest, upstreamName),
        ...body,
      }),
    },
    () => 0,
  );
  if (outcome.kind === 'flowing') {
    await deliverFlow(exchange, outcome);
    return undefined;
  }
  return outcome.kind === 'whole' ? outcome : undefined;
}

type Candidate = ReturnType<typeof unlisted>;

function free(candidate: Candidate): Candidate {
  const { deployment } = candidate;
  const row = {
    source: 'endpoints that generate nothing are not billed for by use',
    asOf: '2026-01-01',
    model: deployment.model.id,
    vendor: deployment.provider.vendor.id,
    region: undefined,
    from: '1970-01-01',
    to: undefined,
    inputTokensAbove: 0,
    input: 0,
    output: 0,
    cacheRead: undefined,
    cacheWrite: undefined,
    cacheWrite1h: undefined,
  };
  return { ...candidate, deployment: { ...deployment, prices: [row] } };
}

interface Creation {
  provider: Provider;
  request: Pick<ServiceRequest, 'body' | 'upload'>;
}

function fileOf(exchange: ServiceExchange): Creation {
  const { call } = exchange;
  if (!/^multipart\/form-data\b/i.test(call.headers['content-type'] ?? '')) {
    throw new GatewayError(
      'invalid_request',
      'A file is sent as multipart/form-data, with file and purpose.',
      {
        param: 'content-type',
      },
    );
  }
  const provider = providerFor(exchange, 'files');
  return { provider, request: { body: undefined, upload: plainUpload(call) } };
}

/** A batch runs where its input file is. */
async function batchOf(exchange: ServiceExchange): Promise<Creation> {
  const bytes = await exchange.call.readBody();
  const file = parseJsonBody(bytes)['input_file_id'];
  if (typeof file !== 'string' || file === '') {
    throw new GatewayError(
      'invalid_request',
      'input_file_id must be the id of a file uploaded for batches.',
      {
        param: 'input_file_id',
      },
    );
  }
  const found = await exchange.deps.objects.find(ownerOf(exchange), 'file', file);
  const provider = found && providerById(exchange, found.provider);
  if (provider === undefined) throw notFound('file', 'input_file_id');
  return { provider, request: { body: bytes } };
}

/** A project's keys share what they made; a key without a project has its own. */
function ownerOf({ principal }: ServiceExchange): string {
  return principal.project === undefined ? `key:${principal.keyId}` : `project:${principal.project}`;
}

function providerById({ snapshot }: ServiceExchange, id: string): Provider | undefined {
  return snapshot.catalog.providers().find((provider) => provider.id === id);
}

async function bind(
  exchange: ServiceExchange,
  kind: Kind,
  provider: Provider,
  object: JsonObject,
): Promise<void> {
  const { deps, call } = exchange;
  const id = String(object['id']);
  try {
    await deps.objects.put([objectOf(exchange, kind, provider, id)]);
  } catch (thrown) {
    deps.log.error(
      { requestId: call.requestId, provider: provider.id, kind, id },
      'the provider keeps an object that nobody can reach: delete it there',
    );
    throw thrown;
  }
}

/** What a batch has written belongs to whoever started it. */
async function bindResults(exchange: ServiceExchange, provider: Provider, batch: JsonObject): Promise<void> {
  const ids = [batch['output_file_id'], batch['error_file_id']].filter((id) => typeof id === 'string');
  if (ids.length === 0) return;
  await exchange.deps.objects.put(ids.map((id) => objectOf(exchange, 'file', provider, id)));
}

function objectOf(exchange: ServiceExchange, kind: Kind, provider: Provider, id: string): ProviderObject {
  const createdAtMs = exchange.deps.clock.nowMs();
  return { kind, id, owner: ownerOf(exchange), provider: provider.id, createdAtMs };
}

function refuseStoring({ call }: ServiceExchange, kind: Kind): void {
  if (!forbidsStoring(call.headers)) return;
  throw new GatewayError(
    'forbidden',
    `x-yumen-no-store forbids what a ${kind} does: it keeps data at the provider. Leave the header out to allow it.`,
  );
}

async function refuseTooMany(exchange: ServiceExchange, kind: Kind): Promise<void> {
  if ((await exchange.deps.objects.count(ownerOf(exchange), kind)) < objectsPerOwnerMax) return;
  throw new GatewayError(
    'forbidden',
    `This project has ${objectsPerOwnerMax} ${services[kind]}, which is the most there may be: delete some first.`,
  );
}

function notFound(kind: Kind, param?: string): GatewayError {
  return new GatewayError('not_found', `There is no ${kind} with this id.`, { param });
}

function limitOf({ query }: ServiceCall): number {
  const given = query.get('limit');
  if (given === null) return pageItems;
  const limit = Number(given);
  if (Number.isSafeInteger(limit) && limit >= 1) return Math.min(limit, pageItems);
  throw new GatewayError('invalid_request', 'limit must be a whole number of at least 1.', {
    param: 'limit',
  });
}

function itemsOf(page: JsonObject | undefined): { data: JsonObject[]; ids: string[]; more: boolean } {
  const given = Array.isArray(page?.['data']) ? page['data'] : [];
  const data = given.filter((item): item is JsonObject => isObject(item) && typeof item['id'] === 'string');
  return { data, ids: data.map((item) => item['id'] as string), more: page?.['has_more'] === true };
}

function parsed(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
