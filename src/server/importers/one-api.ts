import { findVendor, type NamesElsewhere, namesElsewhere, type VendorNamed } from '../../providers/index.ts';
import { accountOf } from './credentials.ts';
import { type Account, type Draft, emptyDraft, weightMax } from './draft.ts';
import type { SourceTools } from './litellm.ts';
import { type Fields, fieldsOf, listOf, nestedFieldsOf, numberOf, textOf } from './read.ts';
import type { ImportedEntry, ReportWriter } from './report.ts';
import { isToken, referenceOf, type Secrets } from './secrets.ts';

/** Which of the two wrote the export: they number channels differently. */
export type ChannelProduct = 'one-api' | 'new-api';

/** More models than a channel can sensibly have. */
const modelsMax = 5_000;

const unlikeOneApi = [
  'channel_info',
  'setting',
  'settings',
  'param_override',
  'header_override',
  'auto_ban',
  'tag',
  'status_code_mapping',
];

/**
 * Reads channels as `GET /api/channel/` of one-api or new-api lists them. Facts: model/channel.go, relay/channeltype of songquanpeng/one-api;
 * model/channel.go, constant/channel.go, relay/channel/aws of QuantumNous/new-api. That listing leaves the keys out.
 */
export function readChannels(
  document: unknown,
  given: ChannelProduct | undefined,
  tools: SourceTools,
): Draft | string {
  const listed = channelsOf(document);
  if (listed === undefined) {
    return 'it is no list of channels: save the answer of GET /api/channel/ (its data or data.items), or the list itself.';
  }
  const { channels, path } = listed;
  const { report } = tools;
  const product = given ?? productOf(document, channels, report);
  const draft = emptyDraft();
  draft.balance = 'weight';
  channels.forEach((item, index) => {
    readChannel(item, `${path}[${index}]`, { product, draft, ...tools });
  });
  report.note(
    'Users, tokens, groups, quotas and ratios are not in the list of channels: make keys with yumen keys create, each with its models, limits and budget.',
  );
  return draft;
}

function channelsOf(document: unknown): { channels: unknown[]; path: string } | undefined {
  if (Array.isArray(document)) return { channels: document, path: 'channels' };
  const data = fieldsOf(document)?.['data'];
  if (Array.isArray(data)) return { channels: data, path: 'data' };
  const items = fieldsOf(data)?.['items'] ?? fieldsOf(document)?.['items'];
  return Array.isArray(items) ? { channels: items, path: 'data.items' } : undefined;
}

function productOf(document: unknown, channels: unknown[], report: ReportWriter): ChannelProduct {
  const paged = Array.isArray(fieldsOf(fieldsOf(document)?.['data'])?.['items']);
  const fields = channels.map(fieldsOf);
  if (paged || fields.some((each) => each !== undefined && unlikeOneApi.some((name) => name in each)))
    return 'new-api';
  const certain = fields.some((each) => each !== undefined && ('config' in each || 'system_prompt' in each));
  const doubtful = fields.some((each) => (numberOf(each?.['type']) ?? 0) > 25);
  if (!certain && doubtful)
    report.note(
      'The channel types above 25 were read as one-api numbers them; import it as new-api if that wrote the list.',
    );
  return 'one-api';
}

interface ChannelTools extends SourceTools {
  product: ChannelProduct;
  draft: Draft;
}

const readFields = [
  'id',
  'type',
  'key',
  'keys',
  'name',
  'status',
  'base_url',
  'models',
  'model_mapping',
  'priority',
  'weight',
  'group',
  'config',
  'other',
  // What these say is the state of the other gateway, not a setting.
  'created_time',
  'test_time',
  'response_time',
  'balance',
  'balance_updated_time',
  'used_quota',
  'other_info',
  'test_model',
];

function readChannel(item: unknown, path: string, tools: ChannelTools): void {
  const { draft, report, secrets } = tools;
  const channel = fieldsOf(item);
  const name = textOf(channel?.['name']) ?? `channel-${textOf(channel?.['id']) ?? path.replace(/\D/g, '')}`;
  const entry = report.entry(path, name);
  const type = numberOf(channel?.['type']);
  if (channel === undefined || type === undefined) {
    entry.notes.push('Left out: a channel is an object whose type is a number.');
    return;
  }
  const status = numberOf(channel['status']) ?? 1;
  if (status !== 1) {
    entry.notes.push('Left out: the channel is disabled.');
    return;
  }
  reportRest(channel, path, report);
  const named = namedBy(tools.product, type);
  if (named === undefined) {
    entry.notes.push(
      `Left out: channels of type ${type} of ${tools.product} have no vendor here; if it speaks chat completions, add a provider with vendor openai-compatible and its base_url.`,
    );
    return;
  }
  if (named.note !== undefined) entry.notes.push(named.note);
  const account = channelAccount(channel, named, { type, name, secrets });
  if (textOf(channel['key']) === undefined)
    entry.notes.push('The list holds no key: set the variable of its provider.');
  const models = modelsOf(channel, entry);
  if (models.length === 0) {
    entry.notes.push(
      'It lists no models, so it became the provider alone: call its models as provider/model.',
    );
    draft.open.push({ entry, account });
    return;
  }
  const priority = numberOf(channel['priority']) ?? 0;
  const weight = numberOf(channel['weight']) ?? 0;
  for (const { model, upstream } of models) {
    draft.entries.push({
      entry,
      group: model,
      account: withDialect(account, named, upstream),
      upstream,
      translated: named.translatesNames,
      order: -priority,
      weight: weight > 0 ? Math.min(weight, weightMax) : undefined,
    });
  }
}

