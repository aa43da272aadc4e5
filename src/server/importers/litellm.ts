import type { DeploymentSettings } from '../../catalog/index.ts';
import { namesElsewhere, unnamedElsewhere, type VendorNamed } from '../../providers/index.ts';
import { accountOf, written } from './credentials.ts';
import { type Draft, type DraftEntry, emptyDraft, weightMax } from './draft.ts';
import type { ModelNames } from './identity.ts';
import { liteLlmAdvice } from './litellm-advice.ts';
import { readSettings, shareByRate } from './litellm-settings.ts';
import { countOf, type Fields, fieldsOf, listOf, numberOf, textOf, textsOf } from './read.ts';
import type { ImportedEntry, ReportWriter } from './report.ts';
import type { Secrets } from './secrets.ts';

export interface SourceTools {
  names: ModelNames;
  secrets: Secrets;
  report: ReportWriter;
}

/** Reads the configuration of a LiteLLM proxy. Facts: docs/proxy/{configs,config_settings,reliability}.md and docs/routing.md of BerriAI/litellm-docs. */
export function readLiteLlm(document: unknown, tools: SourceTools): Draft | string {
  const source = fieldsOf(document);
  if (source === undefined) return 'it is not a mapping with model_list; is it the proxy’s config.yaml?';
  const { report } = tools;
  const draft = emptyDraft();
  const credentials = credentialsOf(source['credential_list']);
  listOf(source['model_list']).forEach((item, index) => {
    readModel(item, `model_list[${index}]`, { draft, credentials, ...tools });
  });
  readSettings(source, draft, report);
  shareByRate(draft);
  report.rest(
    source,
    '',
    ['model_list', 'router_settings', 'litellm_settings', 'general_settings', 'credential_list'],
    (field) => liteLlmAdvice('', field),
  );
  if (!Array.isArray(source['model_list']))
    return 'model_list is missing or no list; is it the proxy’s config.yaml?';
  return draft;
}

type Credentials = Map<string, Fields>;

function credentialsOf(list: unknown): Credentials {
  const found: Credentials = new Map();
  for (const item of listOf(list)) {
    const fields = fieldsOf(item);
    const name = textOf(fields?.['credential_name']);
    const values = fieldsOf(fields?.['credential_values']);
    if (name !== undefined && values !== undefined) found.set(name, values);
  }
  return found;
}

interface ModelTools extends SourceTools {
  draft: Draft;
  credentials: Credentials;
}

const readParams = [
  'model',
  'custom_llm_provider',
  'litellm_credential_name',
  'api_key',
  'api_base',
  'base_url',
  'rpm',
  'tpm',
  'max_parallel_requests',
  'weight',
  'order',
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'aws_region_name',
  'aws_bedrock_runtime_endpoint',
  'vertex_project',
  'vertex_location',
  'vertex_credentials',
  'region_name',
];

const readInfo = [
  'id',
  'mode',
  'base_model',
  'max_tokens',
  'max_input_tokens',
  'max_output_tokens',
  'supports_function_calling',
  'supports_parallel_function_calling',
  'supports_response_schema',
  'supports_vision',
  'supports_pdf_input',
  'supports_reasoning',
];

const priceFields = [
  'input_cost_per_token',
  'output_cost_per_token',
  'cache_read_input_token_cost',
  'cache_creation_input_token_cost',
];

