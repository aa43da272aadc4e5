import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Json, testKey } from '../support/start-yumen.ts';

const headers = { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' };

test('kill -9 right after the last byte: the response is found after the restart, and gone on from; what was sealed is opened', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'yumen-kill-'));
  try {
    const first = await start(folder);
    const ids: string[] = [];
    for (const stream of [false, true]) {
      const answer = await post(first.url, '/v1/responses', { stream, input: `Say ${String(stream)}` });
      const text = await answer.text();
      ids.push(/"id":"(resp_[^"]+)"/.exec(text)![1]!);
    }
    const compacted = (await (
      await post(first.url, '/v1/responses/compact', { input: 'Remember the harbour.' })
    ).json()) as Json;
    const last = await post(first.url, '/v1/responses', { stream: true, input: 'The last' });
    ids.push(/"id":"(resp_[^"]+)"/.exec(await last.text())![1]!);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');

    const second = await start(folder);
    for (const id of ids) {
      const found = await fetch(`${second.url}/v1/responses/${id}`, { headers });
      assert.equal(found.status, 200, id);
      const next = await post(second.url, '/v1/responses', { previous_response_id: id, input: 'Go on' });
      assert.equal(next.status, 200);
      assert.equal(((await next.json()) as Json).previous_response_id, id);
    }
    const opened = await post(second.url, '/v1/responses', {
      input: [...compacted.output, { role: 'user', content: 'Go on' }],
    });
    assert.equal(opened.status, 200);
    second.child.kill('SIGKILL');
    await once(second.child, 'exit');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function post(url: string, path: string, body: object): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ model: 'sandbox/frontier', ...body }),
  });
}

/** The zero-config start, in a process of its own. */
function start(folder: string): Promise<{ url: string; child: ChildProcess }> {
  const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
  const given = [
    'serve',
    '--json',
    '--port',
    '0',
    '--data-dir',
    join(folder, 'data'),
    '--log-level',
    'silent',
  ];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...given], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], YUMEN_ADMIN_KEY: testKey },
  });
  return new Promise((resolve, reject) => {
    let out = '';
    child.stdout!.on('data', (chunk) => {
      out += chunk;
      if (out.includes('\n')) resolve({ url: (JSON.parse(out) as { url: string }).url, child });
    });
    child.on('exit', () => reject(new Error('the gateway ended before it was ready')));
  });
}
