import type { Catalog, Deployment } from '../catalog/index.ts';

/** Deployments that are gone or called otherwise now: at another address, with another key, by another name. */
export function changedDeployments(before: Catalog, now: Catalog): Deployment[] {
  return before.deployments().filter((old) => {
    const next = now.findDeployment(old.id);
    return next === undefined || wayOfCalling(next) !== wayOfCalling(old);
  });
}

function wayOfCalling({ provider, upstreamName }: Deployment): string {
  const { vendor, region, baseUrl, keys, cloud, wires } = provider;
  return JSON.stringify([vendor.id, region, baseUrl, keys, cloud, wires, upstreamName]);
}
