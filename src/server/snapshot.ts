import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import {
  type Candidate,
  type Catalog,
  type CatalogOptions,
  createCatalog,
  type DeploymentSettings,
  rateLimits,
} from '../catalog/index.ts';
import { createGuardrail, type Route, type Snapshot } from '../gateway/index.ts';
import { createPolicy, noPolicy, type Policy, PolicyError } from '../policy/index.ts';
import { createProvider, findVendor, type ProviderSettings, statedEndpoint } from '../providers/index.ts';
import { abilityRank, type DecisionTarget, type Predictor } from '../router/index.ts';
import { type Config, ConfigError, type LoadedConfig, type RouteConfig } from './config.ts';
import { defaults } from './defaults.ts';
import { signalsOf } from './route-signals.ts';

/** What a snapshot is compiled from: a configuration file, or what was found without one. */
export type Setup =
  | ({ kind: 'file'; path: string } & LoadedConfig)
  | { kind: 'found'; providers: ProviderSettings[]; deployments: DeploymentSettings[] };

export interface SnapshotParts {
  setup: Setup;
  predictor: Predictor;
  /** Address of the running sandbox, for providers of a simulated vendor. */
  sandboxUrl: string | undefined;
  /** What checks found out about the deployments. */
  findings?: CatalogOptions['findings'];
}

export function needsSandbox(setup: Setup): boolean {
  const settings = setup.kind === 'file' ? setup.config.providers : setup.providers;
  return settings.some(({ vendor }) => findVendor(vendor)?.simulated === true);
}

/** Compiles everything a request needs. Throws ConfigError naming the field at fault, without the value of any variable. */
export function buildSnapshot(parts: SnapshotParts): Snapshot {
  const { setup } = parts;
  if (setup.kind === 'found') return compile(parts);
  try {
    return compile(parts);
  } catch (thrown) {
    // The cause is left behind: it quotes what the message may not.
    throw thrown instanceof ConfigError ? new ConfigError(setup.conceal(thrown.message)) : thrown;
  }
}

function compile({ setup, predictor, sandboxUrl, findings }: SnapshotParts): Snapshot {
  const where = setup.kind === 'file' ? setup.path : 'the environment';
  const catalog = withContext(where, () => catalogOf(setup, sandboxUrl, findings));
  if (setup.kind === 'found') {
    const { timeouts, attemptsMax, balance, contentFilter, holdbackMs, answerBytesMax } = defaults;
    const routes = autoRoute(catalog, predictor);
    return {
      catalog,
      predictor,
      routes,
      policy: noPolicy,
      timeouts,
      attemptsMax,
      balance,
      contentFilter,
      holdbackMs,
      answerBytesMax,
    };
  }
  const { config } = setup;
  const routes = new Map<string, Route>();
  for (const [name, route] of Object.entries(config.routes)) {
    routes.set(
      name,
      withContext(`${where}: routes.${name}`, () => routeOf(name, route, config, catalog)),
    );
  }
  return {
    catalog,
    predictor,
    routes,
    policy: policyOf(config, where),
    timeouts: {
      connectMs: config.timeouts.connect_ms,
      firstByteMs: config.timeouts.first_byte_ms,
      interChunkMs: config.timeouts.inter_chunk_ms,
      totalMs: config.timeouts.total_ms,
    },
    attemptsMax: config.limits.attempts_max,
    balance: config.balance,
    contentFilter: config.content_filter,
    holdbackMs: config.holdback_ms,
    answerBytesMax: config.limits.answer_bytes_max,
    guardrails: config.guardrails.map((settings) => {
      for (const name of settings.routes ?? []) {
        if (name.includes('*') || routes.has(name) || catalog.resolve(name).kind === 'deployments') continue;
        throw new ConfigError(
          `${where}: guardrails.${settings.name}: no route or model is named «${name}», so nothing would be checked`,
        );
      }
      return createGuardrail(settings);
    }),
  };
}

function policyOf({ policies, installation }: Config, where: string): Policy {
  const { processing, storage = processing } = installation;
  try {
    return createPolicy(policies, { processing, storage });
  } catch (thrown) {
    throw thrown instanceof PolicyError ? new ConfigError(`${where}: ${thrown.message}`) : thrown;
  }
}

function catalogOf(
  setup: Setup,
  sandboxUrl: string | undefined,
  findings: SnapshotParts['findings'],
): Catalog {
  const settings: ProviderSettings[] =
    setup.kind === 'found' ? setup.providers : setup.config.providers.map(providerSettings);
  const providers = settings.map((provider) =>
    createProvider(
      findVendor(provider.vendor)?.simulated === true
        ? { ...provider, baseUrl: provider.baseUrl ?? sandboxUrl }
        : provider,
    ),
  );
  return createCatalog({
    providers,
    deployments: setup.kind === 'found' ? setup.deployments : setup.config.deployments,
    overlay: setup.kind === 'file' ? overlayOf(setup.path, setup.config) : undefined,
    findings,
  });
}

function providerSettings(entry: Config['providers'][number]): ProviderSettings {
  const { api_key, api_keys, base_url, aws, google, endpoint, ...rest } = entry;
  return {
    ...rest,
    apiKey: api_key,
    apiKeys: api_keys?.map((each) => (typeof each === 'string' ? { key: each } : keySettings(each))),
    baseUrl: base_url,
    endpoint: endpoint && statedEndpoint(endpoint),
    aws: aws && {
      accessKeyId: aws.access_key_id,
      secretAccessKey: aws.secret_access_key,
      sessionToken: aws.session_token,
    },
    google: google && { credentialsFile: google.credentials_file },
  };
}

