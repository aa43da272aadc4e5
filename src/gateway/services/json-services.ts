import type { Deployment } from '../../catalog/index.ts';
import {
  decodeEmbeddingsRequest,
  decodeRerankRequest,
  type EmbeddingsRequest,
  embeddingsForms,
  GatewayError,
  parseJsonBody,
  type RerankRequest,
  rerankForms,
  type ServiceAnswer,
  type ServiceIdentity,
} from '../../protocol/index.ts';
import { type Service, type ServiceName, serviceUrl } from '../../providers/index.ts';
import type { ServiceRequest } from '../../upstream/index.ts';
import type { AnswerSink } from '../call.ts';
import type { GatewayDeps } from '../gateway.ts';
import { checkTexts } from '../guardrails/texts.ts';
import type { ServiceCall } from './call.ts';
import { deliverWhole } from './deliver.ts';
import { beginServiceTrace, type ServiceExchange, serveService } from './exchange.ts';
import { runService } from './run.ts';
import { planByModel, serviceOf } from './target.ts';
import { boundNano, expectedTokens, type TokenBound } from './worst-case.ts';

type Target = { model: string; floatOnly?: boolean | undefined };

/**
 * Cohere bills reranking by the search: a query with up to so many documents, where each piece of so many tokens, with the query, counts as one
 * (cohere.com/pricing).
 */
const searchDocuments = 100;
const searchPieceTokens = 500;

/** An endpoint whose upstreams differ in form: one document in, one document out. */
interface JsonService<Request extends { model: string }> {
  service: ServiceName;
  decode(body: ReturnType<typeof parseJsonBody>, bytes: Uint8Array): Request;
  encode(request: Request, form: Service['form'], target: Target): Uint8Array;
  read(bytes: Uint8Array, request: Request, form: Service['form'], identity: ServiceIdentity): ServiceAnswer;
  bound(request: Request): TokenBound;
  prompt(request: Request): string;
  /** What guardrails read; undefined for what is no text. */
  texts(request: Request): (string | undefined)[];
  promptTokens?(request: Request): number | undefined;
  /** What is billed by the call, where the answer does not say it. */
  requests?(request: Request): number;
}

export const embeddings: JsonService<EmbeddingsRequest> = {
  service: 'embeddings',
  decode: decodeEmbeddingsRequest,
  encode: (request, form, target) => embeddingsForm(form).encode(request, target),
  read: (bytes, request, form, identity) => embeddingsForm(form).decode(bytes, request, identity),
  // Byte-level vocabularies never make more tokens than bytes, and token ids are at least a byte each.
  bound: ({ bytes }) => ({ inputTokens: bytes.byteLength, outputTokens: 0 }),
  prompt: ({ inputs }) => inputs.filter((input) => typeof input === 'string').join('\n'),
  texts: ({ inputs }) => inputs.map((input) => (typeof input === 'string' ? input : undefined)),
  promptTokens: ({ inputs }) =>
    inputs.every((input) => typeof input !== 'string')
      ? inputs.reduce((sum, input) => sum + input.length, 0)
      : undefined,
};

const rerank: JsonService<RerankRequest> = {
  service: 'rerank',
  decode: decodeRerankRequest,
  encode: (request, form, target) => rerankForms[form ?? 'jina'].encode(request, target),
  read: (bytes, request, form, identity) => rerankForms[form ?? 'jina'].decode(bytes, request, identity),
  bound: ({ bytes, query, documents }) => {
    const queryBytes = Buffer.byteLength(query ?? '');
    const pieces = documents.map((text) =>
      Math.ceil((Buffer.byteLength(text ?? '') + queryBytes) / searchPieceTokens),
    );
    return {
      // The query is read again with each document (alibabacloud.com/help/en/model-studio/text-rerank-api).
      inputTokens: bytes.byteLength + queryBytes * documents.length,
      outputTokens: 0,
      requests: searchesOf(pieces.reduce((sum, each) => sum + Math.max(1, each), 0)),
    };
  },
  requests: ({ documents }) => searchesOf(documents.length),
  texts: ({ query, documents }) => [query, ...documents],
  prompt: ({ query, documents }) => documents.map((text) => `${query ?? ''}\n${text ?? ''}`).join('\n'),
};

function searchesOf(documents: number): number {
  return Math.ceil(documents / searchDocuments);
}

/** `POST /v1/embeddings`. */
export function handleEmbeddings(call: ServiceCall, sink: AnswerSink, deps: GatewayDeps): Promise<void> {
  return serveService(call, sink, deps, (exchange) => serveJson(exchange, embeddings));
}

/** `POST /v1/rerank`. */
export function handleRerank(call: ServiceCall, sink: AnswerSink, deps: GatewayDeps): Promise<void> {
  return serveService(call, sink, deps, (exchange) => serveJson(exchange, rerank));
}

async function serveJson<Request extends { model: string }>(
  exchange: ServiceExchange,
  kind: JsonService<Request>,
): Promise<void> {
  const { call, deps } = exchange;
  const bytes = await call.readBody();
  const request = kind.decode(parseJsonBody(bytes), bytes);
  const trace = beginServiceTrace(exchange, kind.service, {
    model: request.model,
    prompt: () => kind.prompt(request),
    promptTokens: kind.promptTokens?.(request),
    requests: kind.requests?.(request),
  });
  const bound = kind.bound(request);
  const plan = planByModel(exchange, request.model, kind.service);
  if (exchange.snapshot.guardrails !== undefined) {
    const deployments = plan.map(({ deployment }) => deployment);
    await checkTexts(exchange, kind.texts(request), deployments);
  }
  const outcome = await runService(
    exchange,
    trace,
    {
      plan,
      repeatable: true,
      tokens: trace.promptTokens ?? expectedTokens(bytes.byteLength),
      request: (deployment) => requestTo(deployment, request, kind),
      take: () => 'whole',
      read: (answer, deployment) =>
        kind.read(answer, request, serviceAt(deployment, kind.service).form, {
          requestId: call.requestId,
          model: deployment.upstreamName,
        }),
    },
    (deployment) => boundNano(deployment, bound, deps.clock.nowMs()),
  );
  if (outcome.kind === 'whole') await deliverWhole(exchange, outcome);
}

export function requestTo<Request extends { model: string }>(
  deployment: Deployment,
  request: Request,
  kind: JsonService<Request>,
): ServiceRequest {
  const { provider, upstreamName } = deployment;
  const service = serviceAt(deployment, kind.service);
  return {
    method: 'POST',
    url: serviceUrl(provider, service, upstreamName),
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    auth: service.auth,
    body: kind.encode(request, service.form, { model: upstreamName, floatOnly: service.floatOnly }),
  };
}

export function serviceAt({ provider }: Deployment, name: ServiceName): Service {
  const service = serviceOf(provider, name);
  if (service !== undefined) return service;
  throw new GatewayError('unsupported_by_candidates', `${provider.id} does not offer ${name}.`);
}

function embeddingsForm(form: Service['form']) {
  return embeddingsForms[form === 'cohere' ? 'cohere' : 'openai'];
}