function namedBy(product: ChannelProduct, type: number): VendorNamed | undefined {
  const table: NamesElsewhere = product === 'one-api' ? namesElsewhere.oneApi : namesElsewhere.newApi;
  const key = String(type);
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

const advice: { [field: string]: string } = {
  auto_ban: 'A circuit breaker per deployment and key does this by itself.',
  status_code_mapping: 'Errors are classified by each vendor’s own table: see docs/errors.md.',
  param_override:
    'Send it with the request: Yumen passes the fields of a request on and sets none of its own.',
  header_override:
    'Headers of one’s own are not sent; parameters of the provider cover organisation and project.',
  system_prompt: 'Prompts stay with the client.',
  openai_organization: 'Give the provider parameters.organization.',
  tag: 'Tags have no meaning here: names of providers do.',
  channel_info: 'Keys of one provider share by weight, and a refused key is set aside by itself.',
  setting:
    'Proxies and forced formats of a channel have no equivalent: set HTTPS_PROXY around the gateway, or leave it out.',
  settings:
    'Proxies and forced formats of a channel have no equivalent: set HTTPS_PROXY around the gateway, or leave it out.',
};

function reportRest(channel: Fields, path: string, report: ReportWriter): void {
  report.rest(
    channel,
    path,
    readFields,
    (field) => advice[field] ?? 'There is nothing like it in Yumen: leave it out.',
  );
  const groups = (textOf(channel['group']) ?? 'default').split(',').map((group) => group.trim());
  if (groups.some((group) => group !== 'default'))
    report.setting(
      `${path}.group`,
      'There are no groups: give each key the models it may call (yumen keys create --models).',
    );
  if ((numberOf(channel['priority']) ?? 0) !== 0)
    report.setting(
      `${path}.priority`,
      'Deployments of one model share by balance, without ranks; the candidates of a route are in this order.',
    );
}

/** Channels whose base URL is already the whole address; the others add `/v1` to it. */
const wholeAddresses = [8, 50];

function channelAccount(
  channel: Fields,
  named: VendorNamed,
  { type, name, secrets }: { type: number; name: string; secrets: Secrets },
): Account {
  const config = { ...nestedFieldsOf(channel['other']), ...nestedFieldsOf(channel['config']) };
  const lines = keyLines(channel['key']);
  const cloud = cloudOf(lines, config, secrets);
  const facts = {
    named,
    baseUrl: textOf(channel['base_url']),
    label: name,
    keys: cloud.keys,
    region: cloud.region,
    parameters: {
      project: textOf(config['vertex_ai_project_id']),
      organization: textOf(channel['openai_organization']),
    },
    aws: cloud.aws,
    googleCredentials: textOf(config['vertex_ai_adc']) ?? lines[0],
  };
  const account = accountOf(facts, secrets);
  const added = findVendor(account.vendor)?.versionPath === undefined && (account.baseUrl ?? '') !== '';
  if (
    !added ||
    account.baseUrl === undefined ||
    wholeAddresses.includes(type) ||
    /\/v\d+\w*(\/openai)?$/.test(account.baseUrl) ||
    named.baseUrl === account.baseUrl
  )
    return account;
  return { ...account, baseUrl: `${account.baseUrl}/v1` };
}

/** Each line is a credential. */
function keyLines(value: unknown): string[] {
  return (textOf(value) ?? '').split('\n').filter((line) => isToken(line) || referenceOf(line) !== undefined);
}

type CloudFacts = Pick<Parameters<typeof accountOf>[0], 'keys' | 'region' | 'aws'>;

/** Of a cloud that signs, a key is `key|region` or `id|secret|region`, or stands in `config`. */
function cloudOf(lines: string[], config: Fields, secrets: Secrets): CloudFacts {
  const region = textOf(config['region']) ?? textOf(config['default']);
  const parts = lines.length === 1 ? secrets.reveal(lines[0]!).split('|') : [];
  const last = parts.at(-1) ?? '';
  const ofKey = /^[a-z]{2}(-[a-z]+)+-\d$/.test(last) ? last : undefined;
  if (ofKey !== undefined && parts.length === 3)
    return {
      keys: [],
      region: ofKey,
      aws: { accessKeyId: secrets.take(parts[0]!), secretAccessKey: secrets.take(parts[1]!) },
    };
  if (ofKey !== undefined && parts.length === 2) return { keys: [secrets.take(parts[0]!)], region: ofKey };
  const accessKeyId = textOf(config['ak']);
  const secretAccessKey = textOf(config['sk']);
  if (accessKeyId !== undefined && secretAccessKey !== undefined)
    return { keys: [], region, aws: { accessKeyId, secretAccessKey } };
  return { keys: lines, region };
}

function withDialect(account: Account, named: VendorNamed, upstream: string): Account {
  const dialect =
    account.vendor === named.vendor
      ? named.dialects?.find(({ name }) => name.test(upstream))?.dialect
      : undefined;
  return dialect === undefined ? account : { ...account, dialect };
}

function modelsOf(channel: Fields, entry: ImportedEntry): { model: string; upstream: string }[] {
  const listed = textOf(channel['models'])?.split(',') ?? listOf(channel['models']);
  const names = [...new Set(listed.flatMap((each) => textOf(each) ?? []))];
  if (names.length > modelsMax) entry.notes.push(`Only the first ${modelsMax} of its models are taken.`);
  const text = textOf(channel['model_mapping']);
  const mapping = nestedFieldsOf(channel['model_mapping']);
  if (text !== undefined && mapping === undefined)
    entry.notes.push('model_mapping is no JSON object and was not applied.');
  return names.slice(0, modelsMax).map((model) => {
    const mapped =
      mapping !== undefined && Object.hasOwn(mapping, model) ? textOf(mapping[model]) : undefined;
    return { model, upstream: mapped ?? model };
  });
}
