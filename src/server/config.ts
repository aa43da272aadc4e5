import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { deploymentSettingsSchema, rateLimitsSchema } from '../catalog/index.ts';
import { guardrailSettingsSchema, guardrailsMax, routeSignalsSchema } from '../gateway/index.ts';
import { policiesSchema } from '../policy/index.ts';
import { routeProofSchema } from '../proof/index.ts';
import { statedEndpointSchema } from '../providers/index.ts';
import { balanceStrategies } from '../upstream/index.ts';
import { defaults } from './defaults.ts';
import type { Environment } from './environment.ts';
import { Expansion } from './expansion.ts';

/** A configuration that cannot be used; the message names the field and what would make it right. */
export class ConfigError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
  }
}

const providerSchema = z.strictObject({
  id: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9._-]*$/i,
      'use letters, digits, dots and dashes (it is the part before the slash in `provider/model`)',
    ),
  vendor: z
    .string()
    .describe('Vendor id, e.g. openai, anthropic, deepseek, dashscope, openai-compatible, sandbox'),
  region: z
    .string()
    .optional()
    .describe('A region of the vendor; for engines of your own a name such as on-prem'),
  api_key: z.string().optional(),
  api_keys: z
    .array(
      z.union([
        z.string(),
        z.strictObject({
          key: z.string(),
          id: z.string().min(1).max(40).optional().describe('Shown in records instead of its number'),
          weight: z.number().positive().optional().describe('Share among the keys; 1 when absent'),
          limits: rateLimitsSchema.optional(),
        }),
      ]),
    )
    .min(1)
    .optional()
    .describe('Several keys that share the load by weight'),
  aws: z
    .strictObject({
      access_key_id: z.string().min(1),
      secret_access_key: z.string().min(1),
      session_token: z.string().min(1).optional(),
    })
    .optional()
    .describe('Signs the requests where the vendor wants that and there is no api_key'),
  google: z
    .strictObject({ credentials_file: z.string().min(1).optional() })
    .optional()
    .describe('Service account file; without one the application default credentials are used'),
  dialect: z
    .enum(['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini', 'bedrock-converse'])
    .optional()
    .describe('The dialect to speak, where the vendor knows several'),
  parameters: z
    .record(z.string(), z.string())
    .optional()
    .describe('Parts of the vendor’s address that are your own, e.g. resource, project, workspace'),
  endpoint: statedEndpointSchema
    .optional()
    .describe('What you know of it better than the vendor’s table, for policies'),
  base_url: z
    .url()
    .optional()
    .describe('Replaces the vendor’s address; without a path the vendor’s usual one is added'),
});

const targetSchema = z.union(
  [
    z.strictObject({ quality: z.number().min(0.5).max(1) }),
    z.strictObject({ usd_per_quality: z.number().positive() }),
    z.strictObject({
      budget_usd_per_day: z
        .number()
        .positive()
        .describe('Spent over the UTC day where it buys the most quality; never a refusal'),
    }),
  ],
  {
    error:
      'give one of { quality: 0.98 } (0.5 to 1), { usd_per_quality: 0.02 } and { budget_usd_per_day: 50 }, with a number above 0',
  },
);

const contentFilterSchema = z
  .enum(['fail', 'next'])
  .describe(
    'After a provider’s content filter or a refusal: tell the client, or ask a deployment of another vendor',
  );

const cascadeSchema = z.strictObject({
  checks: z
    .boolean()
    .default(defaults.cascade.checks)
    .describe(
      'A cheap answer is looked at before it is given out; a bad one is asked for again from the reference',
    ),
  votes: z
    .boolean()
    .default(defaults.cascade.votes)
    .describe('Two cheap models may answer at once; the reference is asked where they differ'),
  hold_ms: z
    .int()
    .min(0)
    .max(600_000)
    .default(defaults.cascade.holdMs)
    .describe(
      'How long a stream may be held back to be looked at, from its first content; 0 = streams are not looked at',
    ),
});

const dataWord = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, 'use at most 40 small letters, digits, dots and dashes');

const canarySchema = z
  .strictObject({
    share: z.number().gt(0).max(0.5).default(0.05).describe('Of the route’s conversations'),
    candidates: z.array(z.string()).min(1).optional(),
    target: targetSchema.optional(),
    mode: z.enum(['observe', 'assist']).optional(),
    cascade: cascadeSchema.optional(),
  })
  .refine(
    ({ candidates, target, mode, cascade }) =>
      [candidates, target, mode, cascade].some((one) => one !== undefined),
    'say what is to be tried: candidates, target, mode or cascade; the rest is as in the route',
  );

