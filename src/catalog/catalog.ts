import type { Provider } from '../providers/index.ts';
import { type CatalogData, compileCatalogData } from './compile.ts';
import { configuredDeployment, deploymentId, discoveredDeployments, unknownModel } from './deploy.ts';
import type { Candidate, Deployment } from './deployment.ts';
import type { DeploymentSettings } from './deployment-settings.ts';
import { currentFindings, type Finding, type FindingUse, withFindings } from './finding.ts';
import type { Model, ModelKind } from './model.ts';
import { nearNames } from './near-names.ts';
import { catalogFiles } from './shipped.ts';

export interface CatalogOptions {
  /** The operator's own file, parsed: same form, and it wins. */
  overlay?: unknown;
  providers: Provider[];
  /** Entries of `deployments`, in the operator's order. */
  deployments?: DeploymentSettings[] | undefined;
  /** What checks found, and the time now: what is too old or was said of another address does not count. */
  findings?: { rows: readonly Finding[]; nowMs: number } | undefined;
}

/** What a name in a request or a route leads to. Route names are not looked up here. */
export type Resolution =
  /** At least one, in the operator's order, then in that of the providers. */
  | { kind: 'deployments'; deployments: Deployment[] }
  /** It can be called, but not for this: an embedding model in a chat, say. */
  | { kind: 'other-kind'; model: Model }
  /** The catalogue knows the model, but no configured provider serves it. */
  | { kind: 'not-deployed'; model: Model; vendors: string[] }
  | { kind: 'unknown'; near: string[] };

/** Models, and where they can be called. Immutable: a reload makes a new one. */
export interface Catalog {
  models(): Model[];
  /** Of every kind of model; routes are made of those for chat. */
  deployments(): Deployment[];
  /** By id or alias, any case. */
  findModel(name: string): Model | undefined;
  findDeployment(id: string): Deployment | undefined;
  /** In the operator's order. */
  providers(): Provider[];
  /** A model that nobody listed, at a provider that a request names: its price is unknown. Never among `deployments`. */
  unlisted(provider: Provider, name: string): Deployment;
  /** `provider/model`, split at the first slash only, or a bare catalogue name or alias. For chat unless another kind is asked for. */
  resolve(name: string, kind?: ModelKind): Resolution;
  /** What a name leads to for an endpoint beside chat, e.g. `embedding`; none when it leads nowhere. */
  deploymentsOf(name: string, kind: ModelKind): Deployment[];
  /** The candidates behind a name with an optional `#off`, `#low` or `#high`; none when it leads nowhere. Throws an Error for an effort the model lacks, and for a model that does not chat. */
  candidates(name: string): Candidate[];
}

/** Compiles a catalogue. Throws an Error whose message says which entry is wrong and what would make it right. */
export function createCatalog(options: CatalogOptions): Catalog {
  const data = compileCatalogData(catalogFiles(options.overlay));
  const names = new Map<string, Model>();
  for (const model of data.models) for (const name of [model.id, ...model.aliases]) names.set(name, model);
  const providers = byId(options.providers);
  const deployments = new Map<string, Deployment>();
  const uses = new Map<string, FindingUse | undefined>();
  for (const settings of options.deployments ?? []) {
    const added = configured(data, names, providers, settings);
    const key = added.id.toLowerCase();
    if (deployments.has(key)) throw new Error(`deployment «${added.id}» is there twice`);
    deployments.set(key, added);
    uses.set(key, settings.findings);
  }
  for (const provider of options.providers) {
    for (const found of discoveredDeployments(data, provider)) {
      const key = found.id.toLowerCase();
      if (!deployments.has(key)) deployments.set(key, found);
    }
  }
  if (options.findings !== undefined) {
    const { rows, nowMs } = options.findings;
    for (const [key, each] of deployments) {
      deployments.set(key, withFindings(each, currentFindings(each, rows, nowMs), uses.get(key) ?? 'narrow'));
    }
  }
  return catalogOf({ data, names, providers, deployments });
}

interface Parts {
  data: CatalogData;
  /** Lower-case id or alias → model. */
  names: Map<string, Model>;
  /** Lower-case id → provider. */
  providers: Map<string, Provider>;
  /** Lower-case id → deployment, in order of preference. */
  deployments: Map<string, Deployment>;
}

function catalogOf(parts: Parts): Catalog {
  const { names, deployments } = parts;
  const resolve = (name: string, kind: ModelKind = 'chat') =>
    forKind(resolution(parts, name.trim().toLowerCase()), kind);
  return {
    models: () => [...new Set(names.values())],
    deployments: () => [...deployments.values()],
    findModel: (name) => names.get(name.trim().toLowerCase()),
    findDeployment: (id) => deployments.get(id.trim().toLowerCase()),
    providers: () => [...parts.providers.values()],
    unlisted: (provider, name) =>
      configuredDeployment(parts.data, unknownModel(name), provider, { model: name, provider: provider.id }),
    resolve,
    deploymentsOf: (name, kind) => {
      const found = resolve(name, kind);
      return found.kind === 'deployments' ? found.deployments : [];
    },
    candidates: (name) => {
      const { plain, effort } = splitEffort(name);
      const found = resolve(plain);
      if (found.kind === 'other-kind') throw new Error(notForChat(plain, found.model));
      return found.kind === 'deployments' ? found.deployments.map((each) => candidate(each, effort)) : [];
    },
  };
}

