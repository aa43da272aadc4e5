import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { importConfig, importedYaml } from '../../../src/server/index.ts';
import { startFakeUpstream } from '../../support/fake-upstream.ts';
import { startYumen } from '../../support/start-yumen.ts';
import { advice, allText, imported, said } from './import-check.ts';

const cluster = parse(`
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: azure/gpt-4o-eu
      api_base: https://acme-eu.openai.azure.com/
      api_key: os.environ/AZURE_KEY_EU
      api_version: "2024-10-21"
      rpm: 600
  - model_name: gpt-4o
    litellm_params: { model: azure/gpt-4o-us, api_base: "https://acme-us.openai.azure.com", api_key: 0123456789abcdefABCDEF, rpm: 300 }
  - model_name: claude
    litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: sk-ant-api03-AAAABBBBCCCC }
    model_info: { input_cost_per_token: 0.000003, output_cost_per_token: 1.5e-05, cache_read_input_token_cost: 3e-07 }
  - model_name: qwen
    litellm_params: { model: openai/qwen-plus, api_base: "https://dashscope.aliyuncs.com/compatible-mode/v1", api_key: os.environ/DASHSCOPE_API_KEY, temperature: 0.2 }
  - model_name: local
    litellm_params: { model: hosted_vllm/Qwen/Qwen2.5-72B-Instruct, api_base: "http://10.0.0.5:8000/v1", api_key: none }
  - model_name: bed
    litellm_params: { model: bedrock/converse/us.anthropic.claude-sonnet-4-5-20250929-v1:0, aws_region_name: us-west-2 }
  - model_name: text-embedding-3-small
    litellm_params: { model: openai/text-embedding-3-small }
    model_info: { mode: embedding }
  - model_name: "openai/*"
    litellm_params: { model: "openai/*" }
  - model_name: weird
    litellm_params: { model: predibase/llama }
router_settings:
  routing_strategy: simple-shuffle
  num_retries: 2
  timeout: 30
  allowed_fails: 3
  fallbacks: [{ gpt-4o: [claude, qwen] }, { claude: [absent] }]
  model_group_alias: { gpt-4-classic: claude }
litellm_settings: { drop_params: true, cache: true }
general_settings: { master_key: sk-1234567890, database_url: "postgresql://u:p4ssw0rd!@db/litellm" }
`);

test('entries of one model_name become deployments of one model, with limits and weights by rate', () => {
  const { config } = imported('litellm', cluster);
  const gpt = config.deployments!.filter(({ model }) => model === 'gpt-4o');
  assert.deepEqual(
    gpt.map(({ name, weight, limits }) => ({ name, weight, limits })),
    [
      { name: 'gpt-4o-eu', weight: 600, limits: { requests_per_minute: 600 } },
      { name: 'gpt-4o-us', weight: 300, limits: { requests_per_minute: 300 } },
    ],
  );
  assert.equal(config.balance, 'weight');
});

test('a base URL says which vendor and region it is, whatever the prefix', () => {
  const { config } = imported('litellm', cluster);
  const place = (id: string) => config.providers.find((each) => each.id === id);
  assert.deepEqual(place('dashscope'), {
    id: 'dashscope',
    vendor: 'dashscope',
    region: 'cn-beijing',
    api_key: '${DASHSCOPE_API_KEY}',
  });
  assert.deepEqual(place('azure-openai-acme-eu')?.parameters, { resource: 'acme-eu' });
  assert.deepEqual(place('vllm'), { id: 'vllm', vendor: 'vllm', base_url: 'http://10.0.0.5:8000/v1' });
  assert.equal(place('bedrock')?.region, 'us-west-2');
});

test('prices are per million tokens, and exact', () => {
  const { config } = imported('litellm', cluster);
  assert.deepEqual(config.deployments!.find(({ provider }) => provider === 'anthropic')?.price, {
    input: 3,
    output: 15,
    cache_read: 0.3,
  });
});

test('fallbacks and other names become routes that observe, with the source’s first as reference', () => {
  const result = imported('litellm', cluster);
  const { routes } = result.config;
  assert.deepEqual(routes!['gpt-4o-auto'], {
    reference: 'azure-openai-acme-eu/gpt-4o',
    candidates: [
      'azure-openai-acme-eu/gpt-4o',
      'azure-openai-acme-us/gpt-4o',
      'anthropic/claude-sonnet-4-5',
      'dashscope/qwen-plus',
    ],
    mode: 'observe',
  });
  assert.equal(routes!['gpt-4-classic']!.reference, 'anthropic/claude-sonnet-4-5');
  assert.ok(result.report.notes.some((note) => note.startsWith('Every route observes')));
  assert.match(advice(result, 'router_settings.fallbacks[1].claude'), /«absent» is not among/);
});

