import * as z from 'zod';

const usdPerMillion = z.number().nonnegative().max(1_000_000);

/** An entry of `deployments` in the configuration: one model at one provider, with what only the operator can know about it. */
export const deploymentSettingsSchema = z.strictObject({
  /** A catalogue name or alias, or the name of a model the catalogue does not know. */
  model: z.string().min(1).max(200),
  /** Id of a configured provider. */
  provider: z.string().min(1),
  /** The model's name at the upstream; the catalogue's when absent. */
  name: z.string().min(1).max(200).optional(),
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
});

export type DeploymentSettings = z.infer<typeof deploymentSettingsSchema>;
