import type { Deployment } from '../../catalog/index.ts';
import type { JsonObject } from '../../protocol/index.ts';
import { wireFor } from '../../providers/index.ts';
import type { Snapshot } from '../snapshot.ts';

/** What the deployments behind a name can do with what a provider of this dialect keeps. */
export interface Holders {
  deployments: Deployment[];
  /** All of them speak Responses themselves. */
  allNative: boolean;
  someNative: boolean;
  /** The one provider and account that any request for this name reaches: it can go on from what it keeps. */
  only: string | undefined;
}

export function holdersOf(body: JsonObject, snapshot: Snapshot): Holders {
  const deployments = deploymentsOf(body, snapshot);
  const allNative = deployments.length > 0 && deployments.every(isNative);
  const providers = new Set(deployments.map(({ provider }) => provider.id));
  const first = deployments[0]?.provider;
  // Several keys may be several accounts, and an account finds only its own.
  const single = allNative && providers.size === 1 && first !== undefined && first.keys.length <= 1;
  return {
    deployments,
    allNative,
    someNative: deployments.some(isNative),
    only: single ? first.id : undefined,
  };
}

export function isNative({ provider }: Deployment): boolean {
  return wireFor(provider, 'openai-responses').dialect === 'openai-responses';
}

/** Empty for names that mean nothing: the request will be refused for them soon enough. */
function deploymentsOf({ model, models }: JsonObject, snapshot: Snapshot): Deployment[] {
  const names = [model, ...(Array.isArray(models) ? models : [])].filter((name) => typeof name === 'string');
  const found = names.flatMap((name) => {
    const route = snapshot.routes.get(name);
    if (route !== undefined) return route.candidates;
    try {
      return snapshot.catalog.candidates(name);
    } catch {
      return [];
    }
  });
  return found.map(({ deployment }) => deployment);
}
