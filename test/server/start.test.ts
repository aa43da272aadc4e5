import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createLog, startGateway } from '../../src/server/index.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { startYumen, type TestGateway } from '../support/start-yumen.ts';

const route = (candidate: string): string =>
  `providers:\n  - { id: sandbox, vendor: sandbox }\nroutes:\n  ${candidate}: { reference: sandbox/frontier, candidates: [sandbox/mini-open] }\n`;

async function routesOf(yumen: TestGateway): Promise<string[]> {
  const { body } = await yumen.api('/v1/models');
  return body.data
    .filter((model: { owned_by: string }) => model.owned_by === 'yumen')
    .map((model: { id: string }) => model.id);
}

async function until(happened: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!(await happened())) {
    if (Date.now() > deadline) throw new Error('it did not happen within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('start, reload, drain', () => {
  test('a changed configuration takes effect by itself, and a bad one keeps the old', async () => {
    const yumen = await startYumen(route('first'));
    try {
      assert.deepEqual(await routesOf(yumen), ['first']);
      writeFileSync(join(yumen.folder, 'yumen.yaml'), route('second'));
      await until(async () => (await routesOf(yumen))[0] === 'second');
      writeFileSync(join(yumen.folder, 'yumen.yaml'), 'providers: [');
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.deepEqual(await routesOf(yumen), ['second']);
    } finally {
      await yumen.close();
    }
  });

  test('the first start makes an admin key, the second one does not', async () => {
    const yumen = await startYumen();
    await yumen.close();
    const { mkdtempSync, rmSync } = await import('node:fs');
    const folder = mkdtempSync(join(process.env['TMPDIR'] ?? '/tmp', 'yumen-first-'));
    const options = {
      configPath: undefined,
      environment: {},
      dataFolder: folder,
      probeEngines: false,
      sandboxSpeed: Number.POSITIVE_INFINITY,
      log: createLog('silent'),
      host: '127.0.0.1',
      port: 0,
      version: '0',
      drainMs: 100,
    };
    const first = await startGateway(options);
    await first.close();
    const second = await startGateway(options);
    const made = first.firstAdminKey ?? '';
    const response = await fetch(`${second.url}/v1/models`, { headers: { 'x-api-key': made } });
    await second.close();
    rmSync(folder, { recursive: true, force: true });
    assert.match(made, /^sk-yumen-/);
    assert.equal(second.firstAdminKey, undefined);
    assert.equal(response.status, 200);
  });

  test('close lets an open stream finish', async () => {
    const upstream = await startFakeUpstream({
      dialect: 'openai-chat',
      script: { text: ['a', 'b', 'c', 'd'], chunkDelayMs: 60 },
    });
    const yumen = await startYumen(
      `providers:\n  - { id: up, vendor: openai-compatible, base_url: "${upstream.baseUrl}" }\ndeployments:\n  - { model: m, provider: up }\n`,
    );
    const response = await yumen.post('/v1/chat/completions', {
      model: 'up/m',
      stream: true,
      messages: [{ role: 'user', content: 'go' }],
    });
    const closing = yumen.close();
    assert.match(await response.text(), /\[DONE\]\n\n$/);
    await closing;
    await upstream.close();
  });

  test('a port in use is an error that says what would make it right', async () => {
    const yumen = await startYumen();
    const port = Number(new URL(yumen.url).port);
    await assert.rejects(
      startGateway({
        configPath: undefined,
        environment: { YUMEN_ADMIN_KEY: 'another-admin-key-0123456789' },
        dataFolder: join(yumen.folder, 'other'),
        probeEngines: false,
        sandboxSpeed: 1,
        log: createLog('silent'),
        host: '127.0.0.1',
        port,
        version: '0',
        drainMs: 100,
      }),
      /in use: set PORT/,
    );
    await yumen.close();
  });
});