const routeSchema = z.strictObject({
  reference: z.string().describe('The model you trust; quality is relative to it'),
  candidates: z.array(z.string()).min(1),
  target: targetSchema.default({ quality: defaults.quality }),
  mode: z.enum(['observe', 'assist', 'certified']).default('observe'),
  capture: z
    .enum(['none', 'pairs', 'all'])
    .default('none')
    .describe('Whose texts are kept, where the route is proved: nobody’s, those of pairs, all'),
  capture_days: z
    .number()
    .positive()
    .max(3650)
    .default(defaults.captureDays)
    .describe('How long they are kept'),
  proof: routeProofSchema
    .optional()
    .describe('How the quality that the route keeps is measured; needed for mode certified and for capture'),
  holdback_ms: z.int().min(0).max(600_000).optional(),
  content_filter: contentFilterSchema.optional(),
  cascade: cascadeSchema.prefault({}),
  learn: z
    .enum(['own', 'off'])
    .default('own')
    .describe('Whether graded outcomes of your own requests (POST /api/v1/feedback) move the decisions'),
  feedback_from: z
    .enum(['admins', 'callers'])
    .default('admins')
    .describe(
      'Whose feedback on this route’s requests counts; callers grade their own requests, and move the routing of all',
    ),
  signals: routeSignalsSchema
    .optional()
    .describe('Services that are asked what they think of a request where the choice is undecided'),
  data: z
    .strictObject({
      classes: z.array(dataWord).max(20).default([]).describe('Of the data in its requests'),
      purpose: dataWord.optional().describe('E.g. production, research; clients can only add to it'),
      subject_region: z
        .string()
        .regex(/^[A-Z]{2}$/, 'use an ISO 3166 code, or EU')
        .optional()
        .describe('Where the people live whom the data is about'),
    })
    .optional()
    .describe('What policies are told of its requests'),
  canary: canarySchema
    .optional()
    .describe('Another form of the route for part of its conversations, taken back where it fares worse'),
  upgrade_share_max: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'Share of one key’s requests that may go to candidates dearer than the route’s usual choice; beyond it quality counts less for that key',
    ),
});

const configSchema = z.strictObject({
  providers: z.array(providerSchema).min(1),
  deployments: z.array(deploymentSettingsSchema).default([]),
  content_filter: contentFilterSchema.default(defaults.contentFilter),
  balance: z
    .enum(balanceStrategies)
    .default(defaults.balance)
    .describe('How the deployments of one model share its requests'),
  routes: z
    .record(
      z
        .string()
        .regex(/^[a-z0-9][a-z0-9._-]*$/i, 'a route name has letters, digits, dots and dashes, no slash'),
      routeSchema,
    )
    .default({}),
  catalog: z
    .strictObject({
      overlay: z.string().describe('File with models and prices that win over the shipped ones'),
    })
    .optional(),
  limits: z
    .strictObject({
      body_bytes_max: z.int().min(1024).max(1_073_741_824).default(defaults.bodyBytesMax),
      answer_bytes_max: z.int().min(1024).max(1_073_741_824).default(defaults.answerBytesMax),
      attempts_max: z.int().min(1).max(10).default(defaults.attemptsMax),
    })
    .prefault({}),
  timeouts: z
    .strictObject({
      connect_ms: z.int().min(1).default(defaults.timeouts.connectMs),
      first_byte_ms: z.int().min(1).default(defaults.timeouts.firstByteMs),
      inter_chunk_ms: z.int().min(1).default(defaults.timeouts.interChunkMs),
      total_ms: z.int().min(1).default(defaults.timeouts.totalMs),
    })
    .prefault({}),
  holdback_ms: z.int().min(0).max(600_000).default(defaults.holdbackMs),
  storage: z
    .strictObject({
      url: z
        .string()
        .describe(
          'file:FOLDER, relative to this file; --data-dir and YUMEN_DATA_DIR win. Read at start only',
        ),
    })
    .optional(),
  responses: z
    .strictObject({
      keep_days: z
        .number()
        .min(0)
        .max(3650)
        .default(defaults.responsesKeepDays)
        .describe('How long answers of the Responses API can be gone on from; 0 = nothing is kept'),
    })
    .prefault({}),
  cache: z.strictObject({ url: z.string() }).optional(),
  guardrails: z
    .array(guardrailSettingsSchema)
    .max(guardrailsMax)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, {
      error: 'each guardrail needs a name of its own',
    })
    .default([])
    .describe('Services that check requests and answers, asked in this order'),
  installation: z
    .strictObject({
      processing: z.string().optional().describe('Where this gateway runs: ISO 3166, or a label'),
      storage: z.string().optional().describe('Where its data folder lies; as processing when absent'),
    })
    .prefault({})
    .describe('Policies also say what may be kept here, and engines at localhost stand here'),
  policies: policiesSchema
    .default([])
    .describe('Packs of rules about who may see which request; all of them hold'),
});

