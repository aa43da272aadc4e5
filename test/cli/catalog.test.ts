import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { runYumen } from '../support/run-cli.ts';

describe('yumen catalog', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'yumen-catalog-'));
    write('models-dev.json', {
      openai: {
        models: {
          'gpt-4o': { limit: { context: 128000, output: 16384 }, cost: { input: 2.6, output: 10 } },
          'gpt-4.1': { limit: { context: 1047576, output: 32768 }, cost: { input: 9, output: 8 } },
          'gpt-next': {
            name: 'GPT next',
            limit: { context: 1000, output: 100 },
            cost: { input: 1, output: 2 },
          },
        },
      },
    });
    mkdirSync(join(folder, 'atom'));
    writeFileSync(join(folder, 'atom/models.csv'), 'org,model,modelId\n');
    writeFileSync(join(folder, 'atom/organization_regions.csv'), 'hf_org,region,notes\n');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, content: unknown): void {
    writeFileSync(join(folder, name), JSON.stringify(content));
  }

  const yumen = (...args: string[]) => runYumen(['catalog', ...args], folder);

  test('list shows models, by kind and vendor', async () => {
    const { out } = await yumen('list', '--kind', 'rerank', '--vendor', 'cohere', '--json');
    const ids = JSON.parse(out).models.map(({ id }: { id: string }) => id);
    assert.ok(ids.includes('rerank-v3.5'));
    assert.ok(!ids.includes('gpt-4o'));
    assert.match((await yumen('list')).out, /^gpt-4o +chat +US +proprietary +128000 /m);
    assert.equal((await yumen('list', '--kind', 'tea')).code, 2);
  });

  test('show says what is known of a model, what it costs, who says so and how old that is', async () => {
    const { out } = await yumen('show', 'Qwen/Qwen2.5-72B-Instruct');
    assert.match(out, /^licence +qwen, commercial use: conditions/m);
    assert.match(out, /100 million monthly active users/);
    assert.match(out, /^price +dashscope\/qwen2\.5-72b-instruct@ap-southeast-1 .*\[stale: \d+ days/m);
    const shown = JSON.parse((await yumen('show', 'doubao-seed-1.6', '--json')).out);
    assert.equal(shown.prices[0].converted.currency, 'CNY');
    assert.equal(shown.prices[0].staleness.daysMax > 0, true);
    const unknown = await yumen('show', 'gpt-nothing');
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /yumen catalog list/);
  });

  test('check counts what wants a look, and refuses an overlay that is wrong with the place and the remedy', async () => {
    const report = JSON.parse((await yumen('check', '--json')).out);
    assert.ok(report.models > 200 && report.prices > 400 && report.servings > 400);
    assert.ok(report.unread_licences.includes('kimi-k3'));
    write('wrong.json', { prices: [{ model: 'gpt-4o' }] });
    const wrong = await yumen('check', '--overlay', 'wrong.json');
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /catalogue overlay.*vendor/s);
    assert.match((await yumen('check', '--overlay', 'absent.json')).err, /absent\.json cannot be read/);
  });

  test('licences lists what the weights that are run here oblige to, and less for what a vendor runs', async () => {
    writeFileSync(
      join(folder, 'yumen.yaml'),
      JSON.stringify({
        providers: [
          { id: 'gpu', vendor: 'vllm', base_url: 'http://127.0.0.1:9/v1' },
          { id: 'hosted', vendor: 'together', api_key: 'key' },
        ],
        deployments: [
          { model: 'llama-3.3-70b-instruct', provider: 'gpu' },
          { model: 'hunyuan-a13b-instruct', provider: 'gpu' },
        ],
      }),
    );
    const { out } = await yumen('licences');
    assert.match(out, /«Built with Llama».*gpu\/llama-3\.3-70b-instruct/s);
    assert.match(out, /\(EU, GB, KR\)/);
    const { deployments } = JSON.parse((await yumen('licences', '--json')).out);
    const of = (id: string) => deployments.find((each: { deployment: string }) => each.deployment === id);
    assert.equal(of('gpu/llama-3.3-70b-instruct').obligations.length, 3);
    assert.equal(of('hosted/llama-3.3-70b-instruct').obligations.length, 0);
  });

  test('build writes an overlay that the catalogue takes, and leaves conflicts out of it', async () => {
    const args = ['build', '--models-dev', 'models-dev.json', '--atom', 'atom', '--out', 'overlay.yaml'];
    const { code, out, err } = await yumen(...args);
    assert.equal(code, 0);
    assert.match(err, /Wrote overlay\.yaml: 1 models, 2 prices/);
    assert.match(out, /changed +gpt-4o@openai: 2\.5\/10 becomes 2\.6\/10/);
    assert.match(out, /spread +gpt-4\.1@openai input: catalogue 2, models\.dev 9/);
    const overlay = parse(readFileSync(join(folder, 'overlay.yaml'), 'utf8'));
    assert.deepEqual(overlay.prices.map(({ model }: { model: string }) => model).sort(), [
      'gpt-4o',
      'gpt-next',
    ]);
    assert.equal((await yumen('check', '--overlay', 'overlay.yaml')).code, 0);
    assert.match((await yumen('show', 'gpt-next', '--overlay', 'overlay.yaml')).out, /^GPT next/);
    const report = JSON.parse((await yumen(...args, '--accept', 'gpt-4.1@openai', '--json')).out);
    assert.deepEqual(
      report.changedPrices.map(({ place }: { place: string }) => place),
      ['gpt-4.1@openai'],
    );
  });

  test('build says what it lacks, and which word of --as-of is wrong', async () => {
    assert.equal((await yumen('build')).code, 2);
    const wrong = await yumen('build', '--litellm', 'x.json', '--as-of', 'lite=2026-01-01');
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /SOURCE=DATE/);
    for (const day of ['9999-01-01', '2026-02-31', '2026-13-01', 'today'])
      assert.equal((await yumen('build', '--litellm', 'x.json', '--as-of', `litellm=${day}`)).code, 2, day);
    assert.match((await yumen('build', '--litellm', 'x.json')).err, /x\.json cannot be read/);
    writeFileSync(join(folder, 'text.json'), 'no');
    assert.match((await yumen('build', '--litellm', 'text.json')).err, /text\.json is no JSON/);
  });
});
