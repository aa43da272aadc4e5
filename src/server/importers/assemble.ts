import { type Catalog, createCatalog, type DeploymentSettings } from '../../catalog/index.ts';
import { createProvider, findVendor, type Provider } from '../../providers/index.ts';
import { type Placed, type ProviderDraft, providersOf, sameAccount } from './accounts.ts';
import type { Account, Draft, DraftEntry } from './draft.ts';
import { deployableName, type ModelNames, plainId, UniqueIds } from './identity.ts';
import type { ImportedEntry, ReportWriter } from './report.ts';
import { makeRoutes } from './routes.ts';
import { type Variables, withVariables } from './variables.ts';

/** Our configuration, as it is written to a file. */
export interface ConfigDocument {
  providers: ProviderDocument[];
  deployments?: DeploymentSettings[];
  balance?: string;
  routes?: { [name: string]: { reference: string; candidates: string[]; mode: 'observe' } };
  limits?: { attempts_max: number };
  timeouts?: { total_ms?: number; first_byte_ms?: number };
}

export interface ProviderDocument {
  id: string;
  vendor: string;
  region?: string;
  base_url?: string;
  dialect?: string;
  parameters?: { [name: string]: string };
  api_key?: string;
  api_keys?: (string | KeyDocument)[];
  aws?: Account['aws'];
  google?: Account['google'];
}

interface KeyDocument {
  key: string;
  id?: string;
  weight?: number;
  limits?: DeploymentSettings['limits'];
}

/** A deployment of the result, and the entries it came from. */
export interface MadeDeployment {
  id: string;
  /** At least one. */
  drafts: DraftEntry[];
  settings: DeploymentSettings;
}

export interface AssembleTools {
  names: ModelNames;
  variables: Variables;
  report: ReportWriter;
}

/** Makes providers, deployments and routes of what an importer read. What cannot be one is left out, and the report says why. */
export function assemble(draft: Draft, tools: AssembleTools): ConfigDocument {
  const drafts = providersOf(modelsOf(draft, tools.names));
  const openOf = addOpen(drafts, draft.open);
  const ids = new UniqueIds();
  const providers: ProviderDocument[] = [];
  const usable: Provider[] = [];
  const made: MadeDeployment[] = [];
  for (const one of drafts) {
    const id = ids.make(providerId(one.account));
    const document = providerDocument(one, id, tools.variables);
    const entries = one.placed.flatMap((each) => [each.draft, ...each.also].map(({ entry }) => entry));
    const open = openOf.get(one) ?? [];
    entries.push(...open);
    const provider = usableProvider(document, tools.variables);
    if (typeof provider === 'string') {
      for (const entry of entries) entry.notes.push(`Left out: ${provider}.`);
      continue;
    }
    providers.push(document);
    usable.push(provider);
    for (const entry of open) entry.became.push(`provider ${id}`);
    made.push(...deploymentsOf(one, id));
  }
  const catalog = createCatalog({ providers: usable, deployments: made.map(({ settings }) => settings) });
  noteUnknown(made, catalog);
  const routes = makeRoutes({ draft, made, catalog, report: tools.report });
  return {
    providers,
    ...(made.length === 0 ? {} : { deployments: made.map(({ settings }) => settings) }),
    ...(draft.balance === undefined ? {} : { balance: draft.balance }),
    ...(Object.keys(routes).length === 0 ? {} : { routes }),
    ...(draft.attemptsMax === undefined ? {} : { limits: { attempts_max: draft.attemptsMax } }),
    ...timeoutsOf(draft),
  };
}

/** Entries that became a provider alone; one that is there already serves them too. */
function addOpen(drafts: ProviderDraft[], open: Draft['open']): Map<ProviderDraft, ImportedEntry[]> {
  const entries = new Map<ProviderDraft, ImportedEntry[]>();
  for (const { account, entry } of open) {
    let provider = drafts.find((one) => one.accounts.some((each) => sameAccount(each.account, account)));
    if (provider === undefined) {
      provider = { account, accounts: [{ account }], placed: [] };
      drafts.push(provider);
    }
    entries.set(provider, [...(entries.get(provider) ?? []), entry]);
  }
  return entries;
}