type KeyEntry = Exclude<NonNullable<Config['providers'][number]['api_keys']>[number], string>;

function keySettings({
  key,
  id,
  weight,
  limits,
}: KeyEntry): NonNullable<ProviderSettings['apiKeys']>[number] {
  return {
    key,
    id,
    weight,
    limits: limits && rateLimits(limits),
  };
}

function overlayOf(configPath: string, config: Config): unknown {
  if (config.catalog === undefined) return undefined;
  const path = resolve(dirname(configPath), config.catalog.overlay);
  try {
    return parseYaml(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ConfigError(`the catalogue overlay ${path} cannot be read as YAML or JSON`, { cause });
  }
}

/** The route, with its other form where it tries one. */
function routeOf(name: string, config: RouteConfig, all: Config, catalog: Catalog): Route {
  const route = usualRoute(name, config, all, catalog);
  const { canary } = config;
  if (canary === undefined) return route;
  const { share, candidates, target, mode, cascade } = canary;
  const tried = {
    ...config,
    mode: mode ?? (route.mode === 'observe' && config.mode === 'observe' ? 'observe' : 'assist'),
    ...(candidates !== undefined && { candidates }),
    ...(target !== undefined && { target }),
    ...(cascade !== undefined && { cascade }),
  } as const;
  const other: Route = { ...usualRoute(name, tried, all, catalog), variant: 'canary' };
  const { mode: how, target: aim, cascade: plans, reference } = other;
  const ids = other.candidates.map(({ id }) => id);
  const fingerprint = hash('sha256', JSON.stringify([reference.id, ids, how, aim, plans])).slice(0, 16);
  return { ...route, canary: { share, route: other, fingerprint } };
}

function usualRoute(name: string, route: RouteConfig, config: Config, catalog: Catalog): Route {
  if (catalog.resolve(name).kind === 'deployments') {
    throw new ConfigError('a model has this name already: choose another name for the route');
  }
  const reference = one(route.reference, 'reference', catalog);
  const candidates = route.candidates.flatMap((candidate) => all(candidate, 'candidates', catalog));
  if (!candidates.some((candidate) => candidate.id === reference.id)) candidates.unshift(reference);
  return {
    name,
    reference,
    candidates: [...new Map(candidates.map((candidate) => [candidate.id, candidate])).values()],
    target: targetOf(route),
    // A route that is to be certified does nothing on its own account before whoever proves it says so.
    mode: route.mode === 'assist' ? 'assist' : 'observe',
    contentFilter: route.content_filter,
    holdbackMs: route.holdback_ms ?? config.holdback_ms,
    cascade: {
      checks: route.cascade.checks,
      votes: route.cascade.votes,
      holdMs: route.cascade.hold_ms,
    },
    upgradeShareMax: route.upgrade_share_max,
    learn: route.learn,
    feedbackFrom: route.feedback_from,
    data: route.data && {
      dataClasses: route.data.classes,
      purpose: route.data.purpose,
      subjectRegion: route.data.subject_region,
    },
    signals: route.signals && signalsOf(route.signals, reference, catalog),
  };
}

function targetOf({ target }: RouteConfig): DecisionTarget {
  if ('quality' in target) return { kind: 'quality', value: target.quality };
  if ('usd_per_quality' in target) return { kind: 'usd-per-quality', value: target.usd_per_quality };
  return { kind: 'budget-per-day', value: target.budget_usd_per_day };
}

function one(name: string, field: string, catalog: Catalog): Candidate {
  return all(name, field, catalog)[0]!;
}

function all(name: string, field: string, catalog: Catalog): Candidate[] {
  const candidates = catalog.candidates(name);
  if (candidates.length > 0) return candidates;
  const found = catalog.resolve(name.split('#')[0]!);
  const hint =
    found.kind === 'not-deployed'
      ? `no configured provider serves it; it is served by ${found.vendors.join(', ')}, or list it under deployments`
      : found.kind === 'unknown' && found.near.length > 0
        ? `did you mean ${found.near.slice(0, 3).join(', ')}?`
        : 'list it under deployments, or use a catalogue name';
  throw new ConfigError(`${field}: there is no model «${name}»: ${hint}`);
}

/** Without a file: one route over what was found, with the ablest model as its reference. */
function autoRoute(catalog: Catalog, predictor: Predictor): Map<string, Route> {
  const chat = catalog.deployments().filter(({ model }) => (model.kind ?? 'chat') === 'chat');
  const priced = chat.filter((deployment) => deployment.prices.length > 0);
  const usable = priced.length > 0 ? priced : chat;
  const [best] = abilityRank(
    predictor,
    usable.map((deployment) => deployment.model),
  );
  const candidates = usable.flatMap((deployment) => catalog.candidates(deployment.id));
  const reference = candidates.find((candidate) => candidate.deployment.model.id === best?.id);
  if (reference === undefined) return new Map();
  const route: Route = {
    name: 'auto',
    reference,
    candidates,
    target: { kind: 'quality', value: defaults.quality },
    mode: 'assist',
    contentFilter: undefined,
    holdbackMs: defaults.holdbackMs,
    cascade: defaults.cascade,
  };
  return new Map([[route.name, route]]);
}

function withContext<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (thrown) {
    throw new ConfigError(`${where}: ${(thrown as Error).message}`, { cause: thrown });
  }
}
