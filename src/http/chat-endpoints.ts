import type { IncomingMessage } from 'node:http';
import { handle } from '../gateway/index.ts';
import { type ClientDialectName, GatewayError, type RequestPath } from '../protocol/index.ts';
import { presentDecision } from './admin/present.ts';
import { createAnswerSink } from './answer-sink.ts';
import { readBody } from './body.ts';
import type { Endpoint, Exchange, Serve } from './endpoint-table.ts';
import { headersOf } from './headers.ts';

type PathReader = (exchange: Exchange) => RequestPath;

/** Every path where a model is asked for an answer. */
export const chatEndpoints: Endpoint[] = [
  chat('/v1/chat/completions', 'openai-chat'),
  chat('/v1/completions', 'openai-completions'),
  chat('/v1/messages', 'anthropic-messages'),
  // Where the model is in the path, what follows the last colon is the method, as Google writes it.
  chat('/v1beta/models/{model*}:generateContent', 'gemini', whole),
  chat('/v1beta/models/{model*}:streamGenerateContent', 'gemini', serverSentEvents),
  chat('/v1/models/{model*}:generateContent', 'gemini', whole),
  chat('/v1/models/{model*}:streamGenerateContent', 'gemini', serverSentEvents),
  refusedEmbedding('/v1beta/models/{model*}:embedContent'),
  refusedEmbedding('/v1beta/models/{model*}:batchEmbedContents'),
  refusedEmbedding('/v1/models/{model*}:embedContent'),
  refusedEmbedding('/v1/models/{model*}:batchEmbedContents'),
  chat('/model/{model*}/converse', 'bedrock-converse', whole),
  chat('/model/{model*}/converse-stream', 'bedrock-converse', streamed),
];

/** Gemini's own form of embeddings: its place is known, so that nobody looks for a fault in the address. */
function refusedEmbedding(path: string): Endpoint {
  return {
    method: 'POST',
    path,
    dialect: 'gemini',
    serve: () => {
      throw new GatewayError(
        'not_available',
        'Embeddings are served at /v1/embeddings, in OpenAI’s form, for every provider.',
      );
    },
  };
}

function chat(path: string, dialect: ClientDialectName, read?: PathReader): Endpoint {
  return { method: 'POST', path, dialect, serve: serveChat(dialect, read) };
}

/** Serves a chat request in one dialect. */
function serveChat(dialect: ClientDialectName, read?: PathReader): Serve {
  return (exchange, { gateway, bodyBytesMax }) => {
    const { request, response, requestId } = exchange;
    const path = read?.(exchange);
    return handle(
      {
        requestId,
        dialect,
        path,
        headers: headersOf(request),
        readBody: () => readBody(request, bodyBytesMax()),
        receivedAtMs: gateway.clock.nowMs(),
        presentDecision,
      },
      createAnswerSink(request, response),
      gateway,
    );
  };
}

function whole({ params }: Exchange): RequestPath {
  return { model: params['model'] ?? '', stream: false };
}

function streamed({ params }: Exchange): RequestPath {
  return { model: params['model'] ?? '', stream: true };
}

function serverSentEvents(exchange: Exchange): RequestPath {
  if (queryOf(exchange.request).get('alt') !== 'sse') {
    throw new GatewayError(
      'invalid_request',
      'Streams come as server-sent events here: add ?alt=sse to the address.',
      { param: 'alt' },
    );
  }
  return streamed(exchange);
}

function queryOf({ url }: IncomingMessage): URLSearchParams {
  const at = url?.indexOf('?') ?? -1;
  return new URLSearchParams(at < 0 ? '' : url?.slice(at + 1));
}
