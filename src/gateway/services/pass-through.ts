import type { Deployment } from '../../catalog/index.ts';
import {
  GatewayError,
  isObject,
  type JsonObject,
  parseJsonBody,
  type ServiceAnswer,
  serviceUsage,
  spliceTopLevel,
} from '../../protocol/index.ts';
import { type ServiceName, serviceUrl } from '../../providers/index.ts';
import {
  type Lease,
  type ResponseHead,
  type ServiceOutcome,
  type ServiceRequest,
  tokensOf,
} from '../../upstream/index.ts';
import type { AnswerSink } from '../call.ts';
import type { GatewayDeps } from '../gateway.ts';
import { streamHeaders } from '../response-headers.ts';
import { endAttempt } from '../trace.ts';
import { type ByteRelayEnd, type ByteRelayInput, relayBytes } from './byte-relay.ts';
import type { ServiceCall } from './call.ts';
import { deliverWhole } from './deliver.ts';
import {
  beginServiceTrace,
  finishService,
  type ServiceExchange,
  serveService,
  serviceHeaders,
} from './exchange.ts';
import { clientLeft, runService } from './run.ts';
import { planForService, serviceOf } from './target.ts';
import type { ServiceAttempt } from './trace.ts';
import { openForm } from './upload.ts';
import { boundNano, expectedTokens, type TokenBound } from './worst-case.ts';

/** Endpoints that keep nothing at the provider, by what follows the service in their path. */
const actions = {
  images: ['generations', 'edits', 'variations'],
  audio: ['speech', 'transcriptions', 'translations'],
  moderations: [''],
  compact: [''],
} as const;

export type PassService = keyof typeof actions;

/** Images in one answer where a form does not say it in a way that is read here. */
const formChoicesMax = 10;

/** `POST /v1/images/…`, `/v1/audio/…`, `/v1/moderations`: the client's own bytes, with the model's name in the provider's words. */
export function handlePassThrough(
  call: ServiceCall,
  { service, action }: { service: PassService; action: string },
  sink: AnswerSink,
  deps: GatewayDeps,
): Promise<void> {
  return serveService(call, sink, deps, async (exchange) => {
    const known: readonly string[] = actions[service];
    if (!known.includes(action)) {
      throw new GatewayError(
        'not_found',
        `There is no endpoint /v1/${service}/${action.slice(0, 100)}; there are ${known.join(', ')}.`,
      );
    }
    const isForm = /^multipart\/form-data\b/i.test(call.headers['content-type'] ?? '');
    return isForm ? passForm(exchange, service, action) : passJson(exchange, service, action);
  });
}

async function passJson(exchange: ServiceExchange, service: PassService, action: string): Promise<void> {
  const { call } = exchange;
  const bytes = await call.readBody();
  const body = parseJsonBody(bytes);
  const asked = modelOf(body);
  const trace = beginServiceTrace(exchange, service, {
    model: asked ?? service,
    stream: body['stream'] === true || body['stream_format'] === 'sse',
  });
  const plan = planForService(exchange, asked, service);
  const choices = typeof body['n'] === 'number' && body['n'] >= 1 ? Math.ceil(body['n']) : 1;
  const outcome = await runService(
    exchange,
    trace,
    {
      plan,
      repeatable: true,
      tokens: expectedTokens(bytes.byteLength),
      take,
      read,
      request: ({ provider, upstreamName }) => ({
        ...addressOf(exchange, provider, service, action, upstreamName),
        body:
          asked === undefined || asked === upstreamName
            ? bytes
            : spliceTopLevel(bytes, { model: upstreamName }),
      }),
    },
    worstCase(exchange, bytes.byteLength, choices),
  );
  await deliver(exchange, outcome);
}

async function passForm(exchange: ServiceExchange, service: PassService, action: string): Promise<void> {
  const { call } = exchange;
  const form = await openForm(call);
  const trace = beginServiceTrace(exchange, service, { model: form.model ?? service });
  const plan = planForService(exchange, form.model, service);
  const outcome = await runService(
    exchange,
    trace,
    {
      plan,
      repeatable: false,
      // What a picture or a sound comes to is known afterwards.
      tokens: 0,
      take,
      read,
      request: ({ provider, upstreamName }) => ({
        ...addressOf(exchange, provider, service, action, upstreamName),
        body: undefined,
        upload: form.upload(upstreamName),
      }),
    },
    worstCase(exchange, call.body.bytes ?? call.bodyBytesMax, formChoicesMax),
  );
  await deliver(exchange, outcome);
}

function modelOf(body: JsonObject): string | undefined {
  const model = body['model'];
  if (model === undefined || model === null) return undefined;
  if (typeof model === 'string' && model !== '') return model;
  throw new GatewayError('invalid_request', 'model must be a non-empty string, or left out.', {
    param: 'model',
  });
}

