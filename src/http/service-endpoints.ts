import {
  type AnswerSink,
  type GatewayDeps,
  handleCountTokens,
  handleCreation,
  handleEmbeddings,
  handleListing,
  handleObject,
  handlePassThrough,
  handleRerank,
  type PassService,
  type ServiceCall,
} from '../gateway/index.ts';
import type { ClientDialectName } from '../protocol/index.ts';
import { createAnswerSink } from './answer-sink.ts';
import type { Endpoint, Exchange } from './endpoint-table.ts';
import { serviceCallOf } from './service-call.ts';

type Handle = (
  call: ServiceCall,
  params: Exchange['params'],
  sink: AnswerSink,
  deps: GatewayDeps,
) => Promise<void>;

/** Every path beside chat where a provider is asked. */
export const serviceEndpoints: Endpoint[] = [
  service('POST', '/v1/embeddings', (call, _params, sink, deps) => handleEmbeddings(call, sink, deps)),
  // Clients of Jina, vLLM and Cohere each look for it at another path.
  ...['/v1/rerank', '/v2/rerank', '/rerank'].map((path) =>
    service('POST', path, (call, _params, sink, deps) => handleRerank(call, sink, deps)),
  ),
  counting('/v1/messages/count_tokens', 'anthropic-messages'),
  counting('/v1beta/models/{model*}:countTokens', 'gemini'),
  counting('/v1/models/{model*}:countTokens', 'gemini'),
  passing('/v1/moderations', 'moderations'),
  passing('/v1/images/{action*}', 'images'),
  passing('/v1/audio/{action*}', 'audio'),
  ...stored('/v1/files', 'file', 'GET', 'content'),
  ...stored('/v1/batches', 'batch', 'POST', 'cancel'),
];

function service(
  method: Endpoint['method'],
  path: string,
  handle: Handle,
  dialect: ClientDialectName = 'openai-chat',
): Endpoint {
  return {
    method,
    path,
    dialect,
    serve(exchange, { gateway, bodyBytesMax }) {
      const { request, response } = exchange;
      const call = serviceCallOf(exchange, method, dialect, bodyBytesMax(), gateway.clock.nowMs());
      return handle(call, exchange.params, createAnswerSink(request, response), gateway);
    },
  };
}

function counting(path: string, dialect: 'anthropic-messages' | 'gemini'): Endpoint {
  return service(
    'POST',
    path,
    (call, params, sink, deps) => handleCountTokens(call, { dialect, model: params['model'] }, sink, deps),
    dialect,
  );
}

function passing(path: string, name: PassService): Endpoint {
  return service('POST', path, (call, params, sink, deps) =>
    handlePassThrough(call, { service: name, action: params['action'] ?? '' }, sink, deps),
  );
}

/** What OpenAI has for things that it keeps: make, list, look, and what else is done with one. */
function stored(
  path: string,
  kind: 'file' | 'batch',
  method: 'GET' | 'POST',
  action: 'content' | 'cancel',
): Endpoint[] {
  const one = (done?: typeof action): Handle => {
    return (call, params, sink, deps) =>
      handleObject(call, { kind, id: params['id'] ?? '', action: done }, sink, deps);
  };
  const rows = [
    service('POST', path, (call, _params, sink, deps) => handleCreation(call, kind, sink, deps)),
    service('GET', path, (call, _params, sink, deps) => handleListing(call, kind, sink, deps)),
    service('GET', `${path}/{id}`, one()),
    service(method, `${path}/{id}/${action}`, one(action)),
  ];
  return kind === 'file' ? [...rows, service('DELETE', `${path}/{id}`, one())] : rows;
}
