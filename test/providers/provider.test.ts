import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  authHeaders,
  chatUrl,
  createProvider,
  discoverProviders,
  engines,
  modelsUrl,
  type ProviderSettings,
} from '../../src/providers/index.ts';

const key = 'sk-test-0123456789';

function chatAddress(settings: Omit<ProviderSettings, 'id'>): string {
  return chatUrl(createProvider({ id: 'p', apiKey: key, ...settings })).href;
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
      processing: 'DE',
      storage: 'DE',
    }),
    ['eu', 'DE', 'DE'],
  );
});

test('createProvider() says what would make wrong settings right', () => {
  const cases: [Partial<ProviderSettings>, RegExp][] = [
    [{ id: 'a/b' }, /without a slash/],
    [{ vendor: 'acme' }, /no vendor «acme»; known vendors: openai, anthropic/],
    [{ vendor: 'dashscope', region: 'mars' }, /has no region «mars»; use one of ap-southeast-1, cn-beijing/],
    [
      { vendor: 'dashscope', region: 'eu-central-1' },
      /give base_url: https:\/\/<workspace id>\.eu-central-1/,
    ],
    [{ vendor: 'openai-compatible' }, /give its base_url/],
    [{ vendor: 'sandbox' }, /give its base_url/],
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
  const headers = (settings: Omit<ProviderSettings, 'id'>) =>
    authHeaders(createProvider({ id: 'p', ...settings }));
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

test('discoverProviders() reads the usual variables from the environment it is given', () => {
  assert.deepEqual(discoverProviders({}), []);
  assert.deepEqual(discoverProviders({ OPENAI_API_KEY: '', DEEPSEEK_API_KEY: '  ' }), []);
  const found = discoverProviders({
    OPENAI_API_KEY: 'a',
    ANTHROPIC_API_KEY: 'b',
    ANTHROPIC_BASE_URL: 'https://proxy.example',
    DASHSCOPE_API_KEY: 'c',
    DASHSCOPE_BASE_URL: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
    OPENAI_COMPATIBLE_BASE_URL: 'http://10.0.0.9/v1',
    OPENAI_BASE_URL: undefined,
  });
  assert.deepEqual(
    found.map((settings) => settings.id),
    ['openai', 'anthropic', 'dashscope', 'openai-compatible'],
  );
  const providers = found.map(createProvider);
  assert.equal(providers[1]?.baseUrl, 'https://proxy.example/v1');
  assert.equal(providers[2]?.region, 'cn-beijing');
});

test('engines have loopback addresses of their own', () => {
  assert.equal(new Set(engines.map((engine) => engine.baseUrl)).size, engines.length);
  for (const engine of engines) {
    assert.equal(createProvider({ id: engine.id, vendor: engine.id }).processing, 'local');
    assert.equal(new URL(engine.baseUrl).hostname, '127.0.0.1');
  }
});
