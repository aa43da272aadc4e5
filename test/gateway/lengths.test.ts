import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { KeptLengths, type LearnedStore } from '../../src/gateway/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway, twoUpstreams } from '../support/start-yumen.ts';

const ask = 'Why did the treaty fail?';
/** About 900 tokens: much more than such asks usually get. */
const essay = 'The treaty failed for many reasons. '.repeat(130);

describe('the length of answers', () => {
  let openai: FakeUpstream;
  let anthropic: FakeUpstream;
  let yumen: TestGateway;

  before(async () => {
    openai = await startFakeUpstream({ dialect: 'openai-chat' });
    anthropic = await startFakeUpstream({ dialect: 'anthropic-messages' });
    yumen = await startYumen(twoUpstreams(openai, anthropic));
  });
  after(async () => {
    await yumen.close();
    await openai.close();
    await anthropic.close();
  });

  async function answer(more: Json = {}): Promise<Json> {
    openai.setScript([{ text: essay }]);
    const body = { model: 'openai/gpt-4o', messages: [{ role: 'user', content: ask }], ...more };
    const response = await yumen.post('/v1/chat/completions', body);
    const id = response.headers.get('x-request-id');
    await response.text();
    return (await yumen.api(`/api/v1/requests/${id}`)).body;
  }

  test('is predicted and recorded with each request, learned from answers, and known after a restart', async () => {
    const first = await answer();
    const own = first.decision.candidates.find((one: Json) => one.candidate === 'openai/gpt-4o');
    assert.equal(first.predicted.output_tokens, own.expected_output_tokens);
    assert.equal(first.predicted.cost_usd, own.expected_cost_usd);
    assert.ok(first.usage.output_tokens > 1.5 * first.predicted.output_tokens);
    for (let i = 0; i < 30; i++) await answer({ stream: i % 2 === 0 });
    const later = await answer();
    const share = later.predicted.output_tokens / later.usage.output_tokens;
    assert.ok(share > 0.75 && share < 1.35, `${share}`);
    // A limit of the client is no news about the length of answers, and no answer is expected to go beyond it.
    assert.ok((await answer({ max_tokens: 50 })).predicted.output_tokens <= 50);

    const report = (await yumen.api('/api/v1/report?by=model')).body;
    const row = report.rows.find((one: Json) => one.group === 'gpt-4o');
    assert.equal(row.predicted.requests, 33);
    assert.ok(Math.abs(row.predicted.actual_cost_usd - row.cost_usd) < 1e-12);
    const { predicted } = row;
    assert.equal(predicted.output_ratio, predicted.actual_output_tokens / predicted.output_tokens);
    assert.equal(predicted.actual_output_tokens, row.output_tokens);
    assert.ok(Math.abs(predicted.output_ratio - 1) < 0.2, `${predicted.output_ratio}`);
    assert.equal(row.predicted.cost_ratio, row.predicted.actual_cost_usd / row.predicted.cost_usd);

    await yumen.stop();
    yumen = await startYumen(twoUpstreams(openai, anthropic), yumen.folder);
    const restarted = await answer();
    assert.ok(Math.abs(restarted.predicted.output_tokens / later.predicted.output_tokens - 1) < 0.1);
  });

  test('is not learned from what the sandbox invents', async () => {
    const sandbox = await startYumen();
    const ask = async () => {
      const response = await sandbox.post('/v1/chat/completions', {
        model: 'sandbox/frontier',
        messages: [{ role: 'user', content: 'Why did the treaty fail?' }],
      });
      await response.text();
      return (await sandbox.api(`/api/v1/requests/${response.headers.get('x-request-id')}`)).body;
    };
    const first = await ask();
    for (let i = 0; i < 5; i++) await ask();
    assert.deepEqual((await ask()).predicted, first.predicted);
    await sandbox.close();
  });
});

describe('learned lengths in the store', () => {
  const question = { model: 'm', task: 'chat', thinking: 'off', format: 'free', askChars: 50 } as const;

  function memoryStore(): LearnedStore & { values: Map<string, string>; puts: number } {
    const store = {
      values: new Map<string, string>(),
      puts: 0,
      async put(name: string, value: string) {
        store.puts += 1;
        store.values.set(name, value);
      },
      get: async (name: string) => store.values.get(name),
    };
    return store;
  }

  const warnings: string[] = [];
  const log = { warn: (_: unknown, message: string) => void warnings.push(message), error() {} };
  const open = (store: LearnedStore) => KeptLengths.open({ store, clock: systemClock, log });

  test('are saved where something was learned, and read at the next start', async () => {
    const store = memoryStore();
    const kept = await open(store);
    await kept.save();
    assert.equal(store.puts, 0);
    kept.lengths.observe({ ...question, tokens: 5000, whole: true });
    await kept.save();
    await kept.save();
    assert.equal(store.puts, 1);
    const again = await open(store);
    assert.deepEqual(again.lengths.state(), kept.lengths.state());
  });

  test('do not keep the gateway from starting or running where they cannot be read or saved', async () => {
    const store = memoryStore();
    for (const value of ['{', '{"version":99}']) {
      store.values.set('output-lengths', value);
      assert.ok((await open(store)).lengths.expected(question) > 1);
    }
    assert.equal(warnings.length, 2);
    const broken: LearnedStore = {
      put: () => Promise.reject(new Error('full')),
      get: () => Promise.reject(new Error('gone')),
    };
    const kept = await open(broken);
    kept.lengths.observe({ ...question, tokens: 5, whole: true });
    await kept.save();
    assert.equal(warnings.length, 4);
  });
});
