import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { startYumen } from '../support/start-yumen.ts';

const thinking = {
  max_tokens: 2000,
  thinking: { type: 'enabled', budget_tokens: 1024 },
  messages: [{ role: 'user', content: 'Hello.' }],
};

test('a client that asks for thinking by default is served where nobody thinks, and told what was dropped', async () => {
  const upstream = await startFakeUpstream({ dialect: 'openai-chat' });
  const yumen = await startYumen(
    [
      'providers:',
      `  - { id: openai, vendor: openai, api_key: k, base_url: "${upstream.baseUrl}" }`,
      'routes: { auto: { reference: gpt-4o, candidates: [gpt-4o, gpt-4o-mini], mode: assist } }',
    ].join('\n'),
  );
  try {
    const answer = await yumen.post('/v1/messages', { model: 'auto', ...thinking });
    assert.equal(answer.status, 200, await answer.text());
    assert.match(answer.headers.get('x-yumen-dropped-params') ?? '', /thinking/);
  } finally {
    await yumen.close();
    await upstream.close();
  }
});

test('where somebody thinks, the others are passed over', async () => {
  const upstream = await startFakeUpstream({ dialect: 'openai-chat' });
  const yumen = await startYumen(
    [
      'providers:',
      `  - { id: openai, vendor: openai, api_key: k, base_url: "${upstream.baseUrl}" }`,
      'routes: { auto: { reference: gpt-5.5, candidates: [gpt-4o-mini, gpt-5.5], mode: assist } }',
    ].join('\n'),
  );
  try {
    const answer = await yumen.post('/v1/messages', { model: 'auto', ...thinking });
    assert.equal(answer.headers.get('x-yumen-deployment'), 'openai/gpt-5.5', await answer.text());
  } finally {
    await yumen.close();
    await upstream.close();
  }
});

test('a guardrail for a route that does not exist is refused at the start: it would check nothing', async () => {
  const config = (route: string): string =>
    [
      'providers: [{ id: s, vendor: sandbox }]',
      'routes: { auto: { reference: sandbox/frontier, candidates: [sandbox/frontier] } }',
      `guardrails: [{ name: pii, url: "http://127.0.0.1:9/check", when: [before], routes: [${route}] }]`,
    ].join('\n');
  await assert.rejects(startYumen(config('aut')), /guardrails\.pii: no route or model is named «aut»/);
  for (const route of ['auto', 'sandbox/frontier', '"sand*"'])
    await (await startYumen(config(route))).close();
});

test('Gemini’s own embedding calls are told where embeddings are', async () => {
  const yumen = await startYumen();
  try {
    const answer = await yumen.post('/v1beta/models/text-embedding-004:batchEmbedContents', {});
    assert.equal(answer.status, 501);
    assert.match(await answer.text(), /\/v1\/embeddings/);
  } finally {
    await yumen.close();
  }
});
