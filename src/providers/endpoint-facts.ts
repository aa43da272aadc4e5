import { isIP } from 'node:net';
import { z } from 'zod';
import type { Provider } from './vendor.ts';

/** Who runs an endpoint, where, and what becomes of what it is sent. `undefined` = not known; `null` = there is none. */
export interface EndpointFacts {
  operator: string | undefined;
  /** ISO 3166; null where the operator of the gateway runs it. */
  headquarters: string | null | undefined;
  processing: string | undefined;
  storage: string | undefined;
  retentionDays: number | undefined;
  trainsOnInput: boolean | undefined;
  selfHosted: boolean | undefined;
}

/** What the operator states of an endpoint; it wins over what the vendor's data says. */
export type StatedEndpoint = Partial<Omit<EndpointFacts, 'headquarters'> & { headquarters: string }>;

const place = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/,
    'use an ISO 3166 code, EU, global, global-except-cn or a label of your own',
  );

/** The same as it stands in the configuration. */
export const statedEndpointSchema = z.strictObject({
  operator: z.string().min(1).max(200).optional().describe('Who runs it'),
  headquarters: z
    .string()
    .regex(/^[A-Z]{2}$/, 'use an ISO 3166 code of two capital letters')
    .optional()
    .describe('Country of the operator’s headquarters'),
  processing: place.optional().describe('Where inference runs: ISO 3166, EU, global, or a label'),
  storage: place.optional().describe('Where it keeps data'),
  retention_days: z.number().min(0).max(36_500).optional().describe('How long it keeps prompts'),
  trains_on_input: z.boolean().optional(),
  self_hosted: z.boolean().optional().describe('You run it'),
});

export function statedEndpoint(settings: z.output<typeof statedEndpointSchema>): StatedEndpoint {
  const { retention_days, trains_on_input, self_hosted, ...same } = settings;
  const stated: StatedEndpoint = { ...same };
  if (retention_days !== undefined) stated.retentionDays = retention_days;
  if (trains_on_input !== undefined) stated.trainsOnInput = trains_on_input;
  if (self_hosted !== undefined) stated.selfHosted = self_hosted;
  return stated;
}

/**
 * What is known of a provider's endpoint. An engine's is the operator's own only where its address is of a private network or the
 * configuration says so: the same dialect is spoken by many hosts on the internet.
 */
export function endpointFacts({
  vendor,
  baseUrl,
  processing,
  storage,
  stated = {},
}: Provider): EndpointFacts {
  const isEngine = vendor.headquarters === undefined;
  const selfHosted = stated.selfHosted ?? (isEngine ? isPrivateAddress(baseUrl) || undefined : false);
  return {
    operator: stated.operator ?? (selfHosted === true ? 'self' : isEngine ? undefined : vendor.name),
    headquarters: stated.headquarters ?? (selfHosted === true ? null : vendor.headquarters),
    processing,
    storage,
    retentionDays: stated.retentionDays,
    trainsOnInput: stated.trainsOnInput ?? (selfHosted === true ? false : undefined),
    selfHosted,
  };
}

/** This machine, by number or as `localhost`. */
export function isLoopbackAddress(url: string): boolean {
  const { hostname } = new URL(url);
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'))
  );
}

/** Loopback, link-local, private and unique local addresses, and names that only a local network resolves. */
export function isPrivateAddress(url: string): boolean {
  const host = new URL(url).hostname.toLowerCase().replace(/^\[|\]$/g, '');
  switch (isIP(host)) {
    case 4:
      return /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(host);
    case 6:
      return host === '::1' || /^f[cd]/.test(host) || /^fe[89ab]/.test(host);
    default:
      return !host.includes('.') || /\.(local|internal|localhost|lan|home\.arpa)$/.test(host);
  }
}
