import { GatewayError, isObject, type JsonObject } from '../../protocol/index.ts';
import type { ClientCall } from '../call.ts';
import type { GatewayDeps } from '../gateway.ts';
import { tenantOf } from '../tenant.ts';
import { shownItem } from './items.ts';
import type { StoredResponse } from './response-store.ts';

type Headers = ClientCall['headers'];

const pageItemsMax = 100;
const pageItems = 20;

/** `GET /v1/responses/{id}`. Throws `not_found` for ids that are not this caller's, whoever else's they may be. */
export async function retrieveResponse(
  id: string,
  headers: Headers,
  query: URLSearchParams,
  deps: GatewayDeps,
): Promise<unknown> {
  const found = await findStored(id, headers, deps);
  if (query.get('stream') === 'true') {
    throw new GatewayError(
      'invalid_request',
      'A stored response is given whole: leave stream out. Only responses of background requests can be streamed later.',
      { param: 'stream' },
    );
  }
  return JSON.parse(found.response);
}

/** `DELETE /v1/responses/{id}`. */
export async function deleteResponse(id: string, headers: Headers, deps: GatewayDeps): Promise<unknown> {
  const tenant = tenantOf(deps.identity.authenticate(headers));
  if (!(await deps.responses.remove(tenant, id))) throw notFound(id);
  return { id, object: 'response', deleted: true };
}

/** `POST /v1/responses/{id}/cancel`: throws, for no response is made in the background here. */
export async function cancelResponse(id: string, headers: Headers, deps: GatewayDeps): Promise<never> {
  await findStored(id, headers, deps);
  throw new GatewayError(
    'invalid_request',
    'Only responses that are made in the background can be cancelled, and none are here: close the connection of a request to end it.',
    { param: 'response_id' },
  );
}

/** `GET /v1/responses/{id}/input_items`, newest first unless `order=asc`. */
export async function listInputItems(
  id: string,
  headers: Headers,
  query: URLSearchParams,
  deps: GatewayDeps,
): Promise<unknown> {
  const limit = limitOf(query);
  const order = orderOf(query);
  const found = await findStored(id, headers, deps);
  const items = (JSON.parse(found.input) as JsonObject[])
    .filter(isObject)
    .map((item, index) => shownItem(item, `item_${index}_${id}`));
  if (order === 'desc') items.reverse();
  const after = query.get('after');
  const start = after === null ? 0 : items.findIndex((item) => item['id'] === after) + 1;
  if (after !== null && start === 0) {
    throw new GatewayError(
      'invalid_request',
      'after must be the id of an item in the list, such as last_id of the page before.',
      {
        param: 'after',
      },
    );
  }
  const data = items.slice(start, start + limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.['id'] ?? null,
    last_id: data.at(-1)?.['id'] ?? null,
    has_more: start + limit < items.length,
  };
}

async function findStored(id: string, headers: Headers, deps: GatewayDeps): Promise<StoredResponse> {
  const tenant = tenantOf(deps.identity.authenticate(headers));
  const found = await deps.responses.find(tenant, id);
  if (found === undefined) throw notFound(id);
  return found;
}

function notFound(id: string): GatewayError {
  return new GatewayError(
    'not_found',
    `There is no stored response «${id.slice(0, 100)}»: it was made with store false, was deleted, is older than responses are kept, or belongs to another project.`,
    { param: 'response_id' },
  );
}

function limitOf(query: URLSearchParams): number {
  const given = query.get('limit');
  if (given === null) return pageItems;
  const limit = Number(given);
  if (Number.isInteger(limit) && limit >= 1 && limit <= pageItemsMax) return limit;
  throw new GatewayError('invalid_request', `limit must be a whole number from 1 to ${pageItemsMax}.`, {
    param: 'limit',
  });
}

function orderOf(query: URLSearchParams): 'asc' | 'desc' {
  const order = query.get('order') ?? 'desc';
  if (order === 'asc' || order === 'desc') return order;
  throw new GatewayError('invalid_request', 'order must be asc or desc.', { param: 'order' });
}
