import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { documents } from '../../scripts/documents.ts';

const root = join(import.meta.dirname, '..', '..');

for (const [path, text] of Object.entries(documents)) {
  test(`${path} says what the code says (npm run docs writes it)`, () => {
    assert.equal(readFileSync(join(root, path), 'utf8'), text());
  });
}
