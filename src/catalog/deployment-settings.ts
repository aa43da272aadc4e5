import * as z from 'zod';
import type { RateLimits } from '../providers/index.ts';
import { findingUses } from './finding.ts';
import { modelKinds } from './model.ts';

const usdPerMillion = z.number().nonnegative().max(1_000_000);

/** What an account or a deployment allows, as it stands in the configuration. */
export const rateLimitsSchema = z.strictObject({
  requests_per_minute: z.int().positive().optional(),
  tokens_per_minute: z.int().positive().optional(),
  concurrent: z.int().positive().optional(),
});

/** An entry of `deployments` in the configuration: one model at one provider, with what only the operator can know about it. */
export const deploymentSettingsSchema = z.strictObject({
  /** A catalogue name or alias, or the name of a model the catalogue does not know. */
  model: z.string().min(1).max(200),
  /** Id of a configured provider. */
  provider: z.string().min(1),
  /** The model's name at the upstream; the catalogue's when absent. */
  name: z.string().min(1).max(200).optional(),
  /** What it is for, where the catalogue does not know the model; absent = chat. */
  kind: z.enum(modelKinds).optional(),
  /** USD per 1M tokens. Absent = unknown, never free; `{ input: 0, output: 0 }` = free. */
  price: z
    .strictObject({
      input: usdPerMillion,
      output: usdPerMillion,
      cache_read: usdPerMillion.optional(),
      cache_write: usdPerMillion.optional(),
    })
    .optional(),
  /** Label of the place, for prices and policies, where the provider's own does not fit. */
  region: z.string().min(1).optional(),
  /** Share among the deployments of the same model under `balance: weight`; absent = 1. */
  weight: z.number().positive().max(1_000_000).optional(),
  limits: rateLimitsSchema.optional(),
  /** Limits and capabilities there, for models the catalogue does not know or hosts that serve less. */
  context_tokens: z.number().int().positive().optional(),
  output_tokens_max: z.number().int().positive().optional(),
  capabilities: z
    .strictObject({
      tools: z.boolean().optional(),
      parallel_tools: z.boolean().optional(),
      json_schema: z.boolean().optional(),
      image_input: z.boolean().optional(),
      document_input: z.boolean().optional(),
      reasoning: z.enum(['none', 'optional', 'always']).optional(),
    })
    .optional(),
  /** What counts of what `yumen doctor` found: `narrow` (default), also what it adds (`follow`), or nothing (`ignore`). */
  findings: z.enum(findingUses).optional(),
});

export type DeploymentSettings = z.infer<typeof deploymentSettingsSchema>;

export function rateLimits(settings: z.infer<typeof rateLimitsSchema>): RateLimits {
  return {
    requestsPerMinute: settings.requests_per_minute,
    tokensPerMinute: settings.tokens_per_minute,
    concurrent: settings.concurrent,
  };
}
