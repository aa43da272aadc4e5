import { namesElsewhere, unnamedElsewhere, type VendorNamed } from '../../providers/index.ts';
import { accountOf } from './credentials.ts';
import { type Draft, emptyDraft, weightMax } from './draft.ts';
import type { SourceTools } from './litellm.ts';
import { countOf, type Fields, fieldsOf, listOf, nestedFieldsOf, numberOf, textOf } from './read.ts';
import type { ReportWriter } from './report.ts';
import type { Secrets } from './secrets.ts';

const depthMax = 16;
const targetsMax = 1_000;

/**
 * Reads a Portkey gateway config: one route of ours. Facts: src/middlewares/requestValidator/schema/config.ts and src/types/requestBody.ts of
 * Portkey-AI/gateway.
 *
 * @param name what clients will call the route, where the config itself has no name
 */
export function readPortkey(document: unknown, name: string, tools: SourceTools): Draft | string {
  const outer = fieldsOf(document);
  // The hosted API wraps a config in its answer, as an object or as text.
  const wrapped = fieldsOf(outer?.['data']) ?? outer;
  const config = snakeFields(nestedFieldsOf(wrapped?.['config']) ?? wrapped);
  if (
    config === undefined ||
    !['strategy', 'targets', 'provider', 'virtual_key'].some((field) => field in config)
  )
    return 'it is no config: one has strategy and targets, or a provider.';
  const draft = emptyDraft();
  const route = textOf(wrapped?.['name']) ?? textOf(wrapped?.['slug']) ?? name;
  const leaves: Leaf[] = [];
  flatten(config, { path: '', depth: 0, inherited: {} }, leaves, tools.report);
  if (leaves.length > targetsMax) return `it has more than ${targetsMax} targets.`;
  const root = strategyOf(config);
  const ranked = rank(leaves, config, root);
  ranked.forEach((leaf, index) => {
    readTarget(leaf, { route, order: index, draft, ...tools });
  });
  if (draft.entries.some(({ weight }) => weight !== undefined)) draft.balance = 'weight';
  readRoot(config, draft, tools.report);
  if (root === 'loadbalance' && new Set(draft.entries.map(({ upstream }) => upstream)).size > 1)
    tools.report.setting(
      'strategy.mode',
      'Weights share among deployments of one model only: between models the router chooses, by quality and cost, once the route assists.',
    );
  return draft;
}

interface Leaf {
  path: string;
  fields: Fields;
  name: string | undefined;
}

interface Above {
  path: string;
  depth: number;
  /** What a target takes from those around it. */
  inherited: Fields;
}

const inheritable = ['provider', 'virtual_key', 'api_key', 'custom_host', 'override_params'];

function flatten(fields: Fields, above: Above, leaves: Leaf[], report: ReportWriter): void {
  const { path, depth, inherited } = above;
  const own = Object.fromEntries(
    inheritable.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])),
  );
  const targets = listOf(fields['targets']);
  if (targets.length === 0) {
    if (
      !['provider', 'virtual_key', 'api_key', 'override_params'].some(
        (name) => name in { ...inherited, ...own },
      )
    ) {
      report
        .entry(path, textOf(fields['name']) ?? '')
        .notes.push('Left out: a target has a provider or targets of its own.');
      return;
    }
    leaves.push({ path, fields: { ...inherited, ...fields }, name: textOf(fields['name']) });
    return;
  }
  if (depth >= depthMax) {
    report.setting(`${path}.targets`, 'Targets are nested too deeply, or within themselves: flatten them.');
    return;
  }
  if (path !== '') {
    const strategy = strategyOf(fields);
    if (strategy !== 'single' && strategy !== 'fallback')
      report.setting(
        `${path}.strategy`,
        'A route is one list of candidates: nested strategies are flattened in their order.',
      );
    report.rest(fields, path, ['name', 'strategy', 'targets', 'weight', ...inheritable], adviceOn);
  }
  // A single strategy takes its first target; the others never serve.
  const used = strategyOf(fields) === 'single' ? targets.slice(0, 1) : targets;
  used.forEach((target, index) => {
    const at = path === '' ? `targets[${index}]` : `${path}.targets[${index}]`;
    const inner = snakeFields(target);
    if (inner === undefined) report.entry(at, '').notes.push('Left out: a target is an object.');
    else flatten(inner, { path: at, depth: depth + 1, inherited: { ...inherited, ...own } }, leaves, report);
  });
  if (used.length < targets.length)
    report.setting(
      path === '' ? 'targets' : `${path}.targets`,
      'A single strategy calls its first target only, so the others were left out.',
    );
}

