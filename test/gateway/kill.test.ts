import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startFakeServices } from '../support/fake-services.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { testKey } from '../support/start-yumen.ts';

const requests = 200;
const rounds = 3;

test('kill -9 during 200 streams: every answer whose last byte reached a client is in the ledger after the restart', async () => {
  const upstream = await startFakeUpstream({
    dialect: 'openai-chat',
    script: (request) => ({
      text: Array.from({ length: 5 + (request.index % 40) }, () => 'word '),
      chunkDelayMs: 5,
    }),
  });
  try {
    await killed(upstream.baseUrl, {
      path: '/v1/chat/completions',
      body: { model: 'up/some-model', stream: true, messages: [{ role: 'user', content: 'go' }] },
      isWhole: (text) => text.endsWith('data: [DONE]\n\n'),
    });
  } finally {
    await upstream.close();
  }
});

test('kill -9 during 200 embeddings: the same', async () => {
  const chunks = ['{"object":"list","data":[{"index":0,"embedding":[1]}],', '"usage":{"total_tokens":3}}'];
  let index = 0;
  const upstream = await startFakeServices({
    'POST /v1/embeddings': () => {
      index += 1;
      const ms = 5 * (5 + (index % 40));
      return {
        headers: { 'content-type': 'application/json' },
        chunks,
        gate: () => new Promise((resolve) => setTimeout(resolve, ms)),
      };
    },
  });
  try {
    await killed(`${upstream.origin}/v1`, {
      path: '/v1/embeddings',
      body: { model: 'up/some-embedder', input: 'go' },
      isWhole: (text) => text.endsWith('}}'),
    });
  } finally {
    await upstream.close();
  }
});

interface Asked {
  path: string;
  body: object;
  isWhole(text: string): boolean;
}

/** Kills the gateway while it serves, and looks for what it had answered. */
async function killed(baseUrl: string, asked: Asked): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'yumen-kill-'));
  const config = join(folder, 'yumen.yaml');
  writeFileSync(config, configFor(baseUrl));
  try {
    let whole = 0;
    for (let round = 0; round < rounds; round++) {
      const first = await start(config, folder);
      const finished: string[] = [];
      const running = Array.from({ length: requests }, () => ask(first.url, asked, finished));
      // Killed once some have finished and most have not.
      while (finished.length < 10 + round * 20) await new Promise((resolve) => setTimeout(resolve, 2));
      first.child.kill('SIGKILL');
      await Promise.all(running);
      const second = await start(config, folder);
      const missing: string[] = [];
      for (const id of finished) {
        const response = await fetch(`${second.url}/api/v1/requests/${id}`, {
          headers: { authorization: `Bearer ${testKey}` },
        });
        const body = (await response.json()) as { outcome?: string };
        if (response.status !== 200 || body.outcome !== 'answered') missing.push(id);
      }
      assert.deepEqual(missing, [], `of ${finished.length} finished answers`);
      whole += finished.length;
      second.child.kill('SIGKILL');
    }
    assert.ok(whole >= 10 * rounds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ask(url: string, { path, body, isWhole }: Asked, finished: string[]): Promise<void> {
  try {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.ok && isWhole(await response.text())) finished.push(response.headers.get('x-request-id')!);
  } catch {
    // Cut by the kill: nothing was promised.
  }
}

function start(config: string, folder: string): Promise<{ url: string; child: ChildProcess }> {
  const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      main,
      'serve',
      '--json',
      '--port',
      '0',
      '--config',
      config,
      '--data-dir',
      join(folder, 'data'),
      '--log-level',
      'silent',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, YUMEN_ADMIN_KEY: testKey } },
  );
  return new Promise((resolve, reject) => {
    let out = '';
    child.stdout!.on('data', (chunk) => {
      out += chunk;
      if (out.includes('\n')) resolve({ url: (JSON.parse(out) as { url: string }).url, child });
    });
    child.on('exit', () => reject(new Error('the gateway ended before it was ready')));
  });
}

function configFor(baseUrl: string): string {
  return `
providers:
  - { id: up, vendor: openai-compatible, base_url: "${baseUrl}" }
deployments:
  - { model: some-model, provider: up, price: { input: 1, output: 2 } }
  - { model: some-embedder, provider: up, kind: embedding, price: { input: 1, output: 0 } }
`;
}
