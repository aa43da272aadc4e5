import type { Catalog, Deployment } from '../catalog/index.ts';
import type { Provider } from '../providers/index.ts';

/** Deployments that are gone or called otherwise now: at another address, with another key, by another name. */
export function changedDeployments(before: Catalog, now: Catalog): Deployment[] {
  return before.deployments().filter((old) => {
    const next = now.findDeployment(old.id);
    return next === undefined || wayOfCalling(next) !== wayOfCalling(old);
  });
}

/** The same of providers, which may be called for models that nobody listed. */
export function changedProviders(before: Catalog, now: Catalog): Provider[] {
  const next = new Map(now.providers().map((provider) => [provider.id, wayTo(provider)]));
  return before.providers().filter((old) => next.get(old.id) !== wayTo(old));
}

function wayOfCalling({ provider, upstreamName }: Deployment): string {
  return JSON.stringify([wayTo(provider), upstreamName]);
}

function wayTo({ vendor, region, baseUrl, keys, cloud, wires }: Provider): string {
  return JSON.stringify([vendor.id, region, baseUrl, keys, cloud, wires]);
}
