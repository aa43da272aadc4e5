import { z } from 'zod';
import { allowsModel } from '../../identity/index.ts';
import {
  isLoopbackAddress,
  isPrivateAddress,
  type StatedEndpoint,
  statedEndpoint,
  statedEndpointSchema,
} from '../../providers/index.ts';

export const guardrailsMax = 16;

const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** One entry of `guardrails` in the configuration. */
export const guardrailSettingsSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,39}$/i, 'use at most 40 letters, digits, dots and dashes')
    .describe('Shown to clients, in records and in the log'),
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) address' })
    .describe('Asked by POST; redirects are not followed'),
  when: z
    .array(z.enum(['before', 'after']))
    .min(1)
    .default(['before'])
    .describe('before: the request, ahead of any provider; after: the answer, ahead of the client'),
  routes: z
    .array(z.string().min(1).max(200))
    .min(1)
    .optional()
    .describe('Names or globs of the routes and models whose requests it checks; absent = all'),
  timeout_ms: z.int().min(1).max(60_000).default(1_000).describe('For the whole call'),
  on_failure: z
    .enum(['closed', 'open'])
    .default('closed')
    .describe('When it cannot be asked: closed refuses, open lets pass and says so in a header'),
  headers: z
    .record(
      z.string().regex(headerName, 'must be the name of a header'),
      z.string().regex(headerValue, 'must be printable text of one line'),
    )
    .default({}),
  stream: z
    .enum(['whole', 'off'])
    .default('whole')
    .describe('after, on streamed answers: whole holds them back until they are checked, off lets them pass'),
  endpoint: statedEndpointSchema
    .optional()
    .describe('Who runs it and where, for policies; one at a private address is yours'),
  max_body_bytes: z
    .int()
    .min(1_024)
    .max(67_108_864)
    .default(1_000_000)
    .describe('The most it is sent; what is larger counts as a failure'),
});

export type GuardrailSettings = z.output<typeof guardrailSettingsSchema>;

export type GuardrailPhase = 'before' | 'after';

/** A service of the operator that is asked whether a request, or its answer, may pass. */
export interface Guardrail {
  name: string;
  url: URL;
  phases: readonly GuardrailPhase[];
  /** Globs over the names by which a request is called; undefined = every request. */
  routes: string[] | undefined;
  timeoutMs: number;
  onFailure: 'closed' | 'open';
  headers: { [name: string]: string };
  /** Streamed answers are held back for it. */
  checksStreams: boolean;
  bodyBytesMax: number;
  /** What policies may know of it. */
  endpoint: StatedEndpoint;
}

export function createGuardrail(settings: GuardrailSettings): Guardrail {
  return {
    name: settings.name,
    url: new URL(settings.url),
    phases: settings.when,
    routes: settings.routes,
    timeoutMs: settings.timeout_ms,
    onFailure: settings.on_failure,
    headers: settings.headers,
    checksStreams: settings.stream === 'whole',
    bodyBytesMax: settings.max_body_bytes,
    endpoint: endpointOf(settings),
  };
}

/** A service on this machine stands where the installation does; elsewhere only the operator knows. */
function endpointOf({ url, endpoint }: GuardrailSettings): StatedEndpoint {
  return {
    ...(isPrivateAddress(url) && { selfHosted: true, operator: 'self', trainsOnInput: false }),
    ...(isLoopbackAddress(url) && { processing: 'local', storage: 'local' }),
    ...(endpoint && statedEndpoint(endpoint)),
  };
}

/** Those that check a request that goes by any of these names, in the order of the configuration. */
export function guardrailsFor(
  guardrails: readonly Guardrail[] | undefined,
  phase: GuardrailPhase,
  names: readonly string[],
): Guardrail[] {
  return (guardrails ?? []).filter(
    ({ phases, routes }) =>
      phases.includes(phase) && names.some((name) => allowsModel({ models: routes }, name)),
  );
}