function readModel(item: unknown, path: string, tools: ModelTools): void {
  const { draft, credentials, report } = tools;
  const fields = fieldsOf(item) ?? {};
  const given = fieldsOf(fields['litellm_params']);
  const group = textOf(fields['model_name']);
  const entry = report.entry(path, group ?? '');
  if (group === undefined || given === undefined || textOf(given['model']) === undefined) {
    entry.notes.push('Left out: it needs model_name and litellm_params.model, both texts.');
    return;
  }
  const params: Fields = { ...credentials.get(textOf(given['litellm_credential_name']) ?? ''), ...given };
  const info = fieldsOf(fields['model_info']) ?? {};
  report.rest(given, `${path}.litellm_params`, handledParams(params), (field) =>
    liteLlmAdvice('litellm_params', field),
  );
  report.rest(info, `${path}.model_info`, [...readInfo, ...priceFields], (field) =>
    liteLlmAdvice('model_info', field),
  );
  report.rest(fields, path, ['model_name', 'litellm_params', 'model_info', 'rpm', 'tpm'], (field) =>
    liteLlmAdvice('', field),
  );
  const called = calledModel(params, tools.names);
  if (called === undefined) {
    const prefix = textOf(params['model'])!.split('/')[0];
    entry.notes.push(
      `Left out: «${prefix}» names no vendor that is known here; if it speaks chat completions, add a provider with vendor openai-compatible and its base_url.`,
    );
    return;
  }
  const { named, upstream, region } = called;
  if (named.note !== undefined) entry.notes.push(named.note);
  const account = accountOf(
    { named, model: upstream, keys: textsOf(params['api_key']), ...placeOf(params, region) },
    tools.secrets,
  );
  if (upstream.includes('*')) {
    entry.notes.push('A wildcard became the provider alone: call its models as provider/model.');
    draft.open.push({ entry, account });
    return;
  }
  draft.entries.push({
    entry,
    group,
    id: textOf(info['id']),
    account,
    upstream: written(upstream),
    base: afterPrefix(textOf(info['base_model'])),
    ...termsOf(params, fields, info, entry),
  });
}

/** Prices and organisations may stand among the parameters as well. */
function handledParams(params: Fields): string[] {
  const organization = textOf(params['organization']) === undefined ? [] : ['organization'];
  return [...readParams, ...priceFields, ...organization];
}

function placeOf(params: Fields, region: string | undefined) {
  const cloudRegion = textOf(params['aws_region_name']) ?? region ?? textOf(params['vertex_location']);
  return {
    baseUrl:
      textOf(params['api_base']) ??
      textOf(params['base_url']) ??
      textOf(params['aws_bedrock_runtime_endpoint']),
    region: cloudRegion ?? textOf(params['region_name']),
    parameters: { project: textOf(params['vertex_project']), organization: textOf(params['organization']) },
    aws: {
      accessKeyId: textOf(params['aws_access_key_id']),
      secretAccessKey: textOf(params['aws_secret_access_key']),
      sessionToken: textOf(params['aws_session_token']),
    },
    googleCredentials: textOf(params['vertex_credentials']),
  };
}

interface Called {
  named: VendorNamed;
  upstream: string;
  region?: string | undefined;
}

/** `prefix/model`, or a bare name of a model that is known; ways of calling within the prefix (`bedrock/converse/`) are left out. */
function calledModel(params: Fields, names: ModelNames): Called | undefined {
  const model = textOf(params['model'])!;
  const said = textOf(params['custom_llm_provider']);
  const slash = model.indexOf('/');
  const prefix = slash < 0 ? undefined : model.slice(0, slash);
  const byPrefix = prefix === undefined ? undefined : named(prefix);
  const byField = said === undefined ? undefined : named(said);
  if (byPrefix !== undefined && (byField === undefined || said === prefix))
    return { named: byPrefix, ...withinPrefix(model.slice(slash + 1)) };
  if (byField !== undefined) return { named: byField, ...withinPrefix(model) };
  if (prefix !== undefined) return undefined;
  const vendor = names.vendorOf(model);
  if (vendor !== undefined) return { named: { ...named(vendor), vendor }, upstream: model };
  // What LiteLLM does not know either it sends to its usual vendor, or to an address that speaks as that one does.
  const address = textOf(params['api_base']) ?? textOf(params['base_url']);
  return address === undefined && model === '*'
    ? undefined
    : { named: unnamedElsewhere.model, upstream: model };
}