test('what has no equivalent is reported by its path, with what to do instead', () => {
  const result = imported('litellm', cluster);
  for (const [path, says] of [
    ['model_list[0].litellm_params.api_version', /v1 API/],
    ['model_list[3].litellm_params.temperature', /with the request/],
    ['router_settings.allowed_fails', /circuit breaker/],
    ['litellm_settings.cache', /not cached/],
    ['general_settings.master_key', /YUMEN_ADMIN_KEY/],
    ['general_settings.database_url', /embedded store/],
  ] as const)
    assert.match(advice(result, path), says);
  assert.match(said(result, 'model_list[8]'), /^Left out: «predibase»/);
  assert.match(said(result, 'model_list[7]'), /^provider openai\n/);
  assert.deepEqual(
    [result.config.limits, result.config.timeouts],
    [{ attempts_max: 3 }, { total_ms: 30_000 }],
  );
});

test('each secret is a variable, each reference keeps its name, and no value is in the result', () => {
  const result = imported('litellm', cluster);
  const text = allText(result);
  for (const secret of ['0123456789abcdefABCDEF', 'sk-ant-api03', 'sk-1234567890', 'p4ssw0rd', 'YUMENSECRET'])
    assert.ok(!text.includes(secret), secret);
  const sources = Object.fromEntries(result.variables.map(({ name, source }) => [name, source]));
  assert.deepEqual(sources, {
    AZURE_KEY_EU: 'reference',
    AZURE_OPENAI_API_KEY: 'literal',
    ANTHROPIC_API_KEY: 'literal',
    DASHSCOPE_API_KEY: 'reference',
    AWS_ACCESS_KEY_ID: 'absent',
    AWS_SECRET_ACCESS_KEY: 'absent',
    OPENAI_API_KEY: 'absent',
  });
});

test('keys that serve the same are one provider with several, each with its share and limits', () => {
  const { config } = imported('litellm', {
    model_list: ['sk-first-0123456789', 'sk-second-0123456789'].map((api_key, index) => ({
      model_name: 'gpt-4o',
      litellm_params: { model: 'gpt-4o', api_key, weight: index + 1, tpm: 1000 },
    })),
  });
  assert.deepEqual(config.providers, [
    {
      id: 'openai',
      vendor: 'openai',
      api_keys: [
        { key: '${OPENAI_API_KEY}', weight: 1, limits: { tokens_per_minute: 1000 } },
        { key: '${OPENAI_API_KEY_2}', weight: 2, limits: { tokens_per_minute: 1000 } },
      ],
    },
  ]);
  assert.deepEqual(config.deployments, [{ model: 'gpt-4o', provider: 'openai', name: 'gpt-4o', weight: 3 }]);
});

test('a name for several models becomes a route over them, the lowest order first', () => {
  const { config } = imported('litellm', {
    model_list: [
      { model_name: 'smart', litellm_params: { model: 'gemini/gemini-2.5-pro', order: 2 } },
      { model_name: 'smart', litellm_params: { model: 'anthropic/claude-sonnet-4-5', order: 1 } },
    ],
  });
  assert.deepEqual(config.routes, {
    smart: {
      reference: 'anthropic/claude-sonnet-4-5',
      candidates: ['anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-pro'],
      mode: 'observe',
    },
  });
});

test('every prefix that is named leads to a provider that can be made', () => {
  const prefixes = [
    'openai',
    'azure',
    'anthropic',
    'gemini',
    'vertex_ai',
    'bedrock',
    'bedrock/converse',
    'deepseek',
    'dashscope',
    'moonshot',
    'zai',
    'minimax',
    'volcengine',
    'mistral',
    'xai',
    'cohere',
    'groq',
    'together_ai',
    'fireworks_ai',
    'openrouter',
    'ollama',
    'hosted_vllm',
    'lm_studio',
    'xinference',
    'perplexity',
  ];
  const result = imported('litellm', {
    model_list: prefixes.map((prefix, index) => ({
      model_name: `m${index}`,
      litellm_params: { model: `${prefix}/some-model-${index}` },
    })),
  });
  for (const { path, became } of result.report.entries) assert.notDeepEqual(became, [], path);
});

