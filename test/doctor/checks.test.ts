import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCatalog } from '../../src/catalog/index.ts';
import type { Arrivals } from '../../src/doctor/caller.ts';
import type { CheckResult } from '../../src/doctor/check.ts';
import { judgeHead } from '../../src/doctor/checks/head.ts';
import { judgeStream } from '../../src/doctor/checks/stream.ts';
import { readListing } from '../../src/doctor/listing.ts';
import { Purse } from '../../src/doctor/purse.ts';
import { noUsage } from '../../src/protocol/index.ts';
import { createProvider, findVendor } from '../../src/providers/index.ts';
import { nanoPerUsd } from '../../src/std/index.ts';

const problemOf = (verdict: object): CheckResult['status'] | string =>
  'problem' in verdict ? String(verdict.problem) : 'ok';

describe('a stream', () => {
  const live: Arrivals = { pieces: 30, firstMs: 400, lastMs: 900, finished: true, ended: true };
  const check = (change: Partial<Arrivals>, announced: boolean, expected: string) =>
    assert.equal(problemOf(judgeStream({ ...live, ...change }, announced)), expected);

  test('is one when its pieces come over time and it says that it ends', () => {
    check({}, true, 'ok');
    check({ ended: false }, true, 'no-terminal-event');
    check({ finished: false, ended: false }, false, 'no-terminal-event');
    check({ ended: false }, false, 'ok');
  });

  test('that is held back and comes at once is none, however many pieces it has', () => {
    check({ firstMs: 4000, lastMs: 4010 }, true, 'not-streamed');
    check({ firstMs: 4000, lastMs: 4300 }, true, 'ok');
    check({ pieces: 1 }, true, 'not-streamed');
  });

  test('of a model so fast that nothing can be told of time is taken for one', () => {
    check({ firstMs: 3, lastMs: 3 }, true, 'ok');
  });
});

test('a clock that is minutes off is told, by how much and to which side', () => {
  const receivedAtMs = Date.UTC(2026, 10, 3, 12, 10);
  const head = (at: number) => ({ status: 200, receivedAtMs, headers: { date: new Date(at).toUTCString() } });
  const [behind] = judgeHead(head(receivedAtMs + 300_000));
  assert.equal(problemOf(behind!), 'clock-skew');
  assert.match(behind!.says, /300 s behind/);
  assert.equal(problemOf(judgeHead(head(receivedAtMs - 60_000))[0]!), 'ok');
  assert.deepEqual(judgeHead({ status: 200, receivedAtMs, headers: {} }), []);
});

describe('a list of models', () => {
  const vendor = findVendor('openai-compatible')!;

  test('is read in OpenAI’s form and in Gemini’s, with the context where it stands', () => {
    const openai = readListing(vendor, { data: [{ id: 'org/m', max_model_len: 4096 }, { id: 'n' }] })!;
    assert.deepEqual(openai.names, ['org/m', 'n']);
    assert.deepEqual([openai.contextTokens('org/m'), openai.contextTokens('n')], [4096, undefined]);
    const gemini = readListing(vendor, { models: [{ name: 'models/g', inputTokenLimit: 1_048_576 }] })!;
    assert.deepEqual([gemini.has('g'), gemini.contextTokens('g')], [true, 1_048_576]);
  });

  test('leaves out what the vendor marks as gone', () => {
    const retiring = { ...vendor, modelsFilter: { field: 'status', retired: ['Retired'] } };
    const body = {
      data: [
        { id: 'old', status: 'Retired' },
        { id: 'new', status: 'Active' },
      ],
    };
    assert.deepEqual(readListing(retiring, body)!.names, ['new']);
  });

  test('is not what has no rows', () => {
    for (const body of [undefined, null, 'text', [], {}, { data: 'none' }])
      assert.equal(readListing(vendor, body), undefined);
  });
});

describe('the purse', () => {
  const deploymentAt = (vendor: string, price?: { input: number; output: number }) =>
    createCatalog({
      providers: [createProvider({ id: 'p', vendor, baseUrl: 'http://127.0.0.1:9/v1', apiKey: 'k' })],
      deployments: [{ model: 'm', provider: 'p', price }],
    }).findDeployment('p/m')!;
  const now = () => Date.UTC(2026, 10, 3);

  test('holds the worst case, and counts what the call did cost', () => {
    const purse = new Purse(1 * nanoPerUsd, now);
    const deployment = deploymentAt('openai-compatible', { input: 0, output: 1_000_000 });
    const settle = purse.hold(deployment, { bytes: 300, outputTokensMax: 1 });
    assert.equal(purse.spentNano, nanoPerUsd);
    assert.equal(purse.hold(deployment, { bytes: 300, outputTokensMax: 1 }), undefined);
    settle?.(noUsage);
    assert.equal(purse.spentNano, 0);
  });

  test('takes an unknown price for a high one, but not that of an engine of one’s own', () => {
    const size = { bytes: 3_000_000, outputTokensMax: 0 };
    assert.equal(new Purse(4 * nanoPerUsd, now).hold(deploymentAt('openai-compatible'), size), undefined);
    assert.ok(new Purse(5 * nanoPerUsd, now).hold(deploymentAt('openai-compatible'), size) !== undefined);
    assert.ok(new Purse(0, now).hold(deploymentAt('vllm'), size) !== undefined);
  });
});
