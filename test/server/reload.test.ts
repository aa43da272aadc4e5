import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type RunningGateway, startGateway } from '../../src/server/index.ts';
import { startFakeServices } from '../support/fake-services.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { testKey } from '../support/start-yumen.ts';

type FakeUpstream = Awaited<ReturnType<typeof startFakeUpstream>>;

describe('reload', () => {
  let folder: string;
  let configPath: string;
  let upstream: FakeUpstream;
  let gateway: RunningGateway;
  let warnings: { [name: string]: unknown }[];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yumen-reload-'));
    configPath = join(folder, 'yumen.yaml');
    upstream = await startFakeUpstream({ dialect: 'openai-chat', apiKey: 'good-key' });
    writeFileSync(configPath, config('wrong-key'));
    warnings = [];
    gateway = await startGateway({
      configPath,
      environment: { YUMEN_ADMIN_KEY: testKey },
      dataFolder: join(folder, 'data'),
      probeEngines: false,
      sandboxSpeed: Number.POSITIVE_INFINITY,
      log: { info() {}, warn: (facts) => warnings.push(facts), error() {} },
      host: '127.0.0.1',
      port: 0,
      version: '0',
      drainMs: 100,
    });
  });
  after(async () => {
    await gateway.close();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function config(key: string, extra = ''): string {
    return `providers:\n  - { id: up, vendor: openai-compatible, api_key: ${key}, base_url: "${upstream.baseUrl}" }\ndeployments:\n  - { model: m, provider: up }\n${extra}`;
  }

  async function reloadWith(text: string): Promise<void> {
    writeFileSync(configPath, text);
    await gateway.reload();
  }

  async function ask(content = 'hi'): Promise<number> {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'up/m', messages: [{ role: 'user', content }] }),
    });
    await response.text();
    return response.status;
  }

  test('a corrected key is used at once, though the wrong one had opened the circuit', async () => {
    assert.equal(await ask(), 502);
    assert.equal(await ask(), 503);
    await reloadWith(config('wrong-key', 'holdback_ms: 1000\n'));
    assert.equal(await ask(), 503, 'a change that does not concern the deployment keeps what is known of it');
    await reloadWith(config('good-key'));
    assert.equal(await ask(), 200);
  });

  test('a corrected key is used for models that nobody listed too', async () => {
    const other = await startFakeServices({
      'POST /v1/embeddings': ({ headers }) =>
        headers.authorization === 'Bearer good-key'
          ? { json: { object: 'list', data: [{ index: 0, embedding: [1] }] } }
          : { status: 401, json: { error: { message: 'wrong key' } } },
    });
    const withKey = (key: string): string =>
      config('good-key').replace(
        'deployments:',
        `  - { id: other, vendor: openai-compatible, api_key: ${key}, base_url: "${other.origin}/v1" }\ndeployments:`,
      );
    const embed = async (): Promise<number> => {
      const response = await fetch(`${gateway.url}/v1/embeddings`, {
        method: 'POST',
        headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'other/any', input: 'x' }),
      });
      await response.text();
      return response.status;
    };
    try {
      await reloadWith(withKey('wrong-key'));
      assert.deepEqual([await embed(), await embed()], [502, 503]);
      await reloadWith(withKey('good-key'));
      assert.equal(await embed(), 200);
    } finally {
      await other.close();
      await reloadWith(config('good-key'));
    }
  });

  test('a new bound of bodies holds for the next request', async () => {
    assert.equal(await ask('z'.repeat(5000)), 200);
    await reloadWith(config('good-key', 'limits: { body_bytes_max: 2000 }\n'));
    assert.equal(await ask('z'.repeat(5000)), 413);
    await reloadWith(config('good-key'));
    assert.equal(await ask('z'.repeat(5000)), 200);
  });

  test('what only a restart can apply is logged', async () => {
    warnings.length = 0;
    await reloadWith(config('good-key', 'storage: { url: "file:./elsewhere" }\n'));
    assert.deepEqual(
      warnings.map(({ setting }) => setting),
      ['storage.url'],
    );
  });

  test('reloads come one after the other: the last file wins, and one sandbox serves them all', async () => {
    const sandbox = 'providers:\n  - { id: sandbox, vendor: sandbox }\nroutes:\n';
    const route = (name: string) =>
      `${sandbox}  ${name}: { reference: sandbox/frontier, candidates: [sandbox/mini-open] }\n`;
    const reloads: Promise<void>[] = [];
    for (const name of ['first', 'second', 'third']) {
      writeFileSync(configPath, route(name));
      reloads.push(gateway.reload());
    }
    await Promise.all(reloads);
    const response = await fetch(`${gateway.url}/v1/models`, { headers: { 'x-api-key': testKey } });
    const { data } = (await response.json()) as { data: { id: string }[] };
    assert.equal(data[0]?.id, 'third');
  });
});
