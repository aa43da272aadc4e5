import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type FakeScript, type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

/** What each vendor is known to do otherwise than the format it speaks, through the whole gateway to a client. */

const vendors = [
  'baichuan',
  'dashscope',
  'deepseek',
  'hunyuan',
  'minimax',
  'moonshot',
  'qianfan',
  'siliconflow',
  'spark',
  'stepfun',
  'volcengine',
  'zhipu',
];

const price = '{ input: 1, output: 2, cache_read: 0.1 }';

/** Providers of each vendor: a failure closes the door of one for a while, so every question has a provider of its own. */
const askedMax = 12;

/** Servings that need what the catalogue says of a model, not of its vendor. */
const overlay = {
  models: [
    {
      id: 'qwen-plus',
      servedBy: [{ vendor: 'dashscope', name: 'qwen-plus', quirks: { thinkingNeedsStream: true } }],
    },
    {
      id: 'kimi-k2.6',
      servedBy: [
        { vendor: 'moonshot', name: 'kimi-k2.6', quirks: { refusedFields: ['temperature', 'top_p', 'n'] } },
      ],
    },
    {
      id: 'qwen-flash',
      servedBy: [
        {
          vendor: 'moonshot',
          name: 'always-thinks',
          quirks: { reasoningControl: 'reasoning_effort', reasoningEfforts: ['low', 'high', 'max'] },
        },
      ],
    },
  ],
};

function config({ baseUrl }: { baseUrl: string }, overlayPath: string): string {
  const providers: string[] = [];
  const deployments: string[] = [];
  for (const vendor of vendors) {
    const key = vendor === 'spark' ? 'key123456:secret123456' : `upstream-key-of-${vendor}`;
    const more = vendor === 'qianfan' ? ', parameters: { appid: app-1 }' : '';
    for (let n = 0; n < askedMax; n++) {
      const id = `${vendor}-${n}`;
      providers.push(
        `  - { id: ${id}, vendor: ${vendor}, api_key: "${key}", base_url: "${baseUrl}"${more} }`,
      );
      deployments.push(
        `  - { model: m, provider: ${id}, price: ${price}, context_tokens: 100000, output_tokens_max: 40000, ` +
          'capabilities: { tools: true, reasoning: optional } }',
      );
    }
  }
  return `
providers:
${providers.join('\n')}
deployments:
${deployments.join('\n')}
  - { model: doubao-seed, provider: volcengine-0, name: ep-20260101000000-abcde, price: { input: 100, output: 1000 } }
  - { model: pro-deepseek, provider: siliconflow-0, name: Pro/deepseek-ai/DeepSeek-V4, price: ${price} }
  - { model: Pro/zai-org/GLM-5.2, provider: siliconflow-0, price: ${price} }
catalog: { overlay: ${JSON.stringify(overlayPath)} }
`;
}

let upstream: FakeUpstream;
let yumen: TestGateway;

before(async () => {
  upstream = await startFakeUpstream({ dialect: 'openai-chat' });
  const folder = mkdtempSync(join(tmpdir(), 'yumen-test-'));
  const overlayPath = join(folder, 'overlay.json');
  writeFileSync(overlayPath, JSON.stringify(overlay));
  yumen = await startYumen(config(upstream, overlayPath), folder);
});
after(async () => {
  await yumen.close();
  await upstream.close();
});
beforeEach(() => {
  upstream.requests.length = 0;
  upstream.served.length = 0;
  upstream.setScript({});
});

const asked = new Map<string, number>();

/** A model at a provider of this vendor that nobody has asked yet. */
function fresh(vendor: string): string {
  const n = asked.get(vendor) ?? 0;
  assert.ok(n < askedMax, `more questions to ${vendor} than there are providers`);
  asked.set(vendor, n + 1);
  return `${vendor}-${n}/m`;
}

interface Answered {
  status: number;
  text: string;
  body: Json;
  headers: Headers;
}

async function ask(vendor: string, fields: Json = {}, script?: FakeScript): Promise<Answered> {
  if (script !== undefined) upstream.setScript(script);
  const model = vendor.includes('/') ? vendor : fresh(vendor);
  const messages = [{ role: 'user', content: 'Say something short.' }];
  const response = await yumen.post('/v1/chat/completions', { model, messages, ...fields });
  const text = await response.text();
  return {
    status: response.status,
    text,
    body: text.startsWith('{') ? JSON.parse(text) : undefined,
    headers: response.headers,
  };
}

