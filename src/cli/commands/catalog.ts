import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { parse } from 'yaml';
import {
  type CatalogData,
  catalogFiles,
  compileCatalogData,
  type Deployment,
  describePriceRow,
  type Model,
  type ModelKind,
  modelStaleness,
  obligationsOf,
  type PriceRow,
  priceStaleness,
  type Staleness,
  staleness,
} from '../../catalog/index.ts';
import { loadShippedPredictor } from '../../router/index.ts';
import { buildSnapshot, findSetup } from '../../server/index.ts';
import { systemClock } from '../../std/index.ts';
import { CommandError, type CommandIo } from '../io.ts';
import { findConfig } from '../place.ts';
import { registerBuild } from './catalog-build.ts';

interface Options {
  overlay?: string;
  kind?: ModelKind;
  vendor?: string;
  config?: string;
  json?: boolean;
}

const kinds: ModelKind[] = ['chat', 'embedding', 'rerank', 'image', 'audio', 'moderation'];

/** What the catalogue knows, how old that is, what licences ask, and the joining of public sources into an overlay. */
export function register(program: Command, io: CommandIo): void {
  const catalog = program.command('catalog').description('Models, prices and licences: list, check, update');
  const withData = (name: string, description: string) =>
    catalog
      .command(name)
      .description(description)
      .option('--overlay <file>', 'catalogue overlay, which wins over what is shipped')
      .option('--json', 'print one JSON document');
  withData('list', 'List the models')
    .addOption(new Option('--kind <kind>', 'only models of this kind').choices(kinds))
    .option('--vendor <id>', 'only models that this vendor serves')
    .action((options: Options) => list(options, io));
  withData('show <name>', 'Show all that is known of a model, with sources and age').action(
    (name: string, options: Options) => show(name, options, io),
  );
  withData('check', 'Check the catalogue, and say which facts want a second look').action(
    (options: Options) => check(options, io),
  );
  catalog
    .command('licences')
    .description('What the licences of the configured deployments oblige to')
    .option('--config <file>', 'configuration (default: YUMEN_CONFIG, else yumen.yaml if it is there)')
    .option('--json', 'print one JSON document')
    .action((options: Options) => licences(options, io));
  registerBuild(catalog, io);
}

function dataOf(options: Options, io: CommandIo): CatalogData {
  const overlay = options.overlay === undefined ? undefined : readYaml(resolve(io.cwd, options.overlay));
  try {
    return compileCatalogData(catalogFiles(overlay));
  } catch (cause) {
    throw new CommandError((cause as Error).message, 1, { cause });
  }
}

function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CommandError(`${file} cannot be read as YAML or JSON: ${(cause as Error).message}`, 1, {
      cause,
    });
  }
}

function vendorsOf(data: CatalogData, model: Model): string[] {
  const serving = (data.servings.get(model.id) ?? []).map(({ vendor }) => vendor);
  const priced = data.prices.filter((row) => row.model === model.id).map(({ vendor }) => vendor);
  return [...new Set([...serving, ...priced])];
}

function list(options: Options, io: CommandIo): void {
  const data = dataOf(options, io);
  const nowMs = systemClock.nowMs();
  const rows = data.models
    .filter((model) => options.kind === undefined || (model.kind ?? 'chat') === options.kind)
    .map((model) => ({ model, vendors: vendorsOf(data, model) }))
    .filter(({ vendors }) => options.vendor === undefined || vendors.includes(options.vendor))
    .map(({ model, vendors }) => ({
      id: model.id,
      kind: model.kind ?? 'chat',
      origin: model.origin,
      licence: model.licence.id,
      context_tokens: model.contextTokens,
      vendors,
      stale: modelStaleness(model, nowMs)?.stale ?? false,
    }));
  if (options.json === true) {
    io.out(`${JSON.stringify({ models: rows })}\n`);
    return;
  }
  const shown = rows.map((row) =>
    [
      row.id,
      row.kind,
      row.origin,
      row.licence,
      String(row.context_tokens),
      row.vendors.join(',') || '–',
    ].concat(row.stale ? ['stale'] : []),
  );
  io.out(`${aligned([['model', 'kind', 'from', 'licence', 'context', 'vendors'], ...shown])}\n`);
}

