import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import {
  type Imported,
  type ImportFormat,
  type ImportReport,
  importConfig,
  importedYaml,
  importFormats,
} from '../../server/index.ts';
import { CommandError, type CommandIo } from '../io.ts';

interface ImportOptions {
  out?: string;
  force?: boolean;
  json?: boolean;
}

/** More than any gateway's configuration; a dump of another kind is refused before it is read. */
const fileBytesMax = 67_108_864;
/** Paths of one kind that are shown; the JSON report has all. */
const pathsShownMax = 3;

export function register(program: Command, io: CommandIo): void {
  program
    .command('import')
    .description(
      'Turn the configuration of another gateway into one of Yumen, and report what has no equivalent',
    )
    .addArgument(new Argument('<format>', 'which gateway wrote the file').choices(importFormats))
    .argument(
      '<file>',
      'LiteLLM’s config.yaml, the answer of GET /api/channel/, or a Portkey config (YAML or JSON)',
    )
    .option('--out <file>', 'write the configuration there (default: to the terminal)')
    .option('--force', 'write over a file that exists')
    .option('--json', 'print one JSON document: config, report, variables')
    .action((format: ImportFormat, file: string, options: ImportOptions) =>
      importFile(format, file, options, io),
    );
}

function importFile(format: ImportFormat, file: string, options: ImportOptions, io: CommandIo): void {
  const path = resolve(io.cwd, file);
  const document = readSource(path, file);
  const imported = converted(format, document, path, file);
  if (options.out !== undefined) write(importedYaml(imported), options.out, options.force === true, io);
  if (options.json === true) io.out(`${JSON.stringify(imported)}\n`);
  else {
    if (options.out === undefined) io.out(importedYaml(imported));
    io.err(told(imported, options.out));
  }
  if (imported.report.problems.length > 0) io.exitCode(1);
}

function readSource(path: string, file: string): unknown {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > fileBytesMax)
      throw new CommandError(`${file} is larger than ${fileBytesMax >> 20} MiB: is it the right file?`);
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError(`${file} cannot be read: check the path and its permissions.`, 2, { cause });
  }
  try {
    // Large exports are JSON, which the parser of YAML reads slowly.
    return /^\s*[[{]/.test(text) ? (fromJson(text) ?? parseYaml(text)) : parseYaml(text);
  } catch (cause) {
    // The first line says what and where; those after it quote the file, which may hold secrets.
    const fault =
      cause instanceof YAMLParseError ? cause.message.split('\n')[0]!.replace(/:$/, '') : 'unreadable';
    throw new CommandError(`${file} is neither YAML nor JSON: ${fault}.`);
  }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function converted(format: ImportFormat, document: unknown, path: string, file: string): Imported {
  try {
    return importConfig(format, document, basename(path, extname(path)));
  } catch (thrown) {
    throw new CommandError(`${file} cannot be imported as ${format}: ${(thrown as Error).message}`);
  }
}

function write(text: string, out: string, force: boolean, io: CommandIo): void {
  try {
    // Only its owner may read it: addresses and names are nobody else's business.
    writeFileSync(resolve(io.cwd, out), text, { flag: force ? 'w' : 'wx', mode: 0o600 });
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    const why = exists
      ? 'exists already: name another file, or add --force to write over it'
      : 'cannot be written: check the folder and its permissions';
    throw new CommandError(`${out} ${why}.`, 1, { cause });
  }
}

function told({ report, variables }: Imported, out: string | undefined): string {
  const lines = [...entryLines(report), ...settingLines(report)];
  if (report.notes.length > 0) lines.push('', 'To know', ...report.notes.map((note) => `  ${note}`));
  if (variables.length > 0) {
    lines.push('', 'Variables to set (or NAME_FILE to a file that holds the value)');
    for (const { name, holds } of variables) lines.push(`  ${name}  ${holds}`);
  }
  if (report.problems.length > 0)
    lines.push('', 'Not accepted as it is', ...report.problems.map((problem) => `  ${problem}`));
  else if (out !== undefined) lines.push('', `Written to ${out}. Try it: yumen serve --config ${out}`);
  return `${lines.join('\n')}\n`;
}

function entryLines({ entries }: ImportReport): string[] {
  const left = entries.filter(({ became }) => became.length === 0).length;
  const lines = [`${entries.length - left} of ${entries.length} entries imported`];
  for (const { path, name, became, notes } of entries) {
    const shown = became.slice(0, pathsShownMax).join(', ');
    const more = became.length > pathsShownMax ? ` and ${became.length - pathsShownMax} more` : '';
    lines.push(
      `  ${path === '' ? 'the config' : path}  ${name}  →  ${shown === '' ? 'nothing' : shown}${more}`,
    );
    lines.push(...[...new Set(notes)].slice(0, pathsShownMax).map((note) => `      ${note}`));
  }
  return lines;
}

/** One line a sentence, with the paths it is for. */
function settingLines({ settings, settings_omitted: omitted }: ImportReport): string[] {
  if (settings.length === 0) return [];
  const byAdvice = new Map<string, ImportReport['settings']>();
  for (const setting of settings) {
    const key = `${setting.path.replace(/\[\d+\]/g, '[*]')}\n${setting.advice}`;
    const before = byAdvice.get(key);
    if (before === undefined) byAdvice.set(key, [setting]);
    else before.push(setting);
  }
  const lines = ['', 'Settings without an equivalent'];
  for (const [key, each] of byAdvice) {
    const [kind, advice] = key.split('\n');
    lines.push(
      `  ${each.length === 1 ? each[0]!.path : `${kind} (${each.length} times)`}`,
      `      ${advice}`,
    );
  }
  if (omitted > 0) lines.push(`  and ${omitted} more`);
  return lines;
}