function timeoutsOf({ totalMs, firstByteMs }: Draft): Pick<ConfigDocument, 'timeouts'> {
  if (totalMs === undefined && firstByteMs === undefined) return {};
  return {
    timeouts: {
      ...(totalMs === undefined ? {} : { total_ms: totalMs }),
      ...(firstByteMs === undefined ? {} : { first_byte_ms: firstByteMs }),
    },
  };
}

/** Which model each entry is: the catalogue's, or one that only the source knows, under the name that clients call. */
function modelsOf({ entries, fallbacks, aliases }: Draft, names: ModelNames): Placed[] {
  const routed = new Set([...fallbacks.map(({ group }) => group), ...aliases.map(({ name }) => name)]);
  const groups = new Map<string, Set<string>>();
  const known = entries.map((entry) => names.known(entry));
  entries.forEach((entry, index) => {
    const group = groups.get(entry.group) ?? new Set<string>();
    groups.set(entry.group, group);
    const model = known[index];
    if (model !== undefined) group.add(model);
  });
  return entries.map((draft, index) => {
    const model = known[index];
    if (model !== undefined) return { draft, model, also: [], inCatalogue: true };
    const others = groups.get(draft.group)!;
    // The name that clients call must stay free where a route needs it.
    const wantsRoute =
      draft.groupIsRoute === true ||
      routed.has(draft.group) ||
      others.size > 0 ||
      names.byName(draft.group) !== undefined;
    return {
      draft,
      model: deployableName(wantsRoute ? withoutMarks(draft.upstream) : draft.group),
      also: [],
      inCatalogue: false,
    };
  });
}

/** A reference such as `${MODEL}` is no name for a model. */
function withoutMarks(name: string): string {
  return name.replace(/[${}]/g, '');
}

function providerId({ label, parameters, vendor }: Account): string {
  const own = parameters?.['resource'];
  return plainId(label ?? (own === undefined || own.includes('$') ? vendor : `${vendor}-${own}`));
}

function providerDocument(one: ProviderDraft, id: string, variables: Variables): ProviderDocument {
  const accounts = one.accounts.map((each) => ({
    ...each,
    account: withVariables(each.account, id, variables),
  }));
  const { account } = accounts[0]!;
  return {
    id,
    vendor: account.vendor,
    ...(account.region === undefined ? {} : { region: account.region }),
    ...(account.baseUrl === undefined ? {} : { base_url: account.baseUrl }),
    ...(account.dialect === undefined ? {} : { dialect: account.dialect }),
    ...(account.parameters === undefined ? {} : { parameters: account.parameters }),
    ...keysOf(accounts),
    ...(account.aws === undefined ? {} : { aws: defined(account.aws) }),
    ...(account.google === undefined ? {} : { google: account.google }),
  };
}

function keysOf(accounts: ProviderDraft['accounts']): Pick<ProviderDocument, 'api_key' | 'api_keys'> {
  const keys = accounts.flatMap(({ account, ...share }) =>
    account.keys.map((key) => ({ key, account, ...share })),
  );
  if (keys.length === 0) return {};
  if (keys.length === 1) return { api_key: keys[0]!.key };
  const shared = accounts.length > 1;
  const ids = new UniqueIds();
  return {
    api_keys: keys.map(({ key, account, weight, limits }) => {
      const id = account.label === undefined ? undefined : ids.make(plainId(account.label).slice(0, 32));
      const own = shared ? { id, weight, limits } : {};
      const document = defined({ key, ...own });
      return Object.keys(document).length === 1 ? key : document;
    }),
  };
}

