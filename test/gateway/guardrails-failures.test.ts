import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, beforeEach, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { allow, type Judge, startFakeGuardrail } from '../support/fake-guardrail.ts';
import { startFakeServices } from '../support/fake-services.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

const guard = await startFakeGuardrail();
const elsewhere = await startFakeServices({});
const openai = await startFakeUpstream({ dialect: 'openai-chat' });
const gone = await startFakeGuardrail();
await gone.close();

const modes = ['closed', 'open'] as const;
const yumen = await startYumen(`
providers:
  - { id: openai, vendor: openai, api_key: k, base_url: "${openai.baseUrl}" }
deployments:
${[
  'closed',
  'open',
  'fast-closed',
  'fast-open',
  'gone-closed',
  'gone-open',
  'after-closed',
  'after-open',
  'patient',
]
  .map((model) => `  - { provider: openai, model: ${model}, price: { input: 1, output: 2 } }`)
  .join('\n')}
holdback_ms: 40
guardrails:
${modes
  .map(
    (mode) => `
  - { name: pii-${mode}, url: "${guard.url}", routes: [${mode}], timeout_ms: 10000, on_failure: ${mode}, max_body_bytes: 2000 }
  - { name: fast-${mode}, url: "${guard.url}", routes: [fast-${mode}], timeout_ms: 100, on_failure: ${mode} }
  - { name: lost-${mode}, url: "${gone.url}", routes: [gone-${mode}], on_failure: ${mode} }
  - { name: last-${mode}, url: "${guard.url}", when: [after], routes: [after-${mode}], timeout_ms: 10000, on_failure: ${mode} }`,
  )
  .join('')}
  - { name: patient, url: "${guard.url}", when: [before, after], routes: [patient], timeout_ms: 10000 }
`);
after(async () => {
  await yumen.close();
  await Promise.all([guard.close(), openai.close(), elsewhere.close()]);
});
beforeEach(() => {
  Object.assign(guard, { judge: allow, seen: [], headers: [] });
  elsewhere.requests.length = 0;
  openai.requests.length = 0;
  openai.setScript({ text: ['fine'] });
});

/** Read as far as it goes: an answer that failed after it had begun is broken off. */
async function readUntilBroken(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of response.body!) chunks.push(chunk as Uint8Array);
  } catch {
    chunks.push(Buffer.from('\nbroken off'));
  }
  return Buffer.concat(chunks).toString();
}

const post = (model: string, extra: Json = {}, gateway: TestGateway = yumen): Promise<Response> =>
  gateway.post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hi' }], ...extra });

async function recordOf(response: Response): Promise<Json> {
  return (await yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`)).body;
}

const says = (status: number, body: string) => () => (response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
};

/** A byte at a time, so that only the bound of the whole call can end it. */
const drips: Judge = () => (response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
};

const silences: { [name: string]: Judge } = { 'says nothing': () => () => {}, 'drips its answer': drips };

const failures: { [name: string]: { judge: Judge; why: string } } = {
  'breaks the connection': { judge: () => (response) => response.destroy(), why: 'unreachable' },
  'answers 500': { judge: says(500, '{"action":"allow"}'), why: 'status' },
  'answers 204': { judge: says(204, ''), why: 'status' },
  redirects: {
    judge: () => (response) => {
      response.writeHead(307, { location: `${elsewhere.origin}/check` }).end();
    },
    why: 'status',
  },
  'answers what is no JSON': { judge: says(200, 'allow'), why: 'invalid-reply' },
  'answers nothing': { judge: says(200, ''), why: 'invalid-reply' },
  'answers no verdict': { judge: says(200, '{"action":"maybe"}'), why: 'invalid-reply' },
  'answers a list': { judge: says(200, '["allow"]'), why: 'invalid-reply' },
  'replaces nothing': { judge: says(200, '{"action":"replace"}'), why: 'invalid-reply' },
  'replaces with fewer messages': {
    judge: says(200, '{"action":"replace","request":{"messages":[]}}'),
    why: 'invalid-reply',
  },
  'answers too much': {
    judge: says(200, `{"action":"allow","more":"${'x'.repeat(300_000)}"}`),
    why: 'reply-too-large',
  },
};

describe('a guardrail that', () => {
  for (const [name, judge] of Object.entries(silences)) {
    test(`${name} is waited for no longer than its timeout`, async () => {
      guard.judge = judge;
      const refused = await post('fast-closed');
      assert.equal(refused.status, 503, await refused.text());
      assert.equal((await recordOf(refused)).guardrails[0].code, 'timeout');
      const passed = await post('fast-open');
      assert.equal(passed.status, 200, await passed.text());
      assert.equal(passed.headers.get('x-yumen-guardrails'), 'fast-open=failed-open');
    });
  }

  for (const [name, { judge, why }] of Object.entries(failures)) {
    test(`${name} refuses or lets pass, as it is configured`, async () => {
      guard.judge = judge;
      const refused = await post('closed');
      const text = await refused.text();
      assert.equal(refused.status, 503, text);
      const { error } = JSON.parse(text);
      assert.equal(error.code, 'guardrail_unavailable');
      assert.match(error.message, /«pii-closed»/);
      assert.ok(!text.includes('127.0.0.1') && !text.includes(new URL(guard.url).port));
      assert.equal(refused.headers.get('x-should-retry'), 'true');
      assert.equal(refused.headers.get('retry-after'), '1');
      assert.equal(openai.requests.length, 0);
      const record = await recordOf(refused);
      assert.deepEqual([record.outcome, record.error], ['failed', 'guardrail_unavailable']);
      assert.deepEqual([record.guardrails[0].action, record.guardrails[0].code], ['failed-closed', why]);

      const passed = await post('open');
      assert.equal(passed.status, 200, await passed.text());
      assert.equal(passed.headers.get('x-yumen-guardrails'), 'pii-open=failed-open');
      const [note] = (await recordOf(passed)).guardrails;
      assert.deepEqual([note.action, note.code], ['failed-open', why]);
      assert.equal(elsewhere.requests.length, 0, 'a redirect is not followed');
    });
  }

  test('is not there refuses or lets pass', async () => {
    const refused = await post('gone-closed');
    assert.equal(refused.status, 503);
    assert.match(await refused.text(), /«lost-closed»/);
    const passed = await post('gone-open');
    assert.equal(passed.status, 200);
    assert.equal(passed.headers.get('x-yumen-guardrails'), 'lost-open=failed-open');
  });

  test('is sent at most what it takes: what is larger is refused for good, or passes unseen', async () => {
    const messages = [{ role: 'user', content: 'x'.repeat(2_000) }];
    const refused = await post('closed', { messages });
    assert.equal(refused.status, 400);
    assert.equal(refused.headers.get('x-should-retry'), 'false');
    assert.match(await refused.text(), /at most 2000 bytes/);
    assert.equal((await recordOf(refused)).guardrails[0].code, 'too-large');
    assert.equal((await post('open', { messages })).status, 200);
    assert.equal(guard.seen.length, 0);
  });

  for (const stream of [false, true]) {
    test(`fails after the answer refuses it, paid for, or lets it pass${stream ? ', streamed' : ''}`, async () => {
      guard.judge = says(500, '');
      const refused = await post('after-closed', { stream });
      const text = await refused.text();
      assert.equal(refused.status, 503, text);
      assert.match(text, /guardrail_unavailable/);
      assert.doesNotMatch(text, /fine/);
      const record = await recordOf(refused);
      assert.deepEqual([record.attempts.length, record.usage_source], [1, 'reported']);
      assert.ok(record.cost_usd > 0);
      const passed = await post('after-open', { stream });
      assert.match(await passed.text(), /fine/);
      assert.equal(passed.headers.get('x-yumen-guardrails'), 'last-open=failed-open');
    });
  }

  test('takes its time with a stream that has begun is waited for, and its refusal is said in the stream', async () => {
    const verdicts: ((verdict: string) => void)[] = [];
    guard.judge = ({ phase }) =>
      phase === 'before' ? { action: 'allow' } : (response) => verdicts.push((body) => response.end(body));
    const response = await post('patient', { stream: true });
    assert.equal(response.status, 200, 'the holdback is over, so the stream has begun');
    const reading = readUntilBroken(response);
    const answer = await eventually(async () => verdicts[0]);
    answer('{"action":"block"}');
    const text = await reading;
    assert.match(text, /"code":"blocked_by_guardrail"[\s\S]*broken off$/);
    assert.doesNotMatch(text, /fine|\[DONE\]/);
    const record = await eventually(async () => {
      const { status, body } = await yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`);
      return status === 200 ? body : undefined;
    });
    assert.deepEqual([record.status, record.error], [200, 'blocked_by_guardrail']);
  });
});

