import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { factTable, shippedPacks } from '../../src/policy/index.ts';

const page = readFileSync(new URL('../../docs/policies.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `([a-z0-9._-]+)` \| ([^|]+) \| ([^|]+) \|$/gm)].map((row) =>
  row.slice(1),
);

test('docs/policies.md has every fact with its kind and its words, and no other', () => {
  assert.deepEqual(
    rows.filter(([name]) => name?.includes('.')),
    Object.entries(factTable).map(([name, { kind, about }]) => [name, kind, about]),
  );
});

test('docs/policies.md has every shipped pack with its date, and no other', () => {
  assert.deepEqual(
    rows.filter(([name]) => !name?.includes('.')),
    shippedPacks.map(({ id, title, as_of }) => [id, title, as_of]),
  );
});
