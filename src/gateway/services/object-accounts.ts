import { GatewayError, type JsonObject } from '../../protocol/index.ts';
import type { Provider } from '../../providers/index.ts';
import { tenantOf } from '../tenant.ts';
import type { ServiceExchange } from './exchange.ts';
import type { ProviderObject } from './provider-objects.ts';

export type Kind = ProviderObject['kind'];

/** Where objects are kept: at the vendor nobody but the account that made them sees them. */
export interface Account {
  provider: Provider;
  /** Id of its key. Undefined: any may be used, or there is none. */
  credential: string | undefined;
}

/** Those accounts of the provider in which the owner has something, from the one that has `after`. */
export async function accountsWithOwn(
  exchange: ServiceExchange,
  kind: Kind,
  provider: Provider,
  after: string | undefined,
): Promise<Account[]> {
  const { objects } = exchange.deps;
  const owner = tenantOf(exchange.principal);
  const first = provider.keys[0]?.id;
  const known =
    provider.keys.length > 1
      ? new Set((await objects.credentials(owner, kind, provider.id)).map((id) => id ?? first))
      : new Set([first]);
  const withOwn = provider.keys.map(({ id }) => id).filter((id) => known.has(id));
  const all = (withOwn.length > 0 ? withOwn : [first]).map((credential) => ({ provider, credential }));
  if (after === undefined) return all;
  const found = await objects.find(owner, kind, after);
  if (found?.provider !== provider.id) throw notFound(kind);
  const { credential } = accountOf(exchange, found);
  return all.slice(all.findIndex((account) => account.credential === credential));
}

/** Throws `not_found` when the provider or the key is not configured any more. */
export function accountOf(
  { snapshot }: ServiceExchange,
  { kind, provider: id, credential }: ProviderObject,
): Account {
  const provider = snapshot.catalog.providers().find((each) => each.id === id);
  if (provider === undefined) throw notFound(kind);
  // Where no key was noted, the first was the only one in use.
  const used = credential ?? provider.keys[0]?.id;
  if (used === undefined || provider.keys.some((key) => key.id === used))
    return { provider, credential: used };
  throw new GatewayError(
    'not_found',
    `This ${kind} is in the account of the key «${used}» of the provider «${id}», which is not configured any more: only the operator can reach it, by adding the key again under that id.`,
  );
}

export function isIn({ provider, credential }: Account, object: ProviderObject): boolean {
  return (object.credential ?? provider.keys[0]?.id) === credential;
}

export async function bind(
  exchange: ServiceExchange,
  kind: Kind,
  account: Account,
  object: JsonObject,
): Promise<void> {
  const { deps, call } = exchange;
  const id = String(object['id']);
  try {
    await deps.objects.put([objectOf(exchange, kind, account, id)]);
  } catch (thrown) {
    deps.log.error(
      {
        requestId: call.requestId,
        provider: account.provider.id,
        credential: account.credential,
        kind,
        id,
      },
      'the provider keeps an object that nobody can reach: delete it there',
    );
    throw thrown;
  }
}

/** What a batch has written belongs to whoever started it. */
export async function bindResults(
  exchange: ServiceExchange,
  account: Account,
  batch: JsonObject,
): Promise<void> {
  const ids = [batch['output_file_id'], batch['error_file_id']].filter((id) => typeof id === 'string');
  if (ids.length === 0) return;
  await exchange.deps.objects.put(ids.map((id) => objectOf(exchange, 'file', account, id)));
}

function objectOf(
  exchange: ServiceExchange,
  kind: Kind,
  { provider, credential }: Account,
  id: string,
): ProviderObject {
  const createdAtMs = exchange.deps.clock.nowMs();
  return { kind, id, owner: tenantOf(exchange.principal), provider: provider.id, credential, createdAtMs };
}

export function notFound(kind: Kind, param?: string): GatewayError {
  return new GatewayError('not_found', `There is no ${kind} with this id.`, { param });
}
