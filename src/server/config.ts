import { readFileSync } from 'node:fs';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { deploymentSettingsSchema } from '../catalog/index.ts';

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
  base_url: z
    .url()
    .optional()
    .describe('Replaces the vendor’s address; without a path the vendor’s usual one is added'),
});

const targetSchema = z.union([
  z.strictObject({ quality: z.number().min(0.5).max(1) }),
  z.strictObject({ usd_per_quality: z.number().positive() }),
  z.strictObject({ budget_usd_per_day: z.number().positive() }),
]);

const routeSchema = z.strictObject({
  reference: z.string().describe('The model you trust; quality is relative to it'),
  candidates: z.array(z.string()).min(1),
  target: targetSchema.default({ quality: 0.98 }),
  mode: z.enum(['observe', 'assist', 'certified']).default('observe'),
  capture: z.enum(['none', 'pairs', 'all']).default('none'),
  holdback_ms: z.int().min(0).max(600_000).optional(),
});

const configSchema = z.strictObject({
  providers: z.array(providerSchema).min(1),
  deployments: z.array(deploymentSettingsSchema).default([]),
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
      body_bytes_max: z.int().min(1024).max(1_073_741_824).default(50_331_648),
      answer_bytes_max: z.int().min(1024).max(1_073_741_824).default(67_108_864),
      attempts_max: z.int().min(1).max(10).default(4),
    })
    .prefault({}),
  timeouts: z
    .strictObject({
      connect_ms: z.int().min(1).default(5_000),
      first_byte_ms: z.int().min(1).default(120_000),
      inter_chunk_ms: z.int().min(1).default(120_000),
      total_ms: z.int().min(1).default(1_200_000),
    })
    .prefault({}),
  holdback_ms: z.int().min(0).max(600_000).default(5_000),
  storage: z.strictObject({ url: z.string() }).optional(),
  cache: z.strictObject({ url: z.string() }).optional(),
  policies: z.array(z.unknown()).default([]),
});

export type Config = z.output<typeof configSchema>;
export type RouteConfig = z.output<typeof routeSchema>;

/** The JSON Schema of `yumen.yaml`, published as `docs/config.schema.json`. */
export function configJsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: 'input' });
}

export type Environment = { readonly [name: string]: string | undefined };

/** Reads a configuration file (YAML or JSON), expands `${NAME}` and checks it. Throws ConfigError. */
export function loadConfig(path: string, environment: Environment): Config {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      `The configuration file ${path} cannot be read: check the path and its permissions.`,
      { cause },
    );
  }
  return parseConfig(text, path, environment);
}

function parseConfig(text: string, path: string, environment: Environment): Config {
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch (cause) {
    const where = cause instanceof YAMLParseError && cause.linePos ? ` at line ${cause.linePos[0].line}` : '';
    throw new ConfigError(`${path} is not valid YAML${where}: correct its syntax.`, { cause });
  }
  const parsed = configSchema.safeParse(expand(document, path, environment));
  if (!parsed.success) throw new ConfigError(`${path}: ${describeIssues(parsed.error)}`);
  refuseUnavailable(parsed.data, path);
  return parsed.data;
}

/** What the format knows but this version does not have is refused by name, never ignored. */
function refuseUnavailable(config: Config, path: string): void {
  for (const [name, route] of Object.entries(config.routes)) {
    if (route.mode === 'certified') {
      throw new ConfigError(
        `${path}: routes.${name}.mode «certified» is not available yet: use «assist» or «observe».`,
      );
    }
    if (route.capture !== 'none') {
      throw new ConfigError(
        `${path}: routes.${name}.capture «${route.capture}» is not available yet: use «none».`,
      );
    }
    if ('budget_usd_per_day' in route.target) {
      throw new ConfigError(
        `${path}: routes.${name}.target.budget_usd_per_day is not available yet: use quality or usd_per_quality.`,
      );
    }
  }
  if (config.policies.length > 0)
    throw new ConfigError(`${path}: policies are not available yet: remove them, or restrict keys by model.`);
  if (config.cache !== undefined)
    throw new ConfigError(`${path}: cache is not available yet: counters live in this process.`);
  if (config.storage !== undefined && !config.storage.url.startsWith('file:')) {
    throw new ConfigError(`${path}: storage.url must be file:FOLDER in this version (the embedded store).`);
  }
}

function expand(value: unknown, path: string, environment: Environment): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) =>
      secret(name, path, environment),
    );
  }
  if (Array.isArray(value)) return value.map((item) => expand(item, path, environment));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, expand(item, path, environment)]),
    );
  }
  return value;
}

/** The variable's value, or the content of the file that `NAME_FILE` points to. */
function secret(name: string, path: string, environment: Environment): string {
  const value = environment[name];
  if (value !== undefined) return value;
  const file = environment[`${name}_FILE`];
  if (file === undefined) {
    throw new ConfigError(
      `${path} uses \${${name}}, which is not set: set ${name}, or ${name}_FILE to a file that holds it.`,
    );
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new ConfigError(
      `${name}_FILE points to a file that cannot be read: check the path and its permissions.`,
      { cause },
    );
  }
}

function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'the document'}: ${issue.message}`)
    .join('; ');
}
