import type { Catalog, Deployment } from '../catalog/index.ts';

/** Ids of the deployments that are gone or called otherwise now: at another address, with another key, by another name. */
export function changedDeployments(before: Catalog, now: Catalog): string[] {
  return before
    .deployments()
    .filter((old) => {
      const next = now.findDeployment(old.id);
      return next === undefined || wayOfCalling(next) !== wayOfCalling(old);
    })
    .map(({ id }) => id);
}

function wayOfCalling({ provider, upstreamName }: Deployment): string {
  const { vendor, region, baseUrl, apiKey } = provider;
  return JSON.stringify([vendor.id, region, baseUrl, apiKey, upstreamName]);
}