function askMessages(vendor: string, fields: Json): Promise<Response> {
  return yumen.post('/v1/messages', {
    model: vendor.includes('/') ? vendor : fresh(vendor),
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Say something short.' }],
    ...fields,
  });
}

/** A stream that may be cut off: what arrived of it. */
async function askStream(vendor: string, script: FakeScript): Promise<Answered> {
  upstream.setScript(script);
  const response = await yumen.post('/v1/chat/completions', {
    model: fresh(vendor),
    stream: true,
    messages: [{ role: 'user', content: 'x' }],
  });
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true });
  } catch {
    // The connection ends with the error.
  }
  return { status: response.status, text, body: undefined, headers: response.headers };
}

/** The body that the upstream was sent. */
function sent(index = 0): Json {
  return upstream.requests[index]?.body;
}

async function record(headers: Headers): Promise<Json> {
  const id = headers.get('x-request-id');
  return eventually(async () => {
    const { status, body } = await yumen.api(`/api/v1/requests/${id}`);
    assert.equal(status, 200);
    return body;
  });
}

function chunk(delta: unknown, rest: Json = {}): string {
  const choice = { index: 0, delta, finish_reason: rest.finish ?? null };
  const { finish: _finish, ...more } = rest;
  return `data: ${JSON.stringify({ id: 'c1', model: 'm', choices: [choice], ...more })}\n\n`;
}

const done = 'data: [DONE]\n\n';

describe('MiniMax', () => {
  const failed = (code: number, said: string) => ({
    status: 200,
    body: { id: 'x', choices: null, base_resp: { status_code: code, status_msg: said } },
  });

  test('a failure in a 200 reaches the client as one, and says what it was', async () => {
    const cases: [number, string, number, string][] = [
      [1008, 'insufficient balance', 502, 'upstream_quota'],
      [2049, 'invalid api key', 502, 'upstream_auth'],
      [1026, 'input new_sensitive', 400, 'content_filter'],
      [2013, 'invalid params', 400, '2013'],
    ];
    for (const [code, said, status, expected] of cases) {
      upstream.requests.length = 0;
      const answered = await ask('minimax', {}, failed(code, said));
      assert.deepEqual([answered.status, answered.body.error.code], [status, expected]);
      assert.equal(upstream.requests.length, 1, 'it is not asked again');
    }
    const filtered = await ask('minimax', {}, failed(1027, 'output new_sensitive'));
    assert.equal((await record(filtered.headers)).error, 'content_filtered');
  });

  test('a rate limit in a 200 is waited out', async () => {
    const answered = await ask('minimax', {}, [failed(1002, 'rate limit'), { text: 'fine' }]);
    assert.equal(answered.body.choices[0].message.content, 'fine');
    assert.equal(upstream.requests.length, 2);
  });

  test('a success that says so is an answer', async () => {
    const body = {
      id: 'x',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
      base_resp: { status_code: 0, status_msg: '' },
    };
    assert.equal((await ask('minimax', {}, { body })).body.choices[0].message.content, 'hi');
  });

  test('a stream that fails before its first word is a failure, one that fails after it never ends cleanly', async () => {
    const failure = 'data: {"base_resp":{"status_code":1027,"status_msg":"output new_sensitive"}}\n\n';
    const before = await ask('minimax', { stream: true }, { body: failure + done });
    assert.deepEqual([before.status, before.body.error.code], [400, 'content_filter']);
    const midway = await askStream('minimax', {
      body: chunk({ role: '', content: 'One' }) + failure + done,
    });
    assert.equal(midway.status, 200);
    assert.match(midway.text, /"content":"One"/);
    assert.match(midway.text, /"code":"content_filter"/);
    assert.doesNotMatch(midway.text, /\[DONE\]/);
    assert.equal((await record(midway.headers)).error, 'content_filtered');
  });

  test('instructions are merged, thinking comes apart from the text, a temperature of 0 is moved into the range', async () => {
    const answered = await ask('minimax', {
      temperature: 0,
      messages: [
        { role: 'system', content: 'One.' },
        { role: 'user', content: 'q' },
        { role: 'developer', content: 'Two.' },
      ],
    });
    assert.equal(answered.status, 200);
    assert.deepEqual(sent().messages, [
      { role: 'system', content: 'One.\n\nTwo.' },
      { role: 'user', content: 'q' },
    ]);
    assert.deepEqual([sent().reasoning_split, sent().temperature], [true, 0.01]);
    assert.match(answered.headers.get('x-yumen-dropped-params') ?? '', /temperature/);
    await ask('minimax', { temperature: 0.7, reasoning_split: false });
    assert.deepEqual([sent(1).reasoning_split, sent(1).temperature], [false, 0.7]);
  });

  test('thinking in details and an empty first role are read', async () => {
    upstream.setScript({
      body:
        chunk({ role: '', content: '' }) +
        chunk({ reasoning_details: [{ type: 'reasoning.text', index: 0, text: 'Hm.' }] }) +
        chunk({ content: 'Yes.' }) +
        chunk({}, { finish: 'stop' }) +
        `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 }, base_resp: { status_code: 0 } })}\n\n` +
        done,
    });
    const text = await (await askMessages('minimax', { stream: true })).text();
    assert.match(text, /"thinking":"Hm\."/);
    assert.match(text, /"text":"Yes\."/);
    assert.match(text, /message_stop/);
  });
});

