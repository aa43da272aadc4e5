import assert from 'node:assert/strict';
import { type Imported, type ImportFormat, importConfig, importedYaml } from '../../../src/server/index.ts';

/** Everything a user could see of an import. */
export function allText(imported: Imported): string {
  return `${JSON.stringify(imported)}\n${importedYaml(imported)}`;
}

/** Imports a document that must give a configuration which `serve` takes. */
export function imported(format: ImportFormat, document: unknown): Imported {
  const result = importConfig(format, document, 'gateway');
  assert.deepEqual(result.report.problems, []);
  return result;
}

/** What is said of an entry, in one text. */
export function said({ report }: Imported, path: string): string {
  const entry = report.entries.find((each) => each.path === path);
  assert.ok(entry, `no entry ${path}`);
  return [...entry.became, ...entry.notes].join('\n');
}

export function advice({ report }: Imported, path: string): string {
  const found = report.settings.filter((each) => each.path === path);
  assert.equal(found.length, 1, `settings at ${path}`);
  return found[0]!.advice;
}
