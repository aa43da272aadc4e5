import { stringify } from 'yaml';
import { loadShippedPredictor } from '../../router/index.ts';
import { checkConfig } from '../config.ts';
import { buildSnapshot } from '../snapshot.ts';
import { assemble, type ConfigDocument } from './assemble.ts';
import type { Draft } from './draft.ts';
import { modelNames } from './identity.ts';
import { readLiteLlm, type SourceTools } from './litellm.ts';
import { readChannels } from './one-api.ts';
import { readPortkey } from './portkey.ts';
import { type ImportReport, type ImportVariable, ReportWriter } from './report.ts';
import { referenceOf, withdrawSecrets, withoutTokens } from './secrets.ts';
import { Variables } from './variables.ts';

export const importFormats = ['litellm', 'one-api', 'new-api', 'portkey'] as const;
export type ImportFormat = (typeof importFormats)[number];

export interface Imported {
  config: ConfigDocument;
  report: ImportReport;
  /** What must be set before `serve` takes the configuration. */
  variables: ImportVariable[];
}

/**
 * Turns the parsed configuration of another gateway into one of ours, with a report of what has no equivalent. No value of a secret is in
 * the result: each is a variable. Throws an Error, whose message says what would be right, for a document that is not of the format.
 *
 * @param name what a config without a name of its own is called, e.g. the file's name
 */
export function importConfig(format: ImportFormat, document: unknown, name: string): Imported {
  const { document: plain, secrets, cut } = withdrawSecrets(document);
  const report = new ReportWriter();
  for (const path of cut)
    report.setting(path, 'It is nested too deeply, or within itself, and was not read: write it out.');
  const names = modelNames();
  const draft = read(format, plain, name, { names, secrets, report });
  if (typeof draft === 'string') throw new Error(withoutTokens(draft));
  const variables = new Variables(referencesIn(plain));
  const config = withoutSecrets(assemble(draft, { names, variables, report }));
  if (config.providers.length > 0)
    report.note(
      'Each provider also serves the other models that the catalogue knows of its vendor; give keys the models they may call (yumen keys create --models).',
    );
  const problems = problemsOf(config, variables);
  return {
    config,
    report: withoutSecrets(report.done(format, problems)),
    variables: withoutSecrets(variables.list()),
  };
}

function read(format: ImportFormat, document: unknown, name: string, tools: SourceTools): Draft | string {
  switch (format) {
    case 'litellm':
      return readLiteLlm(document, tools);
    case 'portkey':
      return readPortkey(document, name, tools);
    case 'new-api':
      return readChannels(document, 'new-api', tools);
    case 'one-api':
      return readChannels(document, undefined, tools);
  }
}

/** As `serve` would take it, with a placeholder in each variable. */
function problemsOf(config: ConfigDocument, variables: Variables): string[] {
  if (config.providers.length === 0) return ['Nothing could be imported: no entry became a provider.'];
  const path = 'the imported configuration';
  try {
    const loaded = checkConfig(config, path, variables.placeholders());
    const setup = { kind: 'file', path, ...loaded } as const;
    buildSnapshot({ setup, predictor: loadShippedPredictor(), sandboxUrl: undefined });
    return [];
  } catch (thrown) {
    return [(thrown as Error).message];
  }
}

function referencesIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === 'string') {
    for (const line of value.split('\n')) {
      const name = referenceOf(line);
      if (name !== undefined) found.add(name);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) referencesIn(item, found);
  }
  return found;
}

/** Tokens that stand where no variable can, in a name for instance. */
function withoutSecrets<T>(value: T): T {
  return JSON.parse(withoutTokens(JSON.stringify(value))) as T;
}

/** The configuration as a file, with the variables to set at its head. */
export function importedYaml({ config, report, variables }: Imported): string {
  const head = [`# Imported from ${report.format}. Read the report: it says what has no equivalent.`];
  if (config.routes !== undefined)
    head.push('# Routes only observe: nothing is known yet of the quality of one model against another.');
  if (variables.length > 0) head.push('# Variables to set, or NAME_FILE to a file that holds the value:');
  for (const { name, holds } of variables) head.push(`#   ${name}: ${holds.replace(/\s+/g, ' ')}`);
  return `${head.join('\n')}\n\n${stringify(config, { lineWidth: 0 })}`;
}
