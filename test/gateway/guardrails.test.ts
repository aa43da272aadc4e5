import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import { allow, replacing, startFakeGuardrail } from '../support/fake-guardrail.ts';
import { startFakeServices } from '../support/fake-services.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen } from '../support/start-yumen.ts';

const guard = await startFakeGuardrail();
const second = await startFakeGuardrail();
const services = await startFakeServices({});
const upstreams = {
  openai: await startFakeUpstream({ dialect: 'openai-chat' }),
  responses: await startFakeUpstream({ dialect: 'openai-responses' }),
  anthropic: await startFakeUpstream({ dialect: 'anthropic-messages' }),
  google: await startFakeUpstream({ dialect: 'gemini' }),
  aws: await startFakeUpstream({ dialect: 'bedrock-converse' }),
};
const { openai, responses, anthropic, google, aws } = upstreams;
const yumen = await startYumen(`
providers:
  - { id: openai, vendor: openai, api_key: k, base_url: "${openai.baseUrl}" }
  - { id: responses, vendor: openai, dialect: openai-responses, api_key: k, base_url: "${responses.baseUrl}" }
  - { id: anthropic, vendor: anthropic, api_key: k, base_url: "${anthropic.baseUrl}" }
  - { id: google, vendor: gemini, api_key: k, base_url: "${google.baseUrl}" }
  - { id: aws, vendor: bedrock, region: eu-central-1, api_key: k, base_url: "${aws.origin}" }
  - { id: gpu, vendor: vllm, base_url: "${services.origin}/v1" }
deployments:
  - { provider: openai, model: guarded, price: { input: 1, output: 2 } }
  - { provider: openai, model: unguarded, price: { input: 1, output: 2 } }
  - { provider: openai, model: open-stream, price: { input: 1, output: 2 } }
  - { provider: responses, model: guarded-r, price: { input: 1, output: 2 } }
  - { provider: anthropic, model: guarded-a, price: { input: 1, output: 2 } }
  - { provider: google, model: guarded-g, price: { input: 1, output: 2 } }
  - { provider: aws, model: guarded-b, price: { input: 1, output: 2 } }
  - { provider: gpu, model: guarded-e, kind: embedding, price: { input: 1, output: 0 } }
  - { provider: gpu, model: guarded-k, kind: rerank, price: { input: 1, output: 0 } }
routes:
  desk: { reference: openai/unguarded, candidates: [openai/unguarded], mode: assist }
guardrails:
  - name: pii
    url: "${guard.url}"
    when: [before, after]
    routes: ["guarded*", desk]
    headers: { authorization: "Bearer guard-key" }
  - { name: tone, url: "${second.url}", when: [before, after], routes: [guarded, open-stream], stream: off }
`);
after(async () => {
  await yumen.close();
  await Promise.all([guard, second, services, ...Object.values(upstreams)].map((each) => each.close()));
});
beforeEach(() => {
  for (const each of [guard, second]) Object.assign(each, { judge: allow, seen: [], headers: [] });
  for (const each of Object.values(upstreams)) {
    each.requests.length = 0;
    each.setScript({ text: ['The password', ' is hunter2.'] });
  }
  services.requests.length = 0;
});

const mail = 'ada@example.org';
const asked = `Write to ${mail}, please.`;

interface Client {
  name: string;
  upstream: FakeUpstream;
  call(stream: boolean): Promise<Response>;
}

const clients: Client[] = [
  {
    name: 'chat completions',
    upstream: openai,
    call: (stream) =>
      yumen.post('/v1/chat/completions', {
        model: 'guarded',
        stream,
        messages: [
          { role: 'system', content: 'Be kind.' },
          { role: 'user', content: [{ type: 'text', text: asked }] },
        ],
      }),
  },
  {
    name: 'legacy completions',
    upstream: openai,
    call: (stream) => yumen.post('/v1/completions', { model: 'guarded', stream, prompt: asked }),
  },
  {
    name: 'Responses',
    upstream: responses,
    call: (stream) => yumen.post('/v1/responses', { model: 'guarded-r', stream, input: asked, store: false }),
  },
  {
    name: 'Messages',
    upstream: anthropic,
    call: (stream) =>
      yumen.post('/v1/messages', {
        model: 'guarded-a',
        stream,
        max_tokens: 100,
        system: 'Be kind.',
        messages: [{ role: 'user', content: asked }],
      }),
  },
  {
    name: 'Messages at an upstream of another dialect',
    upstream: openai,
    call: (stream) =>
      yumen.post('/v1/messages', {
        model: 'guarded',
        stream,
        max_tokens: 100,
        messages: [{ role: 'user', content: asked }],
      }),
  },
  {
    name: 'Gemini',
    upstream: google,
    call: (stream) =>
      yumen.post(`/v1beta/models/guarded-g:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`, {
        contents: [{ role: 'user', parts: [{ text: asked }] }],
      }),
  },
  {
    name: 'Converse',
    upstream: aws,
    call: (stream) =>
      yumen.post(`/model/guarded-b/${stream ? 'converse-stream' : 'converse'}`, {
        messages: [{ role: 'user', content: [{ text: asked }] }],
      }),
  },
];