describe('a client that leaves while a guardrail thinks', () => {
  for (const phase of ['before', 'after']) {
    test(`ends the call to it (${phase}), and is recorded as gone`, async () => {
      let left = false;
      guard.judge = (document) =>
        document.phase === phase
          ? (response: ServerResponse) => {
              response.on('close', () => {
                left = true;
              });
            }
          : { action: 'allow' };
      const controller = new AbortController();
      const asked = fetch(`${yumen.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${yumen.key}` },
        body: JSON.stringify({ model: 'patient', messages: [{ role: 'user', content: 'hi' }] }),
        signal: controller.signal,
      });
      const shown = await eventually(async () => guard.seen.find((document) => document.phase === phase));
      controller.abort();
      await assert.rejects(asked);
      await eventually(async () => (left ? true : undefined));
      const record = await eventually(async () => {
        const { status, body } = await yumen.api(`/api/v1/requests/${shown.request_id}`);
        return status === 200 ? body : undefined;
      });
      assert.deepEqual([record.outcome, record.status], ['aborted', 499]);
      assert.equal(record.attempts.length, phase === 'before' ? 0 : 1);
      assert.equal(openai.requests.length, record.attempts.length);
      if (phase === 'after') assert.equal(record.attempts[0].outcome, 'answered');
    });
  }
});

describe('the configuration of guardrails', () => {
  const start = (guardrails: string) =>
    startYumen(`
providers:
  - { id: openai, vendor: openai, api_key: k, base_url: "${openai.baseUrl}" }
guardrails:
${guardrails}
`).then((gateway) => gateway.close());

  for (const [entry, says] of [
    ['  - { name: a, url: "ftp://127.0.0.1/x" }', /guardrails\.0\.url: must be an http\(s\) address/],
    ['  - { name: a }', /guardrails\.0\.url/],
    ['  - { name: "a b", url: "http://127.0.0.1/x" }', /guardrails\.0\.name: use at most 40 letters/],
    ['  - { name: a, url: "http://127.0.0.1/x", on_failure: maybe }', /guardrails\.0\.on_failure/],
    ['  - { name: a, url: "http://127.0.0.1/x", when: [] }', /guardrails\.0\.when/],
    ['  - { name: a, url: "http://127.0.0.1/x", headers: { a: "b\\nc" } }', /must be printable text/],
    [
      '  - { name: a, url: "http://127.0.0.1/x" }\n  - { name: a, url: "http://127.0.0.1/y" }',
      /each guardrail needs a name of its own/,
    ],
  ] as const) {
    test(`is refused with a sentence: ${entry.trim()}`, async () => {
      await assert.rejects(start(entry), says);
    });
  }
});