describe('Zhipu', () => {
  const refused = (code: string, message: string, status = 429) => ({
    status,
    body: { error: { code, message } },
  });

  test('a 429 that means an unpaid or a locked account is not asked again', async () => {
    const cases: [string, string][] = [
      ['1113', 'upstream_quota'],
      ['1112', 'upstream_auth'],
      ['1308', 'upstream_quota'],
    ];
    for (const [code, expected] of cases) {
      upstream.requests.length = 0;
      const answered = await ask('zhipu', {}, refused(code, 'Your account is in arrears.'));
      assert.deepEqual([answered.status, answered.body.error.code], [502, expected]);
      assert.equal(upstream.requests.length, 1);
    }
  });

  test('a 429 that is a rate limit is asked again', async () => {
    for (const code of ['1302', '1303', '1305']) {
      upstream.requests.length = 0;
      const answered = await ask('zhipu', {}, [refused(code, 'Rate limit reached'), {}]);
      assert.equal(answered.status, 200);
      assert.equal(upstream.requests.length, 2);
    }
  });

  test('a filtered prompt is a refusal, a filtered answer an end of its own', async () => {
    const prompt = await ask('zhipu', {}, refused('1301', 'unsafe or sensitive content', 400));
    assert.equal((await record(prompt.headers)).error, 'content_filtered');
    upstream.setScript({ text: ['Partly'], finish: 'sensitive' });
    const answer: Json = await (await askMessages('zhipu', {})).json();
    assert.equal(answer.stop_reason, 'refusal');
  });

  test('an answer that its network cut short is no answer', async () => {
    const cut = { text: ['Half'], finish: 'network_error' };
    const whole = await ask('zhipu', {}, [cut, { text: ['Whole'] }]);
    assert.equal(whole.body.choices[0].message.content, 'Whole');
    assert.equal(upstream.requests.length, 2);
    const { text } = await askStream('zhipu', cut);
    assert.match(text, /Half/);
    assert.match(text, /stream_interrupted/);
    assert.doesNotMatch(text, /\[DONE\]/);
  });
});

describe('Kimi', () => {
  test('sampling that a model has fixed is left out and named; thinking is an effort where a switch is refused', async () => {
    const fixed = await ask('moonshot-11/kimi-k2.6', { temperature: 0.2, top_p: 0.9, seed: 1 });
    assert.deepEqual([sent().temperature, sent().top_p, sent().seed], [undefined, undefined, 1]);
    assert.equal(fixed.headers.get('x-yumen-dropped-params'), 'temperature, top_p');
    await askMessages('moonshot-11/qwen-flash', {
      max_tokens: 20_000,
      thinking: { type: 'enabled', budget_tokens: 9000 },
    });
    assert.deepEqual([sent(1).thinking, sent(1).reasoning_effort], [undefined, 'low']);
  });

  test('a tool that gave nothing back is not sent empty', async () => {
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
    await ask('moonshot', {
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c1', content: '' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }],
    });
    assert.equal(sent().messages[2].content, '(no output)');
  });

  test('cached tokens that stand at the top of the usage are counted once', async () => {
    const answered = await ask(
      'moonshot',
      {},
      {
        body: {
          id: 'x',
          model: 'm',
          choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
          usage: { prompt_tokens: 1000, completion_tokens: 10, total_tokens: 1010, cached_tokens: 400 },
        },
      },
    );
    const { usage } = await record(answered.headers);
    assert.deepEqual([usage.input_tokens, usage.cache_read_tokens, usage.output_tokens], [1000, 400, 10]);
  });

  test('an empty account is no rate limit, and a filter is a refusal', async () => {
    const empty = await ask(
      'moonshot',
      {},
      { status: 429, error: { type: 'exceeded_current_quota_error', message: 'suspended' } },
    );
    assert.deepEqual([empty.status, empty.body.error.code], [502, 'upstream_quota']);
    assert.equal(upstream.requests.length, 1);
    const filtered = await ask(
      'moonshot',
      {},
      { status: 400, error: { type: 'content_filter', message: 'considered high risk' } },
    );
    assert.equal((await record(filtered.headers)).error, 'content_filtered');
  });
});