test('a hostile file is imported as far as it makes sense, and never crashes', () => {
  const cyclic: { [name: string]: unknown } = {
    model_name: 'loop',
    litellm_params: { model: 'openai/gpt-4o' },
  };
  cyclic['self'] = cyclic;
  const result = importConfig(
    'litellm',
    {
      model_list: [
        null,
        7,
        'text',
        [],
        {},
        { model_name: 'a' },
        { model_name: {}, litellm_params: { model: [] } },
        { model_name: '__proto__', litellm_params: { model: 'constructor/toString' } },
        {
          model_name: 'x',
          litellm_params: { model: 'openai/x', api_base: 'not a url', rpm: -1, weight: 'heavy' },
        },
        { model_name: 'y', litellm_params: { model: 'openai/y', api_base: 'https://evil.example/${HOME}' } },
        { model_name: 'z'.repeat(5000), litellm_params: { model: `openai/${'z'.repeat(5000)}` } },
        {
          model_name: 'esc\u001b[31m',
          litellm_params: { model: 'openai/gpt-4o' },
          model_info: { input_cost_per_token: 'free', output_cost_per_token: 1e9 },
        },
        cyclic,
      ],
      router_settings: {
        fallbacks: 'none',
        routing_strategy: 5,
        model_group_alias: ['x'],
        num_retries: 1e300,
      },
      litellm_settings: 'x',
      general_settings: [],
    },
    'gateway',
  );
  assert.deepEqual(result.report.problems, []);
  assert.equal(result.report.entries.length, 13);
  const text = allText(result);
  assert.ok(!text.includes('${HOME}') && !text.includes('\u001b'));
  assert.match(advice(result, 'model_list[12].self'), /within itself/);
});

test('what is not such a file is refused with a sentence', () => {
  for (const document of [null, 'text', [], { models: [] }])
    assert.throws(() => importConfig('litellm', document, 'x'), /model_list|mapping/);
  const none = importConfig('litellm', { model_list: [] }, 'x');
  assert.match(none.report.problems[0]!, /Nothing could be imported/);
});

const key = fc
  .stringMatching(/^[A-Za-z0-9_+/=.-]{8,40}$/)
  .filter((text) => /\d/.test(text) && !/^\.+/.test(text))
  .map((text) => `k9${text}`);

test('no key of the source is anywhere in the result, wherever else the source repeats it', () => {
  fc.assert(
    fc.property(
      fc.array(key, { minLength: 1, maxLength: 6 }),
      fc.constantFrom('openai', 'azure', 'bedrock', 'vertex_ai', 'nonsense'),
      (keys, prefix) => {
        const result = importConfig(
          'litellm',
          {
            model_list: keys.map((secret, index) => ({
              model_name: index % 2 === 0 ? `name-${secret}` : 'plain',
              litellm_params: {
                model: `${prefix}/${index % 3 === 0 ? secret : 'gpt-4o'}`,
                api_key: secret,
                api_base: `https://user:${encodeURIComponent(secret)}@host.example/${encodeURIComponent(secret)}/v1?api-key=${encodeURIComponent(secret)}`,
                aws_secret_access_key: secret,
                vertex_credentials: JSON.stringify({ private_key: secret }),
                [secret]: secret,
              },
            })),
            environment_variables: Object.fromEntries(
              keys.map((secret, index) => [`TOKEN_${index}`, secret]),
            ),
            general_settings: { master_key: keys[0], note: `do not tell ${keys[0]}` },
          },
          `file`,
        );
        const text = allText(result);
        for (const secret of keys) {
          assert.ok(!text.includes(secret));
          assert.ok(!text.includes(encodeURIComponent(secret)));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('an imported configuration serves: a request goes to the api_base of the source', async () => {
  const upstream = await startFakeUpstream({ dialect: 'openai-chat', apiKey: 'sk-house-0123456789' });
  const result = imported('litellm', {
    model_list: [
      {
        model_name: 'house',
        litellm_params: {
          model: 'openai/house-7b',
          api_base: upstream.baseUrl,
          api_key: 'sk-house-0123456789',
        },
      },
    ],
  });
  // The operator sets the variable; the test writes its value instead.
  const yaml = importedYaml(result).replaceAll('${OPENAI_COMPATIBLE_API_KEY}', 'sk-house-0123456789');
  const gateway = await startYumen(yaml);
  try {
    const response = await gateway.post('/v1/chat/completions', {
      model: 'house',
      messages: [{ role: 'user', content: 'hi' }],
    });
    assert.equal(response.status, 200, await response.text());
    assert.equal(response.headers.get('x-yumen-deployment'), 'openai-compatible/house');
    const [request] = upstream.requests;
    assert.match(JSON.stringify(request), /house-7b/);
  } finally {
    await gateway.close();
    await upstream.close();
  }
});

test('the id of an access key is a credential like its secret, whatever its form', () => {
  const result = importConfig(
    'litellm',
    {
      model_list: [
        {
          model_name: 'bed',
          litellm_params: {
            model: 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
            aws_access_key_id: 'AccessOfTheTest01',
            aws_secret_access_key: 'SecretOfTheTest01',
          },
        },
      ],
    },
    'file',
  );
  assert.ok(!/OfTheTest/.test(allText(result)));
  assert.ok(result.variables.some(({ name }) => name === 'AWS_ACCESS_KEY_ID'));
});
