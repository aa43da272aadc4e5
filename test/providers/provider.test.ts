import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  authHeaders,
  chatUrl,
  createProvider,
  modelsUrl,
  type ProviderSettings,
  providerFor,
  type ServiceName,
  serviceUrl,
} from '../../src/providers/index.ts';

const key = 'sk-test-0123456789';

function chatAddress(settings: Omit<ProviderSettings, 'id'>): string {
  const provider = createProvider({ id: 'p', apiKey: key, ...settings });
  return chatUrl(provider, provider.wires[0]!, { model: 'm', stream: false }).href;
}

test('createProvider() knows where each vendor answers', () => {
  const cases: [Omit<ProviderSettings, 'id'>, string][] = [
    [{ vendor: 'openai' }, 'https://api.openai.com/v1/chat/completions'],
    [{ vendor: 'anthropic' }, 'https://api.anthropic.com/v1/messages'],
    [
      { vendor: 'anthropic', baseUrl: 'https://proxy.example/claude/' },
      'https://proxy.example/claude/v1/messages',
    ],
    [{ vendor: 'anthropic', baseUrl: 'http://127.0.0.1:9/v1' }, 'http://127.0.0.1:9/v1/messages'],
    [{ vendor: 'deepseek' }, 'https://api.deepseek.com/v1/chat/completions'],
    [{ vendor: 'dashscope' }, 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions'],
    [
      { vendor: 'dashscope', region: 'cn-beijing' },
      'https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions',
    ],
    [
      { vendor: 'dashscope', region: 'us-east-1' },
      'https://dashscope-us.aliyuncs.com/compatible-mode/v1/chat/completions',
    ],
    [
      { vendor: 'openai-compatible', baseUrl: 'https://open.bigmodel.cn/api/paas/v4/' },
      'https://open.bigmodel.cn/api/paas/v4/chat/completions',
    ],
    [{ vendor: 'vllm', baseUrl: 'http://10.0.0.5:8000' }, 'http://10.0.0.5:8000/v1/chat/completions'],
    [{ vendor: 'ollama' }, 'http://127.0.0.1:11434/v1/chat/completions'],
    // However much of the version path an address already has.
    ...[
      'https://r.openai.azure.com',
      'https://r.openai.azure.com/openai',
      'https://r.openai.azure.com/openai/v1/',
    ].map((baseUrl): [Omit<ProviderSettings, 'id'>, string] => [
      { vendor: 'azure-openai', baseUrl },
      'https://r.openai.azure.com/openai/v1/chat/completions',
    ]),
  ];
  for (const [settings, address] of cases) assert.equal(chatAddress(settings), address);
});

test('createProvider() records where data is processed and where it is stored', () => {
  const place = (settings: Omit<ProviderSettings, 'id'>) => {
    const { region, processing, storage } = createProvider({ id: 'p', apiKey: key, ...settings });
    return [region, processing, storage];
  };
  assert.deepEqual(place({ vendor: 'dashscope' }), ['ap-southeast-1', 'global-except-cn', 'SG']);
  assert.deepEqual(place({ vendor: 'dashscope', region: 'cn-beijing' }), ['cn-beijing', 'CN', 'CN']);
  assert.deepEqual(place({ vendor: 'dashscope', region: 'us-east-1' }), ['us-east-1', 'global', 'US']);
  const workspace = 'https://ws1.eu-central-1.maas.aliyuncs.com/compatible-mode/v1';
  assert.deepEqual(place({ vendor: 'dashscope', region: 'eu-central-1', baseUrl: workspace }), [
    'eu-central-1',
    'global',
    'DE',
  ]);
  assert.deepEqual(place({ vendor: 'dashscope', baseUrl: 'https://proxy.example/v1' }), [
    undefined,
    undefined,
    undefined,
  ]);
  // The price of a proxied OpenAI is known, its place is not.
  assert.deepEqual(place({ vendor: 'openai', baseUrl: 'https://proxy.example/v1' }), [
    'global',
    undefined,
    undefined,
  ]);
  assert.deepEqual(place({ vendor: 'vllm', baseUrl: 'http://10.0.0.5:8000', region: 'on-prem' }), [
    'on-prem',
    'on-prem',
    'on-prem',
  ]);
  assert.deepEqual(place({ vendor: 'openai-compatible', baseUrl: 'https://host.example/v1' }), [
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual(place({ vendor: 'openai-compatible', baseUrl: 'http://localhost:1/v1' }), [
    undefined,
    'local',
    'local',
  ]);
  assert.deepEqual(
    place({
      vendor: 'openai',
      baseUrl: 'https://eu.example/v1',
      region: 'eu',
      endpoint: { processing: 'DE', storage: 'DE' },
    }),
    ['eu', 'DE', 'DE'],
  );
});

test('createProvider() says what would make wrong settings right', () => {
  const cases: [Partial<ProviderSettings>, RegExp][] = [
    [{ id: 'a/b' }, /without a slash/],
    [{ vendor: 'acme' }, /no vendor «acme»; known vendors: openai, anthropic/],
    [{ vendor: 'dashscope', region: 'mars' }, /has no region «mars»; use one of ap-southeast-1, cn-beijing/],
    [{ vendor: 'dashscope', region: 'eu-central-1' }, /give parameters\.workspace \(the workspace id\)/],
    [{ vendor: 'openai-compatible' }, /give its base_url/],
    [{ vendor: 'sandbox' }, /give its base_url/],
    [{ vendor: 'bedrock' }, /none by default; give region, one of us-east-1, us-east-2/],
    [
      { vendor: 'bedrock', region: 'eu-central-1', apiKey: undefined },
      /needs an api_key \(or the variable AWS_BEARER_TOKEN_BEDROCK\), or aws with access_key_id/,
    ],
    [{ vendor: 'azure-openai' }, /give parameters\.resource \(the name of the Azure resource/],
    [{ vendor: 'vertex', region: 'europe-west4' }, /give parameters\.project/],
    [{ apiKey: undefined }, /needs an api_key \(or the variable OPENAI_API_KEY\)/],
    [{ apiKey: 'sk-line1\nline2' }, /copied whole/],
    [{ baseUrl: 'api.example.com' }, /write it like https:\/\/host\/v1/],
    [{ baseUrl: 'ftp://host/v1' }, /must begin with http/],
    [{ baseUrl: 'https://user:pass@host/v1' }, /must not contain credentials/],
    [{ baseUrl: 'https://host/v1?key=1' }, /query/],
  ];
  for (const [settings, message] of cases) {
    assert.throws(
      () => createProvider({ id: 'p', vendor: 'openai', apiKey: key, ...settings }),
      (error: unknown) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, message);
        assert.ok(
          !error.message.includes('line2') && !error.message.includes('pass@'),
          'no secret in a message',
        );
        return true;
      },
    );
  }
});

test('authHeaders() carries the key as the vendor wants it, and nothing without one', () => {
  const headers = (settings: Omit<ProviderSettings, 'id'>) => {
    const { wires, keys } = createProvider({ id: 'p', ...settings });
    return authHeaders(wires[0]!, keys[0]);
  };
  assert.deepEqual(headers({ vendor: 'openai', apiKey: ` ${key}\n` }), { authorization: `Bearer ${key}` });
  assert.deepEqual(headers({ vendor: 'anthropic', apiKey: key }), { 'x-api-key': key });
  assert.deepEqual(headers({ vendor: 'vllm', baseUrl: 'http://127.0.0.1:8000' }), {});
  assert.equal(
    createProvider({ id: 'p', vendor: 'anthropic', apiKey: key }).vendor.headers['anthropic-version'],
    '2023-06-01',
  );
});

test('modelsUrl() is the address that lists models', () => {
  assert.equal(
    modelsUrl(createProvider({ id: 'p', vendor: 'ollama' }))?.href,
    'http://127.0.0.1:11434/v1/models',
  );
});

test('providerFor() reads the place from the model’s name where that says more than the region', () => {
  const bedrock = createProvider({ id: 'b', vendor: 'bedrock', region: 'eu-central-1', apiKey: key });
  const cases: [string, string | undefined][] = [
    ['anthropic.claude-sonnet-4-5-20250929-v1:0', 'DE'],
    ['eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 'EU'],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'US'],
    ['global.anthropic.claude-sonnet-4-5-20250929-v1:0', 'global'],
    ['apac.amazon.nova-pro-v1:0', undefined],
    ['arn:aws:bedrock:eu-central-1:1:inference-profile/eu.amazon.nova-pro-v1:0', 'EU'],
    ['arn:aws:bedrock:eu-central-1:1:application-inference-profile/a1b2', undefined],
  ];
  for (const [model, place] of cases) assert.equal(providerFor(bedrock, model).processing, place, model);
});

test('providerFor() speaks with a model in the way that claims it, and with the others as ever', () => {
  const settings = { id: 'v', vendor: 'vertex', parameters: { project: 'p1' } };
  const dialects = (made: ReturnType<typeof createProvider>, model: string) =>
    providerFor(made, model).wires.map(({ dialect }) => dialect);
  const vertex = createProvider(settings);
  assert.deepEqual(dialects(vertex, 'gemini-3.8-flash'), ['gemini']);
  assert.deepEqual(dialects(vertex, 'claude-sonnet-4-5@20250929'), ['anthropic-messages']);
  assert.deepEqual(dialects(vertex, 'meta/llama-3.3-70b-instruct-maas'), ['openai-chat']);
  const claude = providerFor(vertex, 'claude-sonnet-4-5@20250929');
  assert.equal(claude.quirks.reasoningControl, 'adaptive-thinking', 'which the catalogue may overrule');
  assert.deepEqual(claude.quirks.extraBody, { anthropic_version: 'vertex-2023-10-16' });
  assert.equal(claude.wires[0]?.quirks, undefined);
  const named = createProvider({ ...settings, dialect: 'openai-chat' });
  assert.deepEqual(dialects(named, 'google/gemini-3.8-flash'), ['openai-chat']);
  assert.deepEqual(dialects(named, 'claude-sonnet-5'), ['openai-chat'], 'the operator’s word counts for all');
  const openai = createProvider({ id: 'o', vendor: 'openai', apiKey: key });
  assert.deepEqual(dialects(openai, 'gpt-4o'), ['openai-chat', 'openai-responses']);
});

test('clouds and mounts are addressed as their documentation says', () => {
  const address = (settings: Omit<ProviderSettings, 'id'>, stream: boolean, model = 'm-1') => {
    const provider = createProvider({ id: 'p', ...settings });
    return chatUrl(provider, provider.wires[0]!, { model, stream }).href;
  };
  const vertex = { vendor: 'vertex', parameters: { project: 'p1' } };
  const inUs = 'https://us-east5-aiplatform.googleapis.com/v1/projects/p1/locations/us-east5';
  const gemini = { vendor: 'gemini', apiKey: key };
  const bedrock = { vendor: 'bedrock', region: 'us-west-2', apiKey: key };
  const cases: [string, string][] = [
    [
      address({ ...vertex, region: 'us-east5' }, false),
      `${inUs}/publishers/google/models/m-1:generateContent`,
    ],
    [
      address({ ...vertex, region: 'us-east5', dialect: 'anthropic-messages' }, true),
      `${inUs}/publishers/anthropic/models/m-1:streamRawPredict`,
    ],
    [
      address({ ...vertex, region: 'eu' }, true),
      'https://aiplatform.eu.rep.googleapis.com/v1/projects/p1/locations/eu/publishers/google/models/m-1:streamGenerateContent?alt=sse',
    ],
    [
      address(gemini, true),
      'https://generativelanguage.googleapis.com/v1beta/models/m-1:streamGenerateContent?alt=sse',
    ],
    [
      address({ ...gemini, dialect: 'openai-chat' }, true),
      'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
    ],
    [
      address(bedrock, true, 'us.amazon.nova-pro-v1:0'),
      'https://bedrock-runtime.us-west-2.amazonaws.com/model/us.amazon.nova-pro-v1%3A0/converse-stream',
    ],
    [
      address({ ...bedrock, dialect: 'anthropic-messages' }, true),
      'https://bedrock-runtime.us-west-2.amazonaws.com/anthropic/v1/messages',
    ],
    [
      address({ ...bedrock, dialect: 'openai-responses' }, false),
      'https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1/responses',
    ],
    [
      address({ vendor: 'azure-openai', apiKey: key, parameters: { resource: 'r1' } }, true),
      'https://r1.openai.azure.com/openai/v1/chat/completions',
    ],
    [
      address({ vendor: 'openrouter', apiKey: key, dialect: 'anthropic-messages' }, true),
      'https://openrouter.ai/api/v1/messages',
    ],
    [
      address({ vendor: 'fireworks', apiKey: key, dialect: 'anthropic-messages' }, false),
      'https://api.fireworks.ai/inference/v1/messages',
    ],
  ];
  for (const [actual, expected] of cases) assert.equal(actual, expected);
});

test('services beside chat are addressed under the base URL, or under a path of their own', () => {
  const address = (vendor: string, service: ServiceName) => {
    const provider = createProvider({ id: 'p', vendor, apiKey: key });
    return serviceUrl(provider, provider.vendor.services![service]!, 'm').href;
  };
  assert.equal(address('openai', 'embeddings'), 'https://api.openai.com/v1/embeddings');
  assert.equal(address('cohere', 'rerank'), 'https://api.cohere.ai/v2/rerank');
  assert.equal(address('vllm', 'rerank'), 'http://127.0.0.1:8000/v1/rerank');
  assert.equal(
    address('gemini', 'embeddings'),
    'https://generativelanguage.googleapis.com/v1beta/openai/embeddings',
  );
});

test('a model whose name would lead to another path has no address there', () => {
  const azure = createProvider({
    id: 'a',
    vendor: 'azure-openai',
    apiKey: 'k',
    baseUrl: 'https://x.openai.azure.com/openai/v1',
  });
  const service = { path: '/deployments/{model}/images' };
  assert.equal(serviceUrl(azure, service, 'a/../b').pathname, '/openai/v1/deployments/a%2F..%2Fb/images');
  for (const name of ['.', '..']) {
    assert.throws(() => serviceUrl(azure, service, name), { code: 'model_not_found' });
  }
});