export type Config = z.output<typeof configSchema>;
export type RouteConfig = z.output<typeof routeSchema>;

/** The JSON Schema of `yumen.yaml`, published as `docs/config.schema.json`. */
export function configJsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: 'input' });
}

/** A configuration as it was read. */
export interface LoadedConfig {
  config: Config;
  /** Puts `${NAME}` in the place of what a variable held, for messages that quote values. */
  conceal(text: string): string;
}

/** Reads a configuration file (YAML or JSON), expands `${NAME}` and checks it. Throws ConfigError. */
export function loadConfig(path: string, environment: Environment): LoadedConfig {
  return checkConfig(readDocument(path), path, environment);
}

/** The same for a document that is parsed already; `path` is what messages call it. Throws ConfigError. */
export function checkConfig(parsedDocument: unknown, path: string, environment: Environment): LoadedConfig {
  const expansion = new Expansion(environment);
  const document = expanded(parsedDocument, path, expansion);
  const parsed = configSchema.safeParse(document);
  if (!parsed.success) throw new ConfigError(expansion.conceal(`${path}: ${describeIssues(parsed.error)}`));
  refuseUnavailable(parsed.data, path);
  return { config: parsed.data, conceal: (text) => expansion.conceal(text) };
}

/**
 * The folder that `storage.url` of a configuration names. Nothing else of the file is looked at, so that keys can be made where the
 * variables of the providers are not set. Throws ConfigError.
 */
export function storageFolder(path: string, environment: Environment): string | undefined {
  const document = readDocument(path);
  if (typeof document !== 'object' || document === null || !('storage' in document)) return undefined;
  const storage = expanded(document.storage, path, new Expansion(environment));
  const parsed = configSchema.shape.storage.safeParse(storage);
  if (!parsed.success) throw new ConfigError(`${path}: storage: ${describeIssues(parsed.error)}`);
  return parsed.data === undefined ? undefined : folderOf(parsed.data.url, path);
}

/** The same for a document that is still text. Throws ConfigError. */
export function checkConfigText(text: string, path: string, environment: Environment): LoadedConfig {
  return checkConfig(parsedText(text, path), path, environment);
}

function readDocument(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      `The configuration file ${path} cannot be read: check the path and its permissions.`,
      { cause },
    );
  }
  return parsedText(text, path);
}

function parsedText(text: string, path: string): unknown {
  try {
    return parseYaml(text);
  } catch (cause) {
    // The first line says what and where; those after it quote the file, which may hold secrets.
    const fault =
      cause instanceof YAMLParseError ? cause.message.split('\n')[0]!.replace(/:$/, '') : 'unreadable';
    throw new ConfigError(`${path} is not valid YAML: ${fault}.`, { cause });
  }
}

function expanded(document: unknown, path: string, expansion: Expansion): unknown {
  try {
    return expansion.expand(document);
  } catch (cause) {
    throw new ConfigError(`${path}: ${(cause as Error).message}`, { cause });
  }
}

/** A relative folder is meant as seen from the configuration, wherever the process was started. */
function folderOf(url: string, path: string): string {
  const folder = url.startsWith('file:') ? url.slice('file:'.length) : '';
  try {
    if (folder.startsWith('//')) return fileURLToPath(url);
  } catch (cause) {
    throw new ConfigError(`${path}: storage.url does not name a folder of this machine.`, { cause });
  }
  if (folder !== '') return resolve(dirname(path), folder);
  throw new ConfigError(`${path}: storage.url must be file:FOLDER in this version (the embedded store).`);
}

/** What the format knows but this version does not have is refused by name, never ignored. */
function refuseUnavailable(config: Config, path: string): void {
  for (const [name, route] of Object.entries(config.routes)) {
    if (route.proof !== undefined) {
      if (route.proof.labels_per_week > 0 && route.capture === 'none')
        throw new ConfigError(
          `${path}: routes.${name}: labels_per_week needs texts that people can read: capture: pairs (kept for capture_days).`,
        );
      continue;
    }
    const needs = route.mode === 'certified' ? 'mode «certified»' : `capture «${route.capture}»`;
    if (route.mode === 'certified' || route.capture !== 'none') {
      throw new ConfigError(
        `${path}: routes.${name}: ${needs} needs proof on the route, which says who judges its answers: proof: { judges: [a model of another family] }.`,
      );
    }
  }
  if (config.cache !== undefined)
    throw new ConfigError(`${path}: cache is not available yet: counters live in this process.`);
  if (config.storage !== undefined) folderOf(config.storage.url, path);
}

function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'the document'}: ${issue.message}`)
    .join('; ');
}
