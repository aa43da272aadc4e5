import { csvRows } from './csv.ts';

/** What ATOM knows of open weights: which organisation published them, and where that is. */
export interface OpenWeights {
  /** By lower-case name of the weights, without the organisation. */
  organisations: Map<string, string>;
  /** ISO country by lower-case organisation, where the region is one country. */
  countries: Map<string, string>;
}

/** Regions that are a country; «eu» and «other» are not. */
const countryOfRegion: { [region: string]: string } = { china: 'CN', us: 'US' };

/** Reads `models.csv` and `organization_regions.csv` of Interconnects' tracked models (Apache-2.0). */
export function readAtom(files: { models: string; organizationRegions: string }): OpenWeights {
  const organisations = new Map<string, string>();
  for (const { org, model } of csvRows(files.models)) {
    if (org !== undefined && model !== undefined) organisations.set(model.toLowerCase(), org);
  }
  const countries = new Map<string, string>();
  for (const { hf_org: org, region } of csvRows(files.organizationRegions)) {
    const country = countryOfRegion[region ?? ''];
    if (org !== undefined && country !== undefined) countries.set(org.toLowerCase(), country);
  }
  return { organisations, countries };
}
