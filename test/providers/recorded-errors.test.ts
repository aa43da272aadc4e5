import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { dialects } from '../../src/protocol/index.ts';
import { classifyFailure, failureHint, findVendor } from '../../src/providers/index.ts';

const folder = '../shared/data/wire';

interface Entry {
  file: string;
  provider: string;
  status: number | null;
}

/** What recorded failures are, by provider and status. A 404 of a model that does not exist is the caller’s to correct. */
const expected: { [provider: string]: { vendor: string; byStatus: { [status: string]: string } } } = {
  anthropic: {
    vendor: 'anthropic',
    byStatus: { 400: 'upstream_rejected', 404: 'upstream_rejected' },
  },
  azure: { vendor: 'azure-openai', byStatus: { 401: 'upstream_auth', 404: 'upstream_rejected' } },
  cohere: { vendor: 'cohere', byStatus: { 404: 'upstream_rejected' } },
  groq: { vendor: 'groq', byStatus: { 400: 'upstream_unavailable', 404: 'upstream_rejected' } },
  openai: { vendor: 'openai', byStatus: { 404: 'upstream_rejected' } },
};

test('recorded error bodies get the code that their vendor’s table has for them, and its advice', {
  skip: existsSync(folder) ? false : `${folder} is not there`,
}, () => {
  const { entries } = JSON.parse(readFileSync(`${folder}/index.json`, 'utf8')) as { entries: Entry[] };
  const failed = entries.filter(({ status, provider }) => Number(status) >= 400 && provider in expected);
  assert.ok(failed.length >= 7, 'the recordings hold failures of these vendors');
  for (const { file, provider, status } of failed) {
    const { vendor: id, byStatus } = expected[provider]!;
    const vendor = findVendor(id)!;
    const body: unknown = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
    const said = dialects[vendor.dialect].decodeError(Number(status), body);
    assert.equal(classifyFailure(vendor, said), byStatus[String(status)], file);
    if (status === 401 || (status === 404 && id !== 'openai-compatible'))
      assert.ok(failureHint(vendor, said), `${file}: no hint`);
  }
});