/** Where a call goes, and the headers that describe its body. The client's query passes, but for what is said to us. */
export function addressOf(
  { call }: ServiceExchange,
  provider: Deployment['provider'],
  service: ServiceName,
  rest: string,
  model: string,
): Pick<ServiceRequest, 'method' | 'url' | 'headers' | 'auth'> {
  const at = serviceOf(provider, service);
  if (at === undefined) throw new GatewayError('not_available', `${provider.id} does not offer ${service}.`);
  const url = serviceUrl(provider, at, model);
  if (rest !== '') url.pathname += `/${rest.split('/').map(encodeURIComponent).join('/')}`;
  for (const [name, value] of call.query) if (name !== 'provider') url.searchParams.append(name, value);
  const type = call.headers['content-type'];
  const accept = call.headers['accept'] ?? '*/*';
  const headers: { [name: string]: string } = { accept };
  if (type !== undefined) headers['content-type'] = type;
  for (const header of provider.vendor.forwardHeaders ?? []) {
    const value = call.headers[header];
    if (value !== undefined) headers[header] = value;
  }
  return { method: call.method, url, headers, auth: at.auth };
}

function worstCase({ deps }: ServiceExchange, inputTokens: number, choices: number) {
  return (deployment: Deployment) => {
    const bound: TokenBound = { inputTokens, outputTokens: deployment.model.outputTokensMax * choices };
    return boundNano(deployment, bound, deps.clock.nowMs());
  };
}

/** Documents are read for what they used; audio, events and files flow. */
export function take({ headers }: ResponseHead): 'whole' | 'flowing' {
  return /^application\/json\b/i.test(headers['content-type'] ?? '') ? 'whole' : 'flowing';
}

export function read(bytes: Uint8Array): ServiceAnswer {
  return { bytes, ...usageIn(bytes) };
}

function usageIn(bytes: Uint8Array) {
  try {
    const body: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (isObject(body)) return serviceUsage(body);
  } catch {
    // Not our document: it passes as it is.
  }
  return { usage: undefined, units: undefined };
}

type Outcome = ServiceOutcome<ServiceAttempt>;

async function deliver(exchange: ServiceExchange, outcome: Outcome): Promise<void> {
  if (outcome.kind === 'whole') await deliverWhole(exchange, outcome);
  else if (outcome.kind === 'flowing') await deliverFlow(exchange, outcome);
}

/** Sends an answer as it comes; its last bytes wait for the record. */
export async function deliverFlow(
  exchange: ServiceExchange,
  outcome: Extract<Outcome, { kind: 'flowing' }>,
): Promise<void> {
  const { sink, open, deps } = exchange;
  const { trace: attempt, head, flow, lease, abort } = outcome;
  const type = head.headers['content-type'] ?? 'application/octet-stream';
  const events = /^text\/event-stream\b/i.test(type);
  const bytes = lengthOf(head);
  const headers = answerHeaders(exchange, head, type, events);
  exchange.begun = true;
  sink.begin(head.status, headers);
  const end = await relayed({ flow, bytes, events, sink, open }, lease);
  const monotonicMs = deps.clock.monotonicMs();
  if (end.kind === 'complete') {
    attempt.usage = end.usage;
    attempt.units = end.units;
    endAttempt(attempt, { outcome: 'answered', monotonicMs, status: head.status });
    await finishService(exchange, { outcome: 'answered', status: head.status, error: undefined });
    sink.end(end.rest);
    return;
  }
  abort();
  if (end.kind === 'interrupted' && end.error !== open.interruption) lease.broke(monotonicMs, end.error);
  const error = end.kind === 'gone' ? clientLeft() : end.error;
  const ending = end.kind === 'gone' ? 'aborted' : 'failed';
  endAttempt(attempt, { outcome: ending, monotonicMs, status: head.status, error });
  throw error;
}

/** The place of the call is free again when its last byte is here. */
async function relayed(input: ByteRelayInput, lease: Lease): Promise<ByteRelayEnd> {
  let tokens: number | undefined;
  try {
    const end = await relayBytes(input);
    if (end.kind === 'complete') tokens = tokensOf(end.usage);
    return end;
  } finally {
    lease.release(tokens);
  }
}

function answerHeaders(
  exchange: ServiceExchange,
  head: ResponseHead,
  type: string,
  events: boolean,
): { [name: string]: string } {
  const headers = serviceHeaders(exchange);
  if (events) return streamHeaders(headers, type);
  headers['content-type'] = type;
  for (const name of ['content-length', 'content-disposition']) {
    const value = head.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

function lengthOf({ headers }: ResponseHead): number | undefined {
  const length = Number(headers['content-length'] ?? Number.NaN);
  return Number.isSafeInteger(length) && length > 0 ? length : undefined;
}
