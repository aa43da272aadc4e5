import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadShippedPredictor } from '../../src/router/index.ts';
import { checkConfig } from '../../src/server/config.ts';
import { buildSnapshot } from '../../src/server/index.ts';

const predictor = loadShippedPredictor();

function compiled(signals: unknown, more: { [name: string]: unknown } = {}) {
  const document = {
    providers: [
      { id: 'openai', vendor: 'openai', api_key: 'k' },
      { id: 'emb', vendor: 'openai-compatible', base_url: 'http://127.0.0.1:9/v1' },
      { id: 'vendor-without', vendor: 'anthropic', api_key: 'k' },
      { id: 'sandbox', vendor: 'sandbox' },
    ],
    deployments: [
      { model: 'own-embedder', provider: 'emb', price: { input: 0, output: 0 } },
      { model: 'unpriced', provider: 'emb' },
      { model: 'elsewhere', provider: 'vendor-without', price: { input: 0, output: 0 } },
    ],
    routes: {
      auto: { reference: 'gpt-4o', candidates: ['gpt-4o', 'gpt-4o-mini'], mode: 'assist', signals, ...more },
    },
  };
  const loaded = checkConfig(document, 'yumen.yaml', {});
  const setup = { kind: 'file', path: 'yumen.yaml', ...loaded } as const;
  return buildSnapshot({ setup, predictor, sandboxUrl: 'http://127.0.0.1:9/v1' }).routes.get('auto')!.signals;
}

test('signals are compiled with what holds where nothing is said', () => {
  const signals = compiled({ judge: { model: 'gpt-4o-mini' }, embedding: { model: 'emb/own-embedder' } })!;
  assert.equal(signals.shareMax, 0.2);
  assert.equal(signals.inObserve, false);
  assert.deepEqual(
    signals.sources.map(({ name, callees, deadlineMs, askCharsMax }) => [
      name,
      callees.map(({ id }) => id),
      deadlineMs,
      askCharsMax,
    ]),
    [
      ['embedding', ['emb/own-embedder'], 150, 2_000],
      ['judge', ['openai/gpt-4o-mini'], 800, 2_000],
    ],
  );
  assert.equal(compiled(undefined), undefined);
});

test('a model that may think is asked not to, unless its preset is named', () => {
  const [judge] = compiled({ judge: { model: 'gpt-5.1' } })!.sources;
  assert.deepEqual(
    judge!.callees.map(({ id, effort }) => [id, effort]),
    [['openai/gpt-5.1#off', 'off']],
  );
});

test('embedding models of the catalogue are known by their names', () => {
  const [embedding] = compiled({ embedding: { model: 'text-embedding-3-small' } })!.sources;
  assert.deepEqual(
    embedding!.callees.map(({ id }) => id),
    ['openai/text-embedding-3-small'],
  );
});

test('what cannot be asked is refused with what would make it right', () => {
  const cases: [unknown, RegExp][] = [
    [{}, /routes\.auto\.signals: name a judge, an embedding, or both/],
    [{ judge: { model: 'gpt-4o-mini', deadline_ms: 0 } }, /routes\.auto\.signals\.judge\.deadline_ms/],
    [{ judge: { model: 'gpt-4o-mini' }, share_max: 0 }, /routes\.auto\.signals\.share_max/],
    [{ judge: { model: 'gpt-4o-mini' }, share: 0.1 }, /signals: Unrecognized key: "share"/],
    [{ judge: { model: 'nobody' } }, /signals\.judge\.model: there is no chat model «nobody» here: list it/],
    [
      { judge: { model: 'unpriced' } },
      /signals\.judge: the price of emb\/unpriced is unknown.*give the deployment a price, 0 for your own/,
    ],
    [
      { judge: { model: 'sandbox/standard' } },
      /sandbox\/standard and the reference openai\/gpt-4o are not both real/,
    ],
    [
      { embedding: { model: 'emb/nothing' } },
      /signals\.embedding\.model: there is no embedding model «emb\/nothing»/,
    ],
    [
      { embedding: { model: 'vendor-without/elsewhere' } },
      /signals\.embedding\.model: the provider vendor-without has no endpoint for embeddings/,
    ],
  ];
  for (const [signals, expected] of cases) assert.throws(() => compiled(signals), expected);
});