function strategyOf(fields: Fields): string {
  return textOf(fieldsOf(fields['strategy'])?.['mode']) ?? textOf(fields['mode']) ?? 'single';
}

/** The reference first: of a shared load the largest share, of conditions the default, otherwise the first. */
function rank(leaves: Leaf[], config: Fields, mode: string): Leaf[] {
  if (mode === 'loadbalance') {
    return leaves.toSorted(
      (a, b) => (numberOf(b.fields['weight']) ?? 1) - (numberOf(a.fields['weight']) ?? 1),
    );
  }
  const fallback = mode === 'conditional' ? textOf(fieldsOf(config['strategy'])?.['default']) : undefined;
  if (fallback === undefined) return leaves;
  return leaves.toSorted((a, b) => Number(b.name === fallback) - Number(a.name === fallback));
}

const readFields = [
  'name',
  'index',
  'provider',
  'virtual_key',
  'api_key',
  'custom_host',
  'override_params',
  'weight',
  'strategy',
  'targets',
  'resource_name',
  'deployment_id',
  'azure_model_name',
  'vertex_project_id',
  'vertex_region',
  'vertex_service_account_json',
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'aws_region',
  'openai_organization',
  'openai_project',
];

const timeoutAdvice = 'Timeouts are those of the whole gateway: timeouts.total_ms is the nearest.';
const guardAdvice =
  'None are built in: offer yours as a service and name it under `guardrails` (docs/guardrails.md).';

const adviceFor: { [field: string]: string } = {
  cache: 'Answers are not cached; the vendors’ own prompt caches are used and priced.',
  retry:
    'Attempts are bounded for the whole gateway by limits.attempts_max, and the class of an error says whether it is tried again.',
  request_timeout: timeoutAdvice,
  on_status_codes: 'What is tried again follows from the class of the error: see docs/errors.md.',
  forward_headers: 'The headers that belong to a dialect are passed on by themselves.',
  strict_open_ai_compliance:
    'Answers have the form of the client’s dialect; nothing of the vendor’s is lost on the way.',
  metadata: 'Send tags with the request: x-yumen-tags.',
  before_request_hooks: guardAdvice,
  after_request_hooks: guardAdvice,
  input_guardrails: guardAdvice,
  output_guardrails: guardAdvice,
  default_input_guardrails: guardAdvice,
  default_output_guardrails: guardAdvice,
  api_version: 'Azure is called by its v1 API, which has no api-version.',
  azure_auth_mode: 'Azure is called with a key of the resource; set the provider’s api_key.',
  aws_role_arn: 'Give the provider’s aws access key, or AWS_BEARER_TOKEN_BEDROCK as its api_key.',
};

function adviceOn(field: string): string {
  return adviceFor[field] ?? 'There is nothing like it in Yumen: leave it out.';
}

interface TargetTools extends SourceTools {
  route: string;
  order: number;
  draft: Draft;
}

function readTarget({ path, fields, name }: Leaf, tools: TargetTools): void {
  const { report, draft, secrets } = tools;
  const override = fieldsOf(fields['override_params']) ?? {};
  const { slug, model } = calledModel(fields, override);
  const entry = report.entry(path, name ?? model ?? slug ?? '');
  if (path !== '') report.rest(fields, path, readFields, adviceOn);
  report.rest(
    override,
    path === '' ? 'override_params' : `${path}.override_params`,
    ['model'],
    () => 'Send it with the request: Yumen passes the fields of a request on and sets none of its own.',
  );
  const weight = numberOf(fields['weight']);
  if (weight !== undefined && weight <= 0) {
    entry.notes.push('Left out: its weight is 0, so nothing was sent to it.');
    return;
  }
  const named = vendorOf(slug, fields, secrets);
  if (named === undefined) {
    entry.notes.push(
      slug === undefined
        ? 'Left out: it names no provider, only a key kept at Portkey; add a provider and a candidate for it.'
        : `Left out: «${slug}» names no vendor that is known here; if it speaks chat completions, add a provider with vendor openai-compatible and its base_url.`,
    );
    return;
  }
  if (named.note !== undefined) entry.notes.push(named.note);
  if (textOf(fields['virtual_key']) !== undefined)
    entry.notes.push(
      'Its key is kept at Portkey under a virtual key: set the variable to the vendor’s own key.',
    );
  const upstream = model ?? textOf(fields['deployment_id']);
  const account = accountOf({ named, model: upstream, ...placeOf(fields) }, secrets);
  if (upstream === undefined) {
    entry.notes.push(
      'It names no model, so it became the provider alone: call its models as provider/model.',
    );
    draft.open.push({ entry, account });
    return;
  }
  draft.entries.push({
    entry,
    group: tools.route,
    groupIsRoute: true,
    account,
    upstream,
    base: textOf(fields['azure_model_name']),
    order: tools.order,
    weight: weight === undefined ? undefined : Math.min(weight, weightMax),
  });
}