/** The provider as `serve` would make it, with placeholders for the variables; else why it cannot be one. */
function usableProvider(document: ProviderDocument, variables: Variables): Provider | string {
  const placeholders = variables.placeholders();
  const filled = (value: string) =>
    value.replace(/\$\{(\w+)\}/g, (_, name: string) => placeholders[name] ?? 'placeholder');
  const { aws, google, parameters } = document;
  const vendor = findVendor(document.vendor);
  try {
    return createProvider({
      id: document.id,
      vendor: document.vendor,
      region: document.region && filled(document.region),
      baseUrl: document.base_url && filled(document.base_url),
      dialect: vendor?.mounts?.find(({ dialect }) => dialect === document.dialect)?.dialect,
      parameters:
        parameters &&
        Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, filled(value)])),
      apiKey: document.api_key && filled(document.api_key),
      apiKeys: document.api_keys?.map((each) => ({
        key: filled(typeof each === 'string' ? each : each.key),
      })),
      aws: aws && { accessKeyId: 'placeholder', secretAccessKey: 'placeholder' },
      google: google && { credentialsFile: google.credentials_file && filled(google.credentials_file) },
    });
  } catch (thrown) {
    return (thrown as Error).message.replace(/^provider «[^»]*»: /, '');
  }
}

function deploymentsOf(one: ProviderDraft, provider: string): MadeDeployment[] {
  const made = new Map<string, MadeDeployment>();
  for (const placed of one.placed) {
    const { draft, model, also } = placed;
    const id = model.toLowerCase().startsWith(`${provider.toLowerCase()}/`) ? model : `${provider}/${model}`;
    const drafts = [draft, ...also];
    noteDeployment(id, drafts);
    const weight = drafts.reduce((sum, each) => sum + (each.weight ?? 0), 0);
    const before = made.get(model.toLowerCase());
    if (before === undefined) {
      const settings = settingsOf(placed, { provider, weight, several: one.accounts.length > 1 });
      made.set(model.toLowerCase(), { id: id.toLowerCase(), drafts, settings });
    } else {
      before.drafts.push(...drafts);
      if (weight > 0) before.settings.weight = (before.settings.weight ?? 0) + weight;
    }
  }
  return [...made.values()];
}

function noteDeployment(id: string, drafts: DraftEntry[]): void {
  const [first] = drafts;
  for (const { entry } of drafts) {
    if (!entry.became.includes(`deployment ${id}`)) entry.became.push(`deployment ${id}`);
    if (entry !== first?.entry)
      entry.notes.push(`${first?.entry.path} says the same call; its price and limits hold.`);
  }
}

function settingsOf(
  { draft, model, inCatalogue }: Placed,
  { provider, weight, several }: { provider: string; weight: number; several: boolean },
): DeploymentSettings {
  return defined({
    model,
    provider,
    name: draft.translated === true && inCatalogue ? undefined : draft.upstream.slice(0, 200),
    kind: draft.kind,
    price: draft.price,
    weight: weight > 0 ? weight : undefined,
    // Several keys have each their own limits.
    limits: several ? undefined : draft.limits,
    context_tokens: draft.contextTokens,
    output_tokens_max: draft.outputTokensMax,
    capabilities: draft.capabilities,
  });
}

function noteUnknown(made: MadeDeployment[], catalog: Catalog): void {
  for (const { id, drafts, settings } of made) {
    const model = catalog.findDeployment(id)?.model;
    if (model === undefined || model.family !== 'unknown') continue;
    if (settings.context_tokens !== undefined && settings.capabilities !== undefined) continue;
    drafts[0]!.entry.notes.push(
      `The catalogue does not know «${settings.model}»: give context_tokens, output_tokens_max and capabilities of its deployment, or ` +
        `${model.contextTokens.toLocaleString('en')} tokens and no tools are assumed.`,
    );
  }
}

/** Without the fields that are undefined. */
function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}
