import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import {
  type BuildInput,
  type BuildReport,
  buildOverlay,
  type CatalogContent,
  catalogFileSchema,
  readAtom,
  readEpochMmlu,
} from '../../catalog/index.ts';
import { systemClock } from '../../std/index.ts';
import { CommandError, type CommandIo } from '../io.ts';

interface BuildOptions {
  modelsDev?: string;
  litellm?: string;
  atom?: string;
  epoch?: string;
  asOf: { [source: string]: string };
  vendors?: string[];
  accept: string[];
  out?: string;
  json?: boolean;
}

const citations = {
  'models.dev': 'models.dev (MIT), anomalyco/models.dev',
  litellm: 'LiteLLM price map (MIT), BerriAI/litellm',
  atom: 'ATOM tracked models (Apache-2.0), Interconnects-AI/tracked-models',
  epoch: 'Epoch AI benchmark data (MIT), HELM Lite 5-shot rows',
};
type SourceKey = keyof typeof citations;

/** How many findings a report shows in words; `--json` has all. */
const findingsShown = 30;

export function registerBuild(catalog: Command, io: CommandIo): void {
  catalog
    .command('build')
    .description(
      'Join public sources with the catalogue into an overlay; conflicts are reported, never followed',
    )
    .option('--models-dev <file>', 'API file of models.dev')
    .option('--litellm <file>', 'LiteLLM’s model_prices_and_context_window.json')
    .option('--atom <folder>', 'folder with models.csv and organization_regions.csv of ATOM')
    .option('--epoch <file>', 'Epoch’s external_benchmark_mmlu.csv')
    .option(
      '--as-of <source=date>',
      'when a file was read, e.g. litellm=2026-07-24 (default: today)',
      dateOf,
      {},
    )
    .option('--vendors <ids...>', 'only these vendors')
    .option('--accept <keys...>', 'a conflict you have looked at: PLACE, PLACE=SOURCE, or MODEL:field', [])
    .option('--out <file>', 'overlay to write; one that is there is continued, its rows closed and kept')
    .option('--json', 'print the report as one JSON document')
    .action((options: BuildOptions) => build(options, io));
}

function build(options: BuildOptions, io: CommandIo): void {
  const at = (path: string) => resolve(io.cwd, path);
  const today = new Date(systemClock.nowMs()).toISOString().slice(0, 10);
  const source = (key: SourceKey) => ({ key, citation: citations[key], asOf: options.asOf[key] ?? today });
  const { modelsDev, litellm, atom, epoch, out } = options;
  if (modelsDev === undefined && litellm === undefined && epoch === undefined)
    throw new CommandError('There is nothing to build from: give --models-dev, --litellm or --epoch.', 2);
  const input: BuildInput = {
    modelsDev:
      modelsDev === undefined
        ? undefined
        : { content: readJson(at(modelsDev)), source: source('models.dev') },
    litellm:
      litellm === undefined ? undefined : { content: readJson(at(litellm)), source: source('litellm') },
    atom: atom === undefined ? undefined : { weights: readAtomFolder(at(atom)), source: source('atom') },
    epoch:
      epoch === undefined ? undefined : { mmlu: readEpochMmlu(readText(at(epoch))), source: source('epoch') },
    overlay: out !== undefined && existsSync(at(out)) ? readOverlay(at(out)) : undefined,
    accepted: options.accept,
    vendors: options.vendors,
    nowMs: systemClock.nowMs(),
  };
  const { overlay, report } = buildOverlay(input);
  if (out !== undefined) {
    const text = /\.ya?ml$/.test(out) ? stringify(overlay) : `${JSON.stringify(overlay, null, 1)}\n`;
    writeFileSync(at(out), text);
    io.err(`Wrote ${out}: ${overlay.models?.length ?? 0} models, ${overlay.prices?.length ?? 0} prices.\n`);
  }
  io.out(options.json === true ? `${JSON.stringify(report)}\n` : told(report));
}

function told(report: BuildReport): string {
  const lines = report.sources.map(({ key, entries, asOf, unmapped }) => {
    const others = Object.values(unmapped).reduce((sum, count) => sum + count, 0);
    const rest = others === 0 ? '' : `, ${others} more of vendors that cannot be configured here`;
    return `${key.padEnd(11)} ${entries} entries as of ${asOf}${rest}`;
  });
  lines.push(
    '',
    `${report.placesJoined} places (model at vendor) are priced by a source: ${report.confirmedPrices} as the catalogue has them.`,
    `${report.newPrices.length} get a price, ${report.changedPrices.length} a new dated row, ${report.leftOut.length} are left out until you look.`,
    `${report.newModels.length} models are new, ${report.changedFacts.length} limits are stated otherwise, ${report.newScores} scores are new.`,
  );
  for (const { place, from, was, becomes, source } of report.changedPrices)
    lines.push(`changed     ${place}: ${was} becomes ${becomes} from ${from} (${source})`);
  if (report.findings.length > 0) lines.push('', `${report.findings.length} conflicts:`);
  for (const { kind, place, inputTokensAbove, field, values, suspects, diagnosis } of report.findings.slice(
    0,
    findingsShown,
  )) {
    const tier = inputTokensAbove === 0 ? '' : ` above ${inputTokensAbove}`;
    const figures = values.map(({ source, usdPerMillion }) => `${source} ${usdPerMillion}`).join(', ');
    const odd = suspects.length === 0 ? '' : ` Odd one out: ${suspects.join(', ')}.`;
    lines.push(`${kind.padEnd(11)} ${place}${tier} ${field}: ${figures}. ${diagnosis}${odd}`);
  }
  if (report.findings.length > findingsShown)
    lines.push(`… and ${report.findings.length - findingsShown} more; --json lists them all.`);
  if (report.unknownKeys.length > 0)
    lines.push('', `--accept named nothing that is there: ${report.unknownKeys.join(', ')}`);
  return `${lines.join('\n')}\n`;
}

function readOverlay(file: string): CatalogContent {
  const parsed = catalogFileSchema.safeParse(parse(readText(file)));
  if (parsed.success) return parsed.data;
  throw new CommandError(`${file} is no catalogue overlay: ${z.prettifyError(parsed.error)}`);
}

function readAtomFolder(folder: string): ReturnType<typeof readAtom> {
  return readAtom({
    models: readText(join(folder, 'models.csv')),
    organizationRegions: readText(join(folder, 'organization_regions.csv')),
  });
}

function readJson(file: string): unknown {
  const content = readText(file);
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new CommandError(`${file} is no JSON: ${(cause as Error).message}`, 1, { cause });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CommandError(`${file} cannot be read: check the path.`, 1, { cause });
  }
}

/** A fact read in the future would never be stale. */
function isPastDay(text: string): boolean {
  const atMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse takes the 31st of every month.
  return atMs <= systemClock.nowMs() && new Date(atMs).toISOString().startsWith(text);
}

function dateOf(text: string, given: { [source: string]: string }): { [source: string]: string } {
  const [source, date] = text.split('=');
  const known = Object.keys(citations);
  if (source === undefined || !known.includes(source) || date === undefined || !isPastDay(date))
    throw new InvalidArgumentError(
      `write SOURCE=DATE with a day that has begun, e.g. litellm=2026-07-24; sources: ${known.join(', ')}.`,
    );
  return { ...given, [source]: date };
}
