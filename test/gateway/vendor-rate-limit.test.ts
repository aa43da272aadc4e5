import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen } from '../support/start-yumen.ts';

const ask = { model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hi' }] };

test('while a vendor’s rate limit lasts, everyone who asks is told 429 and how long to wait', async () => {
  const upstream = await startFakeUpstream({
    dialect: 'openai-chat',
    script: { status: 429, headers: { 'retry-after': '30' }, error: { message: 'Slow down.' } },
  });
  const yumen = await startYumen(
    `providers:\n  - { id: openai, vendor: openai, api_key: k, base_url: "${upstream.baseUrl}" }`,
  );
  try {
    for (const calls of [1, 1]) {
      const response = await yumen.post('/v1/chat/completions', ask);
      const body = (await response.json()) as Json;
      assert.equal(response.status, 429, JSON.stringify(body));
      assert.equal(body.error.code, 'upstream_rate_limited');
      const seconds = Number(response.headers.get('retry-after'));
      assert.ok(seconds > 20 && seconds <= 30, `${seconds} s`);
      assert.equal(upstream.requests.length, calls);
    }
  } finally {
    await yumen.close();
    await upstream.close();
  }
});