function show(name: string, options: Options, io: CommandIo): void {
  const data = dataOf(options, io);
  const wanted = name.trim().toLowerCase();
  const model = data.models.find((each) => each.id === wanted || each.aliases.includes(wanted));
  if (model === undefined)
    throw new CommandError(`The catalogue has no model «${name}»; «yumen catalog list» shows what it has.`);
  const nowMs = systemClock.nowMs();
  const servings = data.servings.get(model.id) ?? [];
  const prices = data.prices.filter((row) => row.model === model.id);
  if (options.json === true) {
    const aged = prices.map((row) => ({ ...row, staleness: priceStaleness(row, nowMs) }));
    io.out(
      `${JSON.stringify({ model: { ...model, staleness: modelStaleness(model, nowMs) ?? null }, servings, prices: aged })}\n`,
    );
    return;
  }
  const { capabilities, licence } = model;
  const able = Object.entries(capabilities).flatMap(([field, value]) =>
    value === true ? [field] : typeof value === 'string' ? [`${field} ${value}`] : [],
  );
  const lines = [
    `${model.name} (${model.id}), ${model.kind ?? 'chat'}, ${model.lab}, ${model.origin}, released ${model.released ?? 'unknown'}`,
    `aliases     ${model.aliases.join(', ') || 'none'}`,
    `limits      ${model.contextTokens} tokens of context, ${model.outputTokensMax} of output`,
    `abilities   ${able.join(', ') || 'none stated'}`,
    `licence     ${licence.id}, commercial use: ${licence.commercialUse}${licence.notes === undefined ? '' : `. ${licence.notes}`}`,
    ...(licence.obligations ?? []).map(
      ({ text, binds }) => `  ${binds === 'always' ? 'always' : 'weights'}   ${text}`,
    ),
    ...servings.map(
      ({ vendor, name: native, regions }) =>
        `served      ${vendor} as ${native}${regions === undefined ? '' : ` in ${regions.join(', ')}`}`,
    ),
    ...prices.map((row) => `price       ${describePriceRow(row)}${badge(priceStaleness(row, nowMs))}`),
    ...prices.flatMap((row) => (row.evidence ?? []).map((other) => `  not used  ${evidenceOf(other)}`)),
    ...model.scores.map(
      (score) => `score       ${score.benchmark} ${score.value} (${score.source}, ${score.asOf})`,
    ),
    ...model.facts.map(
      (fact) =>
        `source      ${fact.source}, ${fact.asOf}${badge(staleness({ ...fact, kind: 'facts' }, nowMs))}`,
    ),
    ...(model.evidence ?? []).map(
      ({ field, value, source, asOf }) => `  not used  ${field} ${value} (${source}, ${asOf})`,
    ),
    ...(model.note === undefined ? [] : [`note        ${model.note}`]),
  ];
  io.out(`${lines.join('\n')}\n`);
}

function evidenceOf({ source, asOf, ...figures }: NonNullable<PriceRow['evidence']>[number]): string {
  const each = Object.entries(figures).map(([field, value]) => `${field} ${value}`);
  return `${each.join(' ')} (${source}, ${asOf})`;
}

function badge({ stale, ageDays, daysMax }: Staleness): string {
  return stale ? ` [stale: ${ageDays} days, look again after ${daysMax}]` : '';
}