function placeOf(fields: Fields) {
  return {
    baseUrl: textOf(fields['custom_host']),
    region: textOf(fields['vertex_region']) ?? textOf(fields['aws_region']),
    keys: [textOf(fields['api_key']) ?? textOf(fields['virtual_key'])].flatMap((key) => key ?? []),
    parameters: {
      resource: textOf(fields['resource_name']),
      project: textOf(fields['vertex_project_id']) ?? textOf(fields['openai_project']),
      organization: textOf(fields['openai_organization']),
    },
    aws: {
      accessKeyId: textOf(fields['aws_access_key_id']),
      secretAccessKey: textOf(fields['aws_secret_access_key']),
      sessionToken: textOf(fields['aws_session_token']),
    },
    googleCredentials: fields['vertex_service_account_json'] === undefined ? undefined : 'document',
  };
}

/** `provider` is a vendor, or `@slug` of an account kept at Portkey; a model may be written `@slug/model`. */
function calledModel(
  fields: Fields,
  override: Fields,
): { slug: string | undefined; model: string | undefined } {
  const provider = textOf(fields['provider'])?.replace(/^@/, '');
  const model = textOf(override['model']);
  const written = /^@([^/]+)\/(.+)$/.exec(model ?? '');
  return written === null ? { slug: provider, model } : { slug: provider ?? written[1], model: written[2] };
}

/** The vendor by its name, or by a slug or a virtual key that begins with one, as `openai-prod` does. */
function vendorOf(slug: string | undefined, fields: Fields, secrets: Secrets): VendorNamed | undefined {
  const virtual = textOf(fields['virtual_key']);
  const hints = [slug, virtual === undefined ? undefined : secrets.reveal(virtual)];
  const names = Object.keys(namesElsewhere.portkey).sort((a, b) => b.length - a.length);
  for (const hint of hints) {
    const found = names.find((name) => hint === name || hint?.startsWith(`${name}-`) === true);
    if (found !== undefined) return namesElsewhere.portkey[found];
  }
  return textOf(fields['custom_host']) === undefined ? undefined : unnamedElsewhere.address;
}

function readRoot(config: Fields, draft: Draft, report: ReportWriter): void {
  const attempts = countOf(fieldsOf(config['retry'])?.['attempts']);
  if (attempts !== undefined) draft.attemptsMax = Math.min(10, attempts + 1);
  const timeout = countOf(config['request_timeout']);
  if (timeout !== undefined) draft.totalMs = Math.min(timeout, 86_400_000);
  const strategy = fieldsOf(config['strategy']) ?? {};
  report.rest(
    config,
    '',
    [
      ...readFields,
      ...(attempts === undefined ? [] : ['retry']),
      'request_timeout',
      'config',
      'mode',
      'slug',
      'id',
    ],
    adviceOn,
  );
  report.rest(strategy, 'strategy', ['mode', 'conditions', 'default'], adviceOn);
  listOf(strategy['conditions']).forEach((_, index) => {
    report.setting(
      `strategy.conditions[${index}]`,
      'Routes do not look at metadata: make a route for each case, let clients call it by name, and give each key the routes it may call.',
    );
  });
}

/** Portkey takes both spellings of a field. */
function snakeFields(value: unknown): Fields | undefined {
  const fields = fieldsOf(value);
  return (
    fields &&
    Object.fromEntries(
      Object.entries(fields).map(([name, item]) => [
        name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase(),
        name === 'strategy' ? snakeFields(item) : item,
      ]),
    )
  );
}