describe('Hunyuan', () => {
  test('one system message comes first, then user and assistant take turns', async () => {
    await ask('hunyuan', {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'user', content: 'b' },
        { role: 'system', content: 's' },
        { role: 'assistant', content: 'x' },
        { role: 'user', content: 'c' },
      ],
    });
    assert.deepEqual(
      sent().messages.map((message: Json) => [message.role, message.content]),
      [
        ['system', 's'],
        ['user', 'a\n\nb'],
        ['assistant', 'x'],
        ['user', 'c'],
      ],
    );
  });

  test('chunks whose end is an empty word go on', async () => {
    const chunks = ['One', ' two'].map((content) => chunk({ content }, { finish: '' })).join('');
    const got = await ask(
      'hunyuan',
      { stream: true },
      { body: chunks + chunk({}, { finish: 'length' }) + done },
    );
    assert.match(got.text, /"finish_reason":"length"/);
    upstream.setScript({ body: chunks + chunk({}, { finish: 'length' }) + done });
    const translated = await (await askMessages('hunyuan', { stream: true })).text();
    assert.match(translated, /"stop_reason":"max_tokens"/);
  });
});

describe('Ark', () => {
  test('a request through an endpoint of one’s own costs what its model costs', async () => {
    const answered = await ask(
      'volcengine-0/doubao-seed',
      {},
      { text: ['hi'], inputTokens: 1000, outputTokens: 100 },
    );
    assert.equal(sent().model, 'ep-20260101000000-abcde');
    const { cost_usd, deployment } = await record(answered.headers);
    assert.deepEqual([deployment, cost_usd], ['volcengine-0/doubao-seed', 0.2]);
  });

  test('the role «developer» becomes «system»; thinking «auto» is the client’s to ask for', async () => {
    await ask('volcengine', {
      thinking: { type: 'auto' },
      messages: [
        { role: 'developer', content: 'd' },
        { role: 'user', content: 'q' },
      ],
    });
    assert.deepEqual(
      sent().messages.map((message: Json) => message.role),
      ['system', 'user'],
    );
    assert.deepEqual(sent().thinking, { type: 'auto' });
    await askMessages('volcengine', { thinking: { type: 'enabled', budget_tokens: 2000 } });
    assert.deepEqual([sent(1).thinking, sent(1).reasoning_effort], [{ type: 'enabled' }, 'low']);
    await askMessages('volcengine', { thinking: { type: 'disabled' } });
    assert.deepEqual(sent(2).thinking, { type: 'disabled' });
  });

  test('overdue accounts and filters are told apart from rates', async () => {
    const overdue = await ask(
      'volcengine',
      {},
      { status: 403, error: { code: 'AccountOverdueError', message: 'overdue balance' } },
    );
    assert.equal(overdue.body.error.code, 'upstream_quota');
    const filtered = await ask(
      'volcengine',
      {},
      { status: 400, error: { code: 'InputTextSensitiveContentDetected', message: 'sensitive' } },
    );
    assert.equal((await record(filtered.headers)).error, 'content_filtered');
  });
});