async function textOf(response: Response): Promise<string> {
  return Buffer.from(await response.arrayBuffer()).toString('latin1');
}

async function recordOf(response: Response): Promise<Json> {
  return (await yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`)).body;
}

/** The answer's words, however they are spread over events. */
function wordsOf(body: string): string {
  return [...body.matchAll(/"(?:text|content|delta)":"([^"]*)"/g)].map((match) => match[1]).join('');
}

for (const { name, upstream, call } of clients) {
  for (const stream of [false, true]) {
    describe(`${name}${stream ? ', streamed' : ''}`, () => {
      test('a request that is allowed passes as if nobody had looked, and both sides were shown', async () => {
        const response = await call(stream);
        const body = await textOf(response);
        assert.equal(response.status, 200, body);
        assert.match(wordsOf(body), /The password.* is hunter2\./);
        assert.equal(response.headers.get('x-yumen-guardrails'), null);
        assert.deepEqual(
          guard.seen.map(({ version, phase }) => [version, phase]),
          [
            [1, 'before'],
            [1, 'after'],
          ],
        );
        const [before, answered] = guard.seen;
        const said = before.request.messages.at(-1);
        assert.deepEqual(said, { role: 'user', parts: [{ type: 'text', text: asked }] });
        assert.equal(before.answer, undefined);
        assert.deepEqual(answered.answer.parts, [{ type: 'text', text: 'The password is hunter2.' }]);
        assert.equal(answered.answer.finish, 'stop');
        assert.equal(before.request_id, response.headers.get('x-request-id'));
        assert.equal(guard.headers[0]!.authorization, 'Bearer guard-key');
        const record = await recordOf(response);
        assert.equal(record.outcome, 'answered');
        assert.deepEqual(
          record.guardrails.filter((note: Json) => note.name === 'pii').map((note: Json) => note.action),
          ['allowed', 'allowed'],
        );
      });

      test('a replaced text is what the upstream reads', async () => {
        guard.judge = (document) =>
          document.phase === 'before' ? replacing(mail, '[mail]')(document) : allow(document);
        const response = await call(stream);
        assert.equal(response.status, 200, await textOf(response));
        const sent = upstream.requests.at(-1)!.bytes.toString();
        assert.match(sent, /Write to \[mail\], please\./);
        assert.ok(!sent.includes(mail));
        assert.equal(response.headers.get('x-yumen-guardrails'), 'pii=replaced');
        assert.match(JSON.stringify(guard.seen[1].request), /\[mail\]/);
      });

      test('a replaced answer is what the client reads', async () => {
        guard.judge = ({ phase }) =>
          phase === 'before'
            ? { action: 'allow' }
            : { action: 'replace', answer: { text: 'I may not say that.' } };
        const response = await call(stream);
        const body = await textOf(response);
        assert.equal(response.status, 200, body);
        assert.match(wordsOf(body), /I may not say that\./);
        assert.doesNotMatch(body, /password|hunter2/);
        assert.equal(response.headers.get('x-yumen-guardrails'), 'pii=replaced');
        const record = await recordOf(response);
        assert.equal(record.usage_source, 'reported');
        assert.ok(record.cost_usd > 0);
      });

      test('a refused request calls nobody, and the client is told why for good', async () => {
        guard.judge = () => ({ action: 'block', reason: 'Mail addresses stay here.', code: 'pii.mail' });
        const response = await call(stream);
        const body = Buffer.from(await response.arrayBuffer()).toString();
        assert.equal(response.status, 400, body);
        assert.match(body, /The guardrail «pii» refused the request: Mail addresses stay here\./);
        assert.equal(response.headers.get('x-should-retry'), 'false');
        assert.equal(upstream.requests.length, 0);
        const record = await recordOf(response);
        assert.deepEqual(
          [record.outcome, record.error, record.status, record.attempts.length, record.cost_usd],
          ['failed', 'blocked_by_guardrail', 400, 0, 0],
        );
        const [note, ...others] = record.guardrails;
        assert.deepEqual(
          [note.name, note.phase, note.action, note.code, others.length],
          ['pii', 'before', 'blocked', 'pii.mail', 0],
        );
      });

      test('a refused answer was paid for and does not leave', async () => {
        guard.judge = ({ phase }) => (phase === 'before' ? { action: 'allow' } : { action: 'block' });
        const response = await call(stream);
        const body = await textOf(response);
        assert.equal(response.status, 400, body);
        assert.doesNotMatch(body, /password|hunter2/);
        assert.equal(upstream.requests.length, 1);
        const record = await recordOf(response);
        assert.deepEqual([record.outcome, record.error], ['failed', 'blocked_by_guardrail']);
        assert.deepEqual([record.attempts.length, record.attempts[0].outcome], [1, 'answered']);
        assert.equal(record.usage_source, 'reported');
        assert.ok(record.cost_usd > 0);
      });
    });
  }
}

describe('guardrails on chat', () => {
  const ask = { model: 'guarded', messages: [{ role: 'user', content: asked }] };

  test('a request that none concerns is shown to none', async () => {
    const response = await yumen.post('/v1/chat/completions', { ...ask, model: 'unguarded' });
    assert.equal(response.status, 200);
    assert.deepEqual([guard.seen.length, second.seen.length], [0, 0]);
    assert.deepEqual((await recordOf(response)).guardrails, []);
  });

  test('a route goes by its own name, whatever model serves it', async () => {
    const response = await yumen.post('/v1/chat/completions', { ...ask, model: 'desk' });
    assert.equal(response.status, 200);
    assert.deepEqual([guard.seen[0].route, guard.seen[0].model], ['desk', 'desk']);
  });

  test('a model is the same under each of its names, and as somebody’s fallback', async () => {
    for (const model of ['openai/guarded', 'guarded']) {
      await yumen.post('/v1/chat/completions', { ...ask, model });
    }
    await yumen.post('/v1/chat/completions', { ...ask, model: 'unguarded', models: ['openai/guarded'] });
    assert.equal(guard.seen.filter(({ phase }) => phase === 'before').length, 3);
  });

  test('several are asked one after the other, each of what the one before made of it', async () => {
    guard.judge = (document) =>
      document.phase === 'before'
        ? replacing(mail, '[mail]')(document)
        : { action: 'replace', answer: { text: `${document.answer.parts[0].text} (1)` } };
    second.judge = (document) =>
      document.phase === 'before'
        ? replacing('please', 'now')(document)
        : { action: 'replace', answer: { text: `${document.answer.parts[0].text} (2)` } };
    const response = await yumen.post('/v1/chat/completions', ask);
    const body = (await response.json()) as Json;
    assert.equal(second.seen[0].request.messages[0].parts[0].text, 'Write to [mail], please.');
    assert.match(openai.requests[0]!.bytes.toString(), /Write to \[mail\], now\./);
    assert.equal(body.choices[0].message.content, 'The password is hunter2. (1) (2)');
    assert.equal(response.headers.get('x-yumen-guardrails'), 'pii=replaced, tone=replaced');
  });

  test('the first refusal ends it: the next is not asked', async () => {
    guard.judge = () => ({ action: 'block' });
    await yumen.post('/v1/chat/completions', ask);
    assert.equal(second.seen.length, 0);
  });

  test('a same-dialect answer that is allowed keeps its bytes, whole and streamed', async () => {
    const raw = {
      id: 'x',
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }],
      unknown: { kept: 1 },
    };
    openai.setScript({ body: raw });
    const response = await yumen.post('/v1/chat/completions', ask);
    assert.equal(await response.text(), JSON.stringify(raw));
    openai.setScript({ text: ['a', 'b'], comments: true, pieceBytes: 3 });
    const streamed = { stream: true, stream_options: { include_usage: true } };
    const held = await (await yumen.post('/v1/chat/completions', { ...ask, ...streamed })).text();
    const free = await (
      await yumen.post('/v1/chat/completions', { ...ask, ...streamed, model: 'unguarded' })
    ).text();
    const neutral = (text: string) =>
      text.replace(/"(id|created|model)":("[^"]*"|\d+)/g, '').replace(/^:.*\n\n?/gm, '');
    assert.equal(neutral(held), neutral(free));
  });

  test('tools, tool calls and tool results are shown, and a result can be replaced', async () => {
    guard.judge = (document) =>
      document.phase === 'before' ? replacing('hunter2', '***')(document) : allow(document);
    const response = await yumen.post('/v1/chat/completions', {
      ...ask,
      tools: [{ type: 'function', function: { name: 'vault', parameters: { type: 'object' } } }],
      messages: [
        { role: 'user', content: 'open' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'vault', arguments: '{"a":1}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'it is hunter2' },
      ],
    });
    assert.equal(response.status, 200, await response.text());
    const { request } = guard.seen[0];
    assert.deepEqual(request.tools, ['vault']);
    assert.deepEqual(request.messages[1].parts, [
      { type: 'tool-call', id: 'c1', name: 'vault', arguments: '{"a":1}' },
    ]);
    assert.equal(request.messages[2].parts[0].parts[0].text, 'it is hunter2');
    assert.equal((openai.requests[0]!.body as Json).messages[2].content, 'it is ***');
  });

  test('pictures are described, not sent; text files are read', async () => {
    const url = `data:image/png;base64,${Buffer.alloc(300).toString('base64')}`;
    const file = `data:text/plain;base64,${Buffer.from('the plan').toString('base64')}`;
    await yumen.post('/v1/chat/completions', {
      ...ask,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url } },
            { type: 'file', file: { filename: 'plan.txt', file_data: file } },
          ],
        },
      ],
    });
    assert.deepEqual(guard.seen[0].request.messages[0].parts, [
      { type: 'image', media_type: 'image/png', bytes: 300 },
      { type: 'document', name: 'plan.txt', media_type: 'text/plain', bytes: 8, text: 'the plan' },
    ]);
  });

  test('several answers at once are refused, because one could pass unseen', async () => {
    const response = await yumen.post('/v1/chat/completions', { ...ask, n: 2 });
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as Json).error.param, 'n');
    assert.equal(openai.requests.length, 0);
  });

  test('a guardrail that does not hold streams back is not shown their answers', async () => {
    const response = await yumen.post('/v1/chat/completions', { ...ask, model: 'open-stream', stream: true });
    assert.match(await response.text(), /hunter2/);
    assert.deepEqual(
      second.seen.map(({ phase }) => phase),
      ['before'],
    );
    await yumen.post('/v1/chat/completions', { ...ask, model: 'open-stream' });
    assert.deepEqual(
      second.seen.map(({ phase }) => phase),
      ['before', 'before', 'after'],
    );
  });

  test('a dry run asks nobody', async () => {
    const response = await yumen.post('/v1/chat/completions', ask, { 'x-yumen-dry-run': 'true' });
    assert.equal(response.status, 200);
    assert.equal(guard.seen.length, 0);
  });

  test('a reason is one short line, and a refusal holds without one that can be read', async () => {
    guard.judge = () => ({ action: 'block', reason: `a\r\nb${'x'.repeat(900)}`, code: { not: 'text' } });
    const { error } = (await (await yumen.post('/v1/chat/completions', ask)).json()) as Json;
    assert.match(error.message, /refused the request: a bx+$/);
    assert.ok(error.message.length < 400);
    guard.judge = () => ({ action: 'block', reason: 7 });
    const plain = (await (await yumen.post('/v1/chat/completions', ask)).json()) as Json;
    assert.equal(plain.error.message, 'The guardrail «pii» refused the request.');
  });

  test('what would be counted at the provider is estimated here instead', async () => {
    const body = { model: 'guarded-a', messages: [{ role: 'user', content: asked }] };
    const response = await yumen.post('/v1/messages/count_tokens', body);
    assert.equal(response.headers.get('x-yumen-estimated'), 'true');
    assert.equal(anthropic.requests.length, 0);
  });
});

describe('guardrails beside chat', () => {
  test('the texts of embeddings are shown, and can be refused', async () => {
    services.answers = {
      'POST /v1/embeddings': () => ({
        json: { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [1] }] },
      }),
    };
    const body = { model: 'guarded-e', input: ['a', 'b'] };
    const passed = await yumen.post('/v1/embeddings', body);
    assert.equal(passed.status, 200, await passed.text());
    const [{ request }] = guard.seen;
    assert.equal(request.kind, 'embeddings');
    assert.deepEqual(
      request.messages[0].parts.map((part: Json) => part.text),
      ['a', 'b'],
    );
    guard.judge = () => ({ action: 'block', code: 'x' });
    const refused = await yumen.post('/v1/embeddings', body);
    assert.equal(refused.status, 400);
    assert.equal(services.requests.length, 1);
    const record = await recordOf(refused);
    assert.deepEqual(
      [record.error, record.attempts.length, record.guardrails[0].code],
      ['blocked_by_guardrail', 0, 'x'],
    );
  });

  test('token ids cannot be read, and a replacement is not taken', async () => {
    const tokens = await yumen.post('/v1/embeddings', { model: 'guarded-e', input: [[1, 2]] });
    assert.equal(tokens.status, 400);
    assert.match(((await tokens.json()) as Json).error.message, /send text only/);
    guard.judge = replacing('a', 'b');
    const replaced = await yumen.post('/v1/embeddings', { model: 'guarded-e', input: 'a' });
    assert.equal(replaced.status, 503);
    assert.equal(services.requests.length, 0);
  });

  test('the query and the documents of a rerank are shown', async () => {
    guard.judge = () => ({ action: 'block' });
    const response = await yumen.post('/v1/rerank', {
      model: 'guarded-k',
      query: 'q',
      documents: ['one', { text: 'two' }],
    });
    assert.equal(response.status, 400);
    assert.deepEqual(
      guard.seen[0].request.messages[0].parts.map((part: Json) => part.text),
      ['q', 'one', 'two'],
    );
  });
});