function forKind(found: Resolution, kind: ModelKind): Resolution {
  if (found.kind !== 'deployments') return found;
  const deployments = found.deployments.filter(({ model }) => (model.kind ?? 'chat') === kind);
  return deployments.length > 0
    ? { kind: 'deployments', deployments }
    : { kind: 'other-kind', model: found.deployments[0]!.model };
}

const endpoints: { [kind in ModelKind]: string } = {
  chat: '/v1/chat/completions',
  embedding: '/v1/embeddings',
  rerank: '/v1/rerank',
  image: '/v1/images',
  audio: '/v1/audio',
  moderation: '/v1/moderations',
};

function notForChat(name: string, { kind = 'chat' }: Model): string {
  return `«${name}» is a model of kind ${kind}, which cannot answer a chat; call it at ${endpoints[kind]}`;
}

function byId(providers: Provider[]): Map<string, Provider> {
  const map = new Map<string, Provider>();
  for (const provider of providers) {
    const key = provider.id.toLowerCase();
    if (map.has(key)) throw new Error(`provider «${provider.id}» is there twice`);
    map.set(key, provider);
  }
  return map;
}

function configured(
  data: CatalogData,
  names: Map<string, Model>,
  providers: Map<string, Provider>,
  settings: DeploymentSettings,
): Deployment {
  const provider = providers.get(settings.provider.toLowerCase());
  if (provider === undefined) {
    const known = [...providers.values()].map((each) => each.id).join(', ');
    throw new Error(
      `deployment of «${settings.model}»: there is no provider «${settings.provider}»; configured are: ${known}`,
    );
  }
  const name = settings.model.toLowerCase();
  let model = names.get(name);
  if (model === undefined) {
    if (/[\s#]/.test(name))
      throw new Error(`deployment of «${settings.model}»: the name must not contain spaces or #`);
    model = unknownModel(settings.model);
    names.set(name, model);
  }
  return configuredDeployment(data, model, provider, settings);
}

function resolution(parts: Parts, name: string): Resolution {
  const exact = parts.deployments.get(name);
  if (exact !== undefined) return { kind: 'deployments', deployments: [exact] };
  const slash = name.indexOf('/');
  const provider = slash < 0 ? undefined : parts.providers.get(name.slice(0, slash));
  if (provider !== undefined) return resolutionAt(parts, provider, name.slice(slash + 1), name);
  const model = parts.names.get(name);
  if (model === undefined) return { kind: 'unknown', near: nearNames(name, knownNames(parts)) };
  const found = [...parts.deployments.values()].filter((each) => each.model.id === model.id);
  if (found.length > 0) return { kind: 'deployments', deployments: found };
  return { kind: 'not-deployed', model, vendors: vendorsOf(parts.data, model) };
}

/** A named provider is never left for another: the model is served there, or the name is unknown. */
function resolutionAt(parts: Parts, provider: Provider, rest: string, name: string): Resolution {
  const here = [...parts.deployments.values()].filter((each) => each.provider.id === provider.id);
  const model = parts.names.get(rest);
  const wanted = model === undefined ? undefined : deploymentId(provider, model);
  const found = here.filter((each) => each.id === wanted || each.upstreamName.toLowerCase() === rest);
  if (found.length > 0) return { kind: 'deployments', deployments: found };
  const near = nearNames(
    name,
    here.map((each) => each.id),
  );
  return { kind: 'unknown', near: near.length > 0 ? near : nearNames(rest, knownNames(parts)) };
}

function knownNames(parts: Parts): string[] {
  const names: string[] = [];
  for (const deployment of parts.deployments.values())
    names.push(deployment.id, deployment.model.id, ...deployment.model.aliases);
  return names;
}

function vendorsOf(data: CatalogData, model: Model): string[] {
  const serving = (data.servings.get(model.id) ?? []).map((each) => each.vendor);
  const priced = data.prices.filter((row) => row.model === model.id).map((row) => row.vendor);
  return [...new Set([...serving, ...priced])];
}

const efforts = ['off', 'low', 'high', 'default'] as const satisfies Candidate['effort'][];

function splitEffort(name: string): { plain: string; effort: Candidate['effort'] } {
  const hash = name.lastIndexOf('#');
  if (hash < 0) return { plain: name, effort: 'default' };
  const word = name.slice(hash + 1);
  const effort = efforts.find((each) => each === word);
  if (effort === undefined)
    throw new Error(`candidate «${name}»: the effort after # must be one of ${efforts.join(', ')}`);
  return { plain: name.slice(0, hash), effort };
}

function candidate(deployment: Deployment, effort: Candidate['effort']): Candidate {
  const { reasoning } = deployment.model.capabilities;
  if (effort !== 'default' && reasoning === 'none') {
    throw new Error(`candidate «${deployment.id}#${effort}»: the model does not reason, so it has no effort`);
  }
  if (effort === 'off' && reasoning === 'always') {
    throw new Error(`candidate «${deployment.id}#off»: the model’s reasoning cannot be switched off`);
  }
  if (effort !== 'default' && deployment.provider.quirks.reasoningControl === 'none') {
    throw new Error(
      `candidate «${deployment.id}#${effort}»: it is not known how this provider switches the model’s reasoning`,
    );
  }
  return { id: effort === 'default' ? deployment.id : `${deployment.id}#${effort}`, deployment, effort };
}
