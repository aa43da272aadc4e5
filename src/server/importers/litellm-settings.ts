import type { BalanceStrategy } from '../../upstream/index.ts';
import { type Draft, type DraftEntry, weightMax } from './draft.ts';
import { liteLlmAdvice } from './litellm-advice.ts';
import { type Fields, fieldsOf, listOf, numberOf, textOf, textsOf } from './read.ts';
import type { ReportWriter } from './report.ts';

const strategies: { [name: string]: BalanceStrategy } = {
  'simple-shuffle': 'weight',
  'least-busy': 'least-busy',
  'latency-based-routing': 'latency',
  'cost-based-routing': 'price',
  'usage-based-routing': 'weight',
  'usage-based-routing-v2': 'weight',
};

const fallbackFields = ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks'];

/** Reads `router_settings`, `litellm_settings` and `general_settings`. Fallbacks, retries and timeouts may stand in either section; the router’s own wins. */
export function readSettings(source: Fields, draft: Draft, report: ReportWriter): void {
  const router = fieldsOf(source['router_settings']) ?? {};
  const module = fieldsOf(source['litellm_settings']) ?? {};
  for (const [section, fields] of [
    ['router_settings', router],
    ['litellm_settings', module],
  ] as const) {
    for (const name of fallbackFields) readFallbacks(fields[name], `${section}.${name}`, draft);
    const others = textsOf(fields['default_fallbacks']);
    if (others.length > 0) {
      const groups = new Set(draft.entries.map(({ group }) => group));
      for (const group of groups) {
        const to = others.filter((other) => other !== group);
        if (to.length > 0) draft.fallbacks.push({ group, to, path: `${section}.default_fallbacks` });
      }
    }
    readRetries(fields, section, draft, report);
    report.rest(fields, section, [...fallbackFields, ...readRouter], (field) =>
      liteLlmAdvice(section, field),
    );
  }
  if (draft.fallbacks.length > 0)
    report.note(
      'Fallbacks became further candidates of a route: they take over after any failure, a refusal by a content filter and a context that is too small among them.',
    );
  readStrategy(router, draft, report);
  for (const [name, value] of Object.entries(fieldsOf(router['model_group_alias']) ?? {})) {
    const group = textOf(value) ?? textOf(fieldsOf(value)?.['model']);
    const path = `router_settings.model_group_alias.${name}`;
    if (group === undefined) report.setting(path, 'An alias names a model_name: give it as a text.');
    else draft.aliases.push({ name, group, path });
  }
  const general = fieldsOf(source['general_settings']) ?? {};
  report.rest(general, 'general_settings', [], (field) => liteLlmAdvice('general_settings', field));
}

const readRouter = [
  'default_fallbacks',
  'routing_strategy',
  'model_group_alias',
  'num_retries',
  'timeout',
  'request_timeout',
  'stream_timeout',
];

/** `[{ name: [other, …] }, …]`. */
function readFallbacks(value: unknown, path: string, draft: Draft): void {
  listOf(value).forEach((item, index) => {
    for (const [group, to] of Object.entries(fieldsOf(item) ?? {}))
      draft.fallbacks.push({ group, to: textsOf(to), path: `${path}[${index}].${group}` });
  });
}

function readRetries(fields: Fields, section: string, draft: Draft, report: ReportWriter): void {
  const retries = numberOf(fields['num_retries']);
  if (retries !== undefined && retries >= 0) {
    draft.attemptsMax ??= Math.min(10, Math.ceil(retries) + 1);
    report.setting(
      `${section}.num_retries`,
      `It became limits.attempts_max: ${draft.attemptsMax}, which bounds all attempts of a request, those at other models included.`,
    );
  }
  const seconds = numberOf(fields['timeout']) ?? numberOf(fields['request_timeout']);
  if (seconds !== undefined && seconds > 0) draft.totalMs ??= milliseconds(seconds);
  const stream = numberOf(fields['stream_timeout']);
  if (stream !== undefined && stream > 0) draft.firstByteMs ??= milliseconds(stream);
}

/** At most a day: what is longer is no timeout. */
function milliseconds(seconds: number): number {
  return Math.max(1, Math.round(Math.min(seconds, 86_400) * 1000));
}

function readStrategy(router: Fields, draft: Draft, report: ReportWriter): void {
  const strategy = textOf(router['routing_strategy']) ?? 'simple-shuffle';
  draft.balance = Object.hasOwn(strategies, strategy) ? strategies[strategy] : 'weight';
  if (strategy.startsWith('usage-based') || !Object.hasOwn(strategies, strategy)) {
    report.setting(
      'router_settings.routing_strategy',
      'The nearest is balance: weight, where a deployment at its limits is passed over; least-busy and latency are the others.',
    );
  }
}

/** Where nothing says a weight, its shuffle goes by the requests or the tokens per minute. */
export function shareByRate(draft: Draft): void {
  if (draft.balance !== 'weight') return;
  const groups = new Map<string, DraftEntry[]>();
  for (const entry of draft.entries) {
    const group = groups.get(entry.group);
    if (group === undefined) groups.set(entry.group, [entry]);
    else group.push(entry);
  }
  for (const entries of groups.values()) {
    if (entries.length < 2 || entries.some(({ weight }) => weight !== undefined)) continue;
    for (const rate of ['requests_per_minute', 'tokens_per_minute'] as const) {
      if (!entries.every(({ limits }) => limits?.[rate] !== undefined)) continue;
      const largest = Math.max(...entries.map(({ limits }) => limits![rate]!));
      const unit = largest > weightMax ? largest / weightMax : 1;
      for (const entry of entries) entry.weight = entry.limits![rate]! / unit;
      break;
    }
  }
}
