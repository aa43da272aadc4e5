import type { Vendor } from './vendor.ts';
import { vendors } from './vendors.ts';

/** Engines that run on the operator's own machines. */
const engines: readonly Vendor[] = vendors.filter((vendor) => vendor.engine !== undefined);

/** Every loopback port that an engine may be found at. */
export const enginePorts: readonly number[] = [
  ...new Set(engines.flatMap((vendor) => vendor.engine?.ports ?? [])),
];

/** An answer to `GET /v1/models`. */
export interface ModelsAnswer {
  body: unknown;
  /** The `server` header. */
  server: string | undefined;
}

/**
 * The engine that an answer's own words name. Undefined for all others: an unknown server may be a proxy, and what is sent to it
 * might leave this machine.
 */
export function identifyEngine({ body, server }: ModelsAnswer): Vendor | undefined {
  const rows = rowsOf(body);
  return engines.find(({ engine }) => {
    const { ownedBy, server: name } = engine ?? {};
    if (name !== undefined && server?.startsWith(name) === true) return true;
    return ownedBy !== undefined && rows.some((row) => row.owner === (ownedBy === '{id}' ? row.id : ownedBy));
  });
}

/** The engines that usually listen at this port and can be asked for a sign of theirs. */
export function enginesToAsk(port: number): { vendor: Vendor; path: string; field: string }[] {
  return engines.flatMap((vendor) => {
    const { ports, answers } = vendor.engine!;
    return answers !== undefined && ports.includes(port) ? [{ vendor, ...answers }] : [];
  });
}

function rowsOf(body: unknown): { id: string; owner: string }[] {
  if (typeof body !== 'object' || body === null || !('data' in body) || !Array.isArray(body.data)) return [];
  return body.data.flatMap((row: unknown) => {
    if (typeof row !== 'object' || row === null || !('id' in row) || !('owned_by' in row)) return [];
    const { id, owned_by: owner } = row;
    return typeof id === 'string' && typeof owner === 'string' ? [{ id, owner }] : [];
  });
}