describe('DeepSeek', () => {
  const call = { type: 'tool_use', id: 'c1', name: 'f', input: {} };
  const history = [
    { role: 'user', content: 'q' },
    { role: 'assistant', content: [{ type: 'thinking', thinking: 'why', signature: 's' }, call] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'r' }] },
  ];

  test('reasoning of turns with tool calls is sent back, also on behalf of a client of another dialect', async () => {
    await askMessages('deepseek', {
      messages: history,
      tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
    });
    assert.equal(sent().messages[1].reasoning_content, 'why');
    assert.deepEqual(
      sent().messages.map((message: Json) => message.role),
      ['user', 'assistant', 'tool'],
    );
  });

  test('hits and misses of the cache are priced apart', async () => {
    const answered = await ask(
      'deepseek',
      {},
      {
        body: {
          id: 'x',
          model: 'm',
          choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
          usage: {
            prompt_tokens: 1_000_000,
            completion_tokens: 1000,
            total_tokens: 1_001_000,
            prompt_cache_hit_tokens: 900_000,
            prompt_cache_miss_tokens: 100_000,
            completion_tokens_details: { reasoning_tokens: 600 },
          },
        },
      },
    );
    const { usage, cost_usd } = await record(answered.headers);
    assert.deepEqual(
      [usage.input_tokens, usage.cache_read_tokens, usage.reasoning_tokens],
      [1_000_000, 900_000, 600],
    );
    assert.equal(cost_usd, 0.1 + 0.09 + 0.002);
  });

  test('an effort goes beside the switch of thinking', async () => {
    await yumen.post('/v1/messages', {
      model: fresh('deepseek'),
      max_tokens: 100,
      thinking: { type: 'enabled', budget_tokens: 16_000 },
      messages: [{ role: 'user', content: 'q' }],
    });
    assert.deepEqual([sent().thinking, sent().reasoning_effort], [{ type: 'enabled' }, 'high']);
  });

  test('an empty account, and an answer for which there were no resources', async () => {
    const empty = await ask('deepseek', {}, { status: 402, error: { message: 'Insufficient Balance' } });
    assert.deepEqual([empty.status, empty.body.error.code], [502, 'upstream_quota']);
    const again = await ask('deepseek', {}, [
      { text: ['Half'], finish: 'insufficient_system_resource' },
      { text: ['Whole'] },
    ]);
    assert.equal(again.body.choices[0].message.content, 'Whole');
  });

  test('comments and blank lines before the answer reach nobody', async () => {
    const waited = ': keep-alive\n\n\n\n: keep-alive\n\n';
    const answer = chunk({ content: 'hi' }) + chunk({}, { finish: 'stop' }) + done;
    assert.equal((await ask('deepseek', { stream: true }, { body: waited + answer })).text, answer);
  });
});

describe('DashScope', () => {
  test('a model that thinks only in streams is asked for one, and the client gets one document with exact usage', async () => {
    const model = 'dashscope-11/qwen-plus';
    const reply = {
      reasoning: ['Let me ', 'see.'],
      text: ['Four', '.'],
      inputTokens: 21,
      outputTokens: 13,
      reasoningTokens: 9,
    };
    const thought = await ask(model, { enable_thinking: true }, reply);
    assert.deepEqual([sent().stream, sent().stream_options], [true, { include_usage: true }]);
    assert.equal(thought.headers.get('content-type')?.split(';')[0], 'application/json');
    const { message, finish_reason } = thought.body.choices[0];
    assert.deepEqual(
      [message.content, message.reasoning_content, finish_reason],
      ['Four.', 'Let me see.', 'stop'],
    );
    assert.deepEqual(
      [thought.body.usage.prompt_tokens, thought.body.usage.completion_tokens],
      [reply.inputTokens, reply.outputTokens],
    );
    const { usage, usage_source } = await record(thought.headers);
    assert.deepEqual(
      [usage.input_tokens, usage.output_tokens, usage.reasoning_tokens, usage_source],
      [21, 13, 9, 'reported'],
    );
    await ask(model, { enable_thinking: false }, reply);
    assert.notEqual(sent(1).stream, true, 'without thinking there is no need');
    const streamed = await ask(model, { stream: true }, reply);
    assert.match(streamed.text, /\[DONE\]/);
    const translated: Json = await (
      await askMessages(model, { max_tokens: 3000, thinking: { type: 'enabled', budget_tokens: 1024 } })
    ).json();
    assert.deepEqual([sent(3).stream, sent(3).enable_thinking, sent(3).thinking_budget], [true, true, 1024]);
    assert.deepEqual(
      translated.content.map((block: Json) => block.type),
      ['thinking', 'text'],
    );
  });

  test('a filter in the middle of a stream is a filter', async () => {
    const refusal =
      'data: {"error":{"code":"data_inspection_failed","message":"Output data may contain inappropriate content.","type":"data_inspection_failed"}}\n\n';
    const midway = await askStream('dashscope', { body: chunk({ content: 'One' }) + refusal });
    assert.match(midway.text, /"code":"content_filter"/);
    assert.equal((await record(midway.headers)).error, 'content_filtered');
    const before = await ask('dashscope', { stream: true }, { body: refusal });
    assert.equal(before.status, 400);
    assert.equal(upstream.requests.length, 2, 'a refusal is not asked again');
  });

  test('marks for its cache pass, and what was written and read is counted', async () => {
    const content = [{ type: 'text', text: 'long', cache_control: { type: 'ephemeral' } }];
    const answered = await ask(
      'dashscope',
      { messages: [{ role: 'user', content }] },
      {
        body: {
          id: 'x',
          model: 'm',
          choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
          usage: {
            prompt_tokens: 3000,
            completion_tokens: 10,
            total_tokens: 3010,
            prompt_tokens_details: { cached_tokens: 1000, cache_creation_input_tokens: 1500 },
          },
        },
      },
    );
    assert.deepEqual(sent().messages[0].content, content);
    const { usage } = await record(answered.headers);
    assert.deepEqual(
      [usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens],
      [3000, 1000, 1500],
    );
  });
});