function named(name: string): VendorNamed | undefined {
  return Object.hasOwn(namesElsewhere.litellm, name) ? namesElsewhere.litellm[name] : undefined;
}

function withinPrefix(model: string): { upstream: string; region?: string | undefined } {
  const plain = model.replace(/^(converse_like|converse|invoke|chat|responses|text-completion-openai)\//, '');
  const region = /^([a-z]{2}(?:-gov)?-[a-z]+-\d)\/(.+)$/.exec(plain);
  return region === null ? { upstream: plain } : { upstream: region[2]!, region: region[1] };
}

function afterPrefix(model: string | undefined): string | undefined {
  const slash = model?.indexOf('/') ?? -1;
  return slash > 0 && named(model!.slice(0, slash)) !== undefined ? model!.slice(slash + 1) : model;
}

const kinds: { [mode: string]: DeploymentSettings['kind'] } = {
  embedding: 'embedding',
  rerank: 'rerank',
  image_generation: 'image',
  image_edit: 'image',
  audio_transcription: 'audio',
  audio_speech: 'audio',
  moderation: 'moderation',
};

function termsOf(params: Fields, fields: Fields, info: Fields, entry: ImportedEntry): Partial<DraftEntry> {
  const mode = textOf(info['mode']);
  const rate = (name: string) => countOf(params[name]) ?? countOf(fields[name]);
  const limits = {
    ...some('requests_per_minute', rate('rpm')),
    ...some('tokens_per_minute', rate('tpm')),
    ...some('concurrent', countOf(params['max_parallel_requests'])),
  };
  const weight = numberOf(params['weight']);
  return {
    kind: mode === undefined || !Object.hasOwn(kinds, mode) ? undefined : kinds[mode],
    price: priceOf({ ...params, ...info }, entry),
    limits: Object.keys(limits).length === 0 ? undefined : limits,
    weight: weight !== undefined && weight > 0 ? Math.min(weight, weightMax) : undefined,
    order: numberOf(params['order']),
    contextTokens: countOf(info['max_input_tokens']),
    outputTokensMax: countOf(info['max_output_tokens']) ?? countOf(info['max_tokens']),
    capabilities: capabilitiesOf(info),
  };
}

function some<T>(name: string, value: T | undefined): { [name: string]: T } {
  return value === undefined ? {} : { [name]: value };
}

/** USD per token there, per million here. */
function priceOf(fields: Fields, entry: ImportedEntry): DraftEntry['price'] {
  const perMillion = (name: string): number | undefined => {
    const usd = numberOf(fields[name]);
    const price = usd === undefined ? undefined : Number((usd * 1e6).toPrecision(12));
    return price !== undefined && price >= 0 && price <= 1_000_000 ? price : undefined;
  };
  const [input, output, cacheRead, cacheWrite] = priceFields.map(perMillion);
  if (input === undefined && output === undefined) return undefined;
  if (input === undefined || output === undefined) {
    entry.notes.push(
      'Its price is left out: input and output are both needed, each a number from 0 to 1 USD per token.',
    );
    return undefined;
  }
  return { input, output, ...some('cache_read', cacheRead), ...some('cache_write', cacheWrite) };
}

function capabilitiesOf(info: Fields): DraftEntry['capabilities'] {
  const flag = (name: string): boolean | undefined =>
    typeof info[name] === 'boolean' ? info[name] : undefined;
  const reasoning = flag('supports_reasoning');
  const found = {
    ...some('tools', flag('supports_function_calling')),
    ...some('parallel_tools', flag('supports_parallel_function_calling')),
    ...some('json_schema', flag('supports_response_schema')),
    ...some('image_input', flag('supports_vision')),
    ...some('document_input', flag('supports_pdf_input')),
    ...(reasoning === undefined ? {} : { reasoning: reasoning ? ('optional' as const) : ('none' as const) }),
  };
  return Object.keys(found).length === 0 ? undefined : found;
}