function check(options: Options, io: CommandIo): void {
  const data = dataOf(options, io);
  const nowMs = systemClock.nowMs();
  const open = data.prices.filter((row) => row.to === undefined || Date.parse(row.to) > nowMs);
  const real = data.models.filter((model) => !model.simulated);
  const report = {
    models: data.models.length,
    servings: [...data.servings.values()].reduce((sum, each) => sum + each.length, 0),
    prices: data.prices.length,
    scores: data.models.reduce((sum, model) => sum + model.scores.length, 0),
    stale_prices: open.filter((row) => priceStaleness(row, nowMs).stale).length,
    stale_models: real.filter((model) => modelStaleness(model, nowMs)?.stale === true).map(({ id }) => id),
    unpriced: real.flatMap(({ id }) =>
      (data.servings.get(id) ?? [])
        .filter(({ vendor }) => !open.some((row) => row.model === id && row.vendor === vendor))
        .map(({ vendor }) => `${id}@${vendor}`),
    ),
    unread_licences: real.filter(({ licence }) => licence.commercialUse === 'unknown').map(({ id }) => id),
  };
  if (options.json === true) {
    io.out(`${JSON.stringify(report)}\n`);
    return;
  }
  io.out(
    [
      `The catalogue is in order: ${report.models} models, ${report.servings} servings, ${report.prices} prices, ${report.scores} scores.`,
      `${report.stale_prices} of ${open.length} open prices were read too long ago to be trusted without a look; «catalog build» compares them with newer sources.`,
      `${report.stale_models.length} models have limits and abilities that nobody has looked at for half a year.`,
      `${report.unpriced.length} servings have no price, which is unknown and never free.`,
      `${report.unread_licences.length} models have open weights whose licence has not been read: ${report.unread_licences.join(', ') || 'none'}.`,
      '',
    ].join('\n'),
  );
}

async function licences(options: Options, io: CommandIo): Promise<void> {
  const configPath = findConfig(options, io);
  const setup = await findSetup({ configPath, environment: io.env, probeEngines: false });
  // Nothing is called, so the sandbox need not run; port 9 is the discard port.
  const snapshot = buildSnapshot({
    setup,
    predictor: loadShippedPredictor(),
    sandboxUrl: 'http://127.0.0.1:9/v1',
  });
  const deployments = snapshot.catalog.deployments().filter(({ model }) => !model.simulated);
  const rows = deployments.map((deployment) => ({
    deployment: deployment.id,
    licence: deployment.model.licence.id,
    commercial_use: deployment.model.licence.commercialUse,
    runs_weights: deployment.provider.vendor.headquarters === undefined,
    notes: deployment.model.licence.notes ?? null,
    obligations: obligationsOf(deployment),
  }));
  if (options.json === true) {
    io.out(`${JSON.stringify({ deployments: rows })}\n`);
    return;
  }
  io.out(
    `${told(deployments)}\nNot legal advice: the licence texts and your contracts with vendors decide.\n`,
  );
}

/** Deployments with the same terms share a paragraph. */
function told(deployments: Deployment[]): string {
  const paragraphs = new Map<string, string[]>();
  for (const deployment of deployments) {
    const { licence } = deployment.model;
    const own = deployment.provider.vendor.headquarters === undefined;
    const lines = [
      `${licence.id}, ${own ? 'weights that you run' : 'called at a vendor'}, commercial use: ${own ? licence.commercialUse : 'under the vendor’s terms'}`,
      ...obligationsOf(deployment).map(({ text, territories }) =>
        territories === undefined ? `  - ${text}` : `  - ${text} (${territories.join(', ')})`,
      ),
      ...(licence.commercialUse === 'unknown' && own
        ? [`  - ${licence.notes ?? 'Its licence has not been read.'}`]
        : []),
    ];
    const key = lines.join('\n');
    paragraphs.set(key, [...(paragraphs.get(key) ?? []), deployment.id]);
  }
  if (paragraphs.size === 0) return 'No deployment is configured, so there is nothing to keep to.\n';
  return [...paragraphs].map(([terms, ids]) => `${terms}\n  ${ids.join(', ')}\n`).join('\n');
}

function aligned(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