describe('SiliconFlow', () => {
  test('names with slashes are split at the first only', async () => {
    await ask('siliconflow-0/Pro/zai-org/GLM-5.2');
    await ask('siliconflow-0/pro-deepseek');
    assert.deepEqual([sent(0).model, sent(1).model], ['Pro/zai-org/GLM-5.2', 'Pro/deepseek-ai/DeepSeek-V4']);
  });

  test('a thinking budget is moved into the range, from either dialect', async () => {
    await ask('siliconflow', { enable_thinking: true, thinking_budget: 64 });
    await ask('siliconflow', { enable_thinking: true, thinking_budget: 100_000 });
    await ask('siliconflow', { enable_thinking: true, thinking_budget: 4096 });
    await askMessages('siliconflow', {
      max_tokens: 40_000,
      thinking: { type: 'enabled', budget_tokens: 39_000 },
    });
    assert.deepEqual(
      upstream.requests.map(({ body }) => (body as Json).thinking_budget),
      [128, 32_768, 4096, 32_768],
    );
  });

  test('a balance of nothing wears the status of a missing permission', async () => {
    const empty = await ask(
      'siliconflow',
      {},
      {
        status: 403,
        body: { code: 30001, message: 'Sorry, your account balance is insufficient', data: null },
      },
    );
    assert.equal(empty.body.error.code, 'upstream_quota');
  });
});

describe('Spark, StepFun, Baichuan, Qianfan', () => {
  test('both halves of a Spark key are sent, and a code in its 200 is a failure', async () => {
    await ask('spark');
    assert.equal(upstream.requests[0]?.headers.authorization, 'Bearer key123456:secret123456');
    const filtered = await ask(
      'spark',
      {},
      { body: { code: 10013, message: 'input content audit failed', sid: 'x' } },
    );
    assert.equal(filtered.status, 400);
    assert.equal((await record(filtered.headers)).error, 'content_filtered');
    const fine = await ask(
      'spark',
      { stream: true },
      {
        body: `${chunk({ role: 'assistant', content: 'hi' }, { code: 0, message: 'Success', sid: 'x' })}${done}`,
      },
    );
    assert.match(fine.text, /"content":"hi"/);
  });

  test('a review that StepFun’s 451 stands for is a filter', async () => {
    const filtered = await ask('stepfun', {}, { status: 451, error: { message: 'not allowed' } });
    assert.equal((await record(filtered.headers)).error, 'content_filtered');
    assert.equal(upstream.requests.length, 1);
  });

  test('Qianfan is told which application pays', async () => {
    await ask('qianfan');
    assert.equal(upstream.requests[0]?.headers['appid'], 'app-1');
  });

  test('Baichuan has no role «developer»', async () => {
    await ask('baichuan', {
      messages: [
        { role: 'developer', content: 'd' },
        { role: 'user', content: 'q' },
      ],
    });
    assert.equal(sent().messages[0].role, 'system');
  });
});
