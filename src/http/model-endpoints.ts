import type { IncomingMessage } from 'node:http';
import type { Endpoint, Exchange } from './endpoint-table.ts';
import { headersOf } from './headers.ts';
import { findModel, gatesFor, type ListStyle, listModels } from './models.ts';
import { replyJson } from './reply.ts';
import type { HttpServerOptions } from './server.ts';

/** The models a key may call, in the list shape of whoever asks. */
export const modelEndpoints: Endpoint[] = [
  { method: 'GET', path: '/v1/models', dialect: 'openai-chat', serve: models(styleOfHeaders) },
  { method: 'GET', path: '/v1/models/{model*}', dialect: 'openai-chat', serve: models(styleOfHeaders) },
  { method: 'GET', path: '/v1beta/models', dialect: 'gemini', serve: models(() => 'gemini') },
  { method: 'GET', path: '/v1beta/models/{model*}', dialect: 'gemini', serve: models(() => 'gemini') },
];

function models(styleOf: (request: IncomingMessage) => ListStyle) {
  return ({ request, response, params }: Exchange, { gateway }: HttpServerOptions): void => {
    const principal = gateway.identity.authenticate(headersOf(request));
    const snapshot = gateway.snapshot();
    const gates = gatesFor(principal, snapshot, gateway);
    const style = styleOf(request);
    const name = params['model'];
    replyJson(
      response,
      200,
      name === undefined ? listModels(snapshot, gates, style) : findModel(name, snapshot, gates, style),
    );
  };
}

/** Three dialects list models at this path. Google's clients send their key in a header of their own. */
function styleOfHeaders({ headers }: IncomingMessage): ListStyle {
  if (headers['x-goog-api-key'] !== undefined) return 'gemini';
  return headers['anthropic-version'] === undefined ? 'openai-chat' : 'anthropic-messages';
}
