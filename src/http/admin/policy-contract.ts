import { z } from '@hono/zod-openapi';
import { dryRunMax } from '../../gateway/index.ts';
import { killTargets } from '../../policy/index.ts';

const fact = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);

/** What a rule looked at; null where it was not known. */
export const policyFactsSchema = z.record(z.string(), fact);

/** The packs that a request met, and what they were told of it. */
export const requestPolicySchema = z.object({
  version: z.string(),
  data_classes: z.array(z.string()),
  purpose: z.string().nullable(),
  subject_region: z.string().nullable(),
});

export const policiesInForceSchema = z.object({
  version: z.string().describe('Changes with every rule; `none` without any pack'),
  installation: z.object({ processing: z.string().nullable(), storage: z.string().nullable() }),
  packs: z.array(
    z.object({
      id: z.string(),
      title: z.string().nullable(),
      level: z.enum(['law', 'contract', 'organisation', 'team']),
      as_of: z.string().nullable(),
      from: z.string().nullable(),
      until: z.string().nullable(),
      in_force: z.boolean(),
      rules: z.array(
        z.object({
          id: z.string().describe('As exclusions name it'),
          why: z.string(),
          facts: z.array(z.string()).describe('Those that it asks for'),
          source: z.string().nullable(),
        }),
      ),
    }),
  ),
  shipped: z.array(z.object({ id: z.string(), title: z.string().nullable(), as_of: z.string().nullable() })),
});

export const dryRunQuestionSchema = z.strictObject({
  policies: z
    .array(z.unknown())
    .min(1)
    .describe('As they would stand in the configuration, all of them: { use } or whole packs'),
  days: z.number().positive().max(366).default(30),
  limit: z.int().min(1).max(dryRunMax).default(dryRunMax).describe('The newest so many answered requests'),
});

const tally = { moved: z.int(), blocked: z.int() };

export const dryRunSchema = z
  .object({
    version: z.string().describe('Of these packs'),
    from: z.string(),
    to: z.string(),
    requests: z.int().describe('Answered requests that were looked at'),
    unchanged: z.int(),
    moved: z.int().describe('Somebody else on the route, or of the model, would have had to answer'),
    blocked: z.int().describe('Nobody might have answered'),
    unknown: z.int().describe('Answered by a deployment, or sent with a key, that is gone'),
    truncated: z.boolean().describe('There are older requests in the window'),
    rules: z.array(z.object({ rule: z.string(), ...tally })),
    left: z.array(z.object({ deployment: z.string(), ...tally })),
  })
  .openapi('PolicyDryRun');

export const newSwitchSchema = z.strictObject({
  target: z.enum(killTargets),
  value: z.string().trim().min(1).max(200).describe('Its id; for `origin` the country, e.g. CN'),
  reason: z.string().trim().min(1).max(500).describe('Told to those who are refused'),
});

export const switchSchema = newSwitchSchema.extend({
  id: z.string(),
  set_by: z.string().describe('Id of the key'),
  at: z.string(),
  deployments: z.array(z.string()).describe('Those that it switches off now'),
});
