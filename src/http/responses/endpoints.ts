import type { IncomingMessage } from 'node:http';
import {
  cancelResponse,
  deleteResponse,
  type GatewayDeps,
  handleCompaction,
  handleResponses,
  listInputItems,
  requestIdHeaders,
  retrieveResponse,
} from '../../gateway/index.ts';
import { presentDecision } from '../admin/present.ts';
import { createAnswerSink } from '../answer-sink.ts';
import { readBody } from '../body.ts';
import type { Endpoint, Exchange, Serve } from '../endpoint-table.ts';
import { headersOf } from '../headers.ts';
import { replyJson } from '../reply.ts';
import { serviceCallOf } from '../service-call.ts';

type Look = (
  id: string,
  about: { headers: ReturnType<typeof headersOf>; query: URLSearchParams },
  gateway: GatewayDeps,
) => Promise<unknown>;

const dialect = 'openai-responses';

/** The Responses API, but for its connections. */
export const responsesEndpoints: Endpoint[] = [
  { method: 'POST', path: '/v1/responses', dialect, serve: create },
  { method: 'POST', path: '/v1/responses/compact', dialect, serve: compact },
  stored('GET', '/v1/responses/{id}', (id, { headers, query }, gateway) =>
    retrieveResponse(id, headers, query, gateway),
  ),
  stored('DELETE', '/v1/responses/{id}', (id, { headers }, gateway) => deleteResponse(id, headers, gateway)),
  stored('GET', '/v1/responses/{id}/input_items', (id, { headers, query }, gateway) =>
    listInputItems(id, headers, query, gateway),
  ),
  stored('POST', '/v1/responses/{id}/cancel', (id, { headers }, gateway) =>
    cancelResponse(id, headers, gateway),
  ),
];

function create({ request, response, requestId }: Exchange, options: Parameters<Serve>[1]): Promise<void> {
  const { gateway } = options;
  const bodyBytesMax = options.bodyBytesMax();
  return handleResponses(
    {
      requestId,
      headers: headersOf(request),
      readBody: () => readBody(request, bodyBytesMax),
      bodyBytesMax,
      receivedAtMs: gateway.clock.nowMs(),
      presentDecision,
    },
    createAnswerSink(request, response),
    gateway,
  );
}

function compact(exchange: Exchange, options: Parameters<Serve>[1]): Promise<void> {
  const { request, response } = exchange;
  const { gateway } = options;
  const nowMs = gateway.clock.nowMs();
  const call = serviceCallOf(exchange, 'POST', dialect, options.bodyBytesMax(), nowMs);
  return handleCompaction(call, { presentDecision }, createAnswerSink(request, response), gateway);
}

function stored(method: Endpoint['method'], path: string, look: Look): Endpoint {
  return {
    method,
    path,
    dialect,
    async serve({ request, response, requestId, params }, { gateway }) {
      const about = { headers: headersOf(request), query: queryOf(request) };
      const body = await look(params['id'] ?? '', about, gateway);
      replyJson(response, 200, body, requestIdHeaders(requestId));
    },
  };
}

function queryOf({ url }: IncomingMessage): URLSearchParams {
  const at = url?.indexOf('?') ?? -1;
  return new URLSearchParams(at < 0 ? '' : url?.slice(at + 1));
}
