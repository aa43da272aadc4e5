import { GatewayError, isObject, type JsonObject, parseJsonBody } from '../../protocol/index.ts';
import type { Callee, ServiceRequest } from '../../upstream/index.ts';
import type { AnswerSink } from '../call.ts';
import type { GatewayDeps } from '../gateway.ts';
import { forbidsStoring } from '../request-headers.ts';
import { tenantOf } from '../tenant.ts';
import { endAttempt } from '../trace.ts';
import type { ServiceCall } from './call.ts';
import { deliverWhole } from './deliver.ts';
import { beginServiceTrace, type ServiceExchange, serveService } from './exchange.ts';
import {
  type Account,
  accountOf,
  accountsWithOwn,
  bind,
  bindResults,
  isIn,
  type Kind,
  notFound,
} from './object-accounts.ts';
import { addressOf, deliverFlow, read, take } from './pass-through.ts';
import { runService } from './run.ts';
import { admitted, providerFor, unlisted } from './target.ts';
import type { ServiceAttempt } from './trace.ts';
import { plainUpload } from './upload.ts';

const services = { file: 'files', batch: 'batches' } as const;

/** Files, or batches, that one owner may have. */
const objectsPerOwnerMax = 100_000;
/** Pages of the shared accounts that are looked through for one page of an owner's. */
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
    const answer = await callProvider(exchange, kind, made.account, '', made.request, kind === 'file');
    if (answer === undefined) return;
    const object = parsed(answer.answer.bytes);
    const account = { ...made.account, credential: answer.trace.credential };
    if (typeof object?.['id'] === 'string') await bind(exchange, kind, account, object);
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
    const owner = tenantOf(exchange.principal);
    const found = await objects.find(owner, kind, id);
    if (found === undefined) throw notFound(kind);
    const account = accountOf(exchange, found);
    const rest = action === undefined ? id : `${id}/${action}`;
    const answer = await callProvider(exchange, kind, account, rest, { body: undefined }, true);
    if (answer === undefined) return;
    const object = parsed(answer.answer.bytes);
    if (call.method === 'DELETE') await objects.remove(owner, kind, id);
    else if (kind === 'batch' && object !== undefined) await bindResults(exchange, account, object);
    await deliverWhole(exchange, answer);
  });
}

/** `GET /v1/files`, `GET /v1/batches`: the owner's own out of the accounts that all share, one account after the other. */
export function handleListing(
  call: ServiceCall,
  kind: Kind,
  sink: AnswerSink,
  deps: GatewayDeps,
): Promise<void> {
  return serveService(call, sink, deps, async (exchange) => {
    const provider = providerFor(exchange, services[kind]);
    const limit = limitOf(call);
    const owner = tenantOf(exchange.principal);
    let after = call.query.get('after') ?? undefined;
    let left = await accountsWithOwn(exchange, kind, provider, after);
    const data: JsonObject[] = [];
    let last: Awaited<ReturnType<typeof callProvider>>;
    for (let page = 0; page < pagesMax && data.length < limit; page++) {
      const [account, ...others] = left;
      if (account === undefined) break;
      call.query.set('limit', String(pageItems));
      if (after === undefined) call.query.delete('after');
      else call.query.set('after', after);
      last = await callProvider(exchange, kind, account, '', { body: undefined }, true);
      if (last === undefined) return;
      endPage(exchange, last.trace);
      const items = itemsOf(parsed(last.answer.bytes));
      const known = await deps.objects.owned(owner, kind, provider.id, items.ids);
      const own = new Set(known.filter((one) => isIn(account, one)).map(({ id }) => id));
      const found = items.data.filter((item) => own.has(String(item['id'])));
      for (const batch of kind === 'batch' ? found : []) await bindResults(exchange, account, batch);
      data.push(...found);
      after = items.more ? items.ids.at(-1) : undefined;
      if (after === undefined) left = others;
    }
    if (last === undefined) throw notFound(kind);
    const shown = data.slice(0, limit);
    const body = {
      object: 'list',
      data: shown,
      first_id: shown[0]?.['id'] ?? null,
      last_id: shown.at(-1)?.['id'] ?? null,
      has_more: left.length > 0 || data.length > limit,
    };
    const bytes = Buffer.from(JSON.stringify(body));
    await deliverWhole(exchange, { ...last, answer: { ...last.answer, bytes } });
  });
}

function endPage({ deps }: ServiceExchange, attempt: ServiceAttempt): void {
  endAttempt(attempt, { outcome: 'answered', monotonicMs: deps.clock.monotonicMs() });
}

/** Sees to the whole of one call but its delivery; undefined when the answer has flowed to the client already. */
async function callProvider(
  exchange: ServiceExchange,
  kind: Kind,
  { provider, credential }: Account,
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
  const outcome = await runService(
    exchange,
    trace,
    {
      plan: admitted(exchange, [priced], calledAs, service),
      repeatable: exchange.call.method === 'GET',
      tokens: undefined,
      credential,
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

function free(candidate: Callee): Callee {
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
  account: Account;
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
  const account = { provider, credential: undefined };
  return { account, request: { body: undefined, upload: plainUpload(call) } };
}

/** A batch runs where its input file is, in the same account. */
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
  const found = await exchange.deps.objects.find(tenantOf(exchange.principal), 'file', file);
  if (found === undefined) throw notFound('file', 'input_file_id');
  return { account: accountOf(exchange, found), request: { body: bytes } };
}

function refuseStoring({ call }: ServiceExchange, kind: Kind): void {
  if (!forbidsStoring(call.headers)) return;
  throw new GatewayError(
    'forbidden',
    `x-yumen-no-store forbids what a ${kind} does: it keeps data at the provider. Leave the header out to allow it.`,
  );
}

async function refuseTooMany(exchange: ServiceExchange, kind: Kind): Promise<void> {
  if ((await exchange.deps.objects.count(tenantOf(exchange.principal), kind)) < objectsPerOwnerMax) return;
  throw new GatewayError(
    'forbidden',
    `This project has ${objectsPerOwnerMax} ${services[kind]}, which is the most there may be: delete some first.`,
  );
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
