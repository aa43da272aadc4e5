import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  authHeaders,
  chatUrl,
  createProvider,
  discoverProviders,
  failureHint,
  findVendor,
  listedModels,
  type Provider,
  type ProviderSettings,
  serviceUrl,
} from '../../src/providers/index.ts';

const ids = [
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

function provider(settings: Omit<ProviderSettings, 'id'>): Provider {
  return createProvider({ id: 'p', apiKey: 'key-0123456789', ...settings });
}

function address(settings: Omit<ProviderSettings, 'id'>): string {
  const made = provider(settings);
  return chatUrl(made, made.wires[0]!, { model: 'm', stream: true }).href;
}

test('mainland and international sites have their own addresses', () => {
  const cases: [string, string, string][] = [
    ['moonshot', 'cn', 'https://api.moonshot.cn/v1/chat/completions'],
    ['moonshot', 'global', 'https://api.moonshot.ai/v1/chat/completions'],
    ['zhipu', 'cn', 'https://open.bigmodel.cn/api/paas/v4/chat/completions'],
    ['zhipu', 'global', 'https://api.z.ai/api/paas/v4/chat/completions'],
    ['minimax', 'cn', 'https://api.minimaxi.com/v1/chat/completions'],
    ['minimax', 'global', 'https://api.minimax.io/v1/chat/completions'],
    ['qianfan', 'cn', 'https://qianfan.baidubce.com/v2/chat/completions'],
    ['qianfan', 'global', 'https://api.baiduqianfan.ai/v1/chat/completions'],
    ['siliconflow', 'cn', 'https://api.siliconflow.cn/v1/chat/completions'],
    ['siliconflow', 'global', 'https://api.siliconflow.com/v1/chat/completions'],
    ['stepfun', 'cn', 'https://api.stepfun.com/v1/chat/completions'],
    ['stepfun', 'global', 'https://api.stepfun.ai/v1/chat/completions'],
    ['volcengine', 'cn-beijing', 'https://ark.cn-beijing.volces.com/api/v3/chat/completions'],
    ['volcengine', 'ap-southeast', 'https://ark.ap-southeast.bytepluses.com/api/v3/chat/completions'],
    ['hunyuan', 'cn', 'https://api.hunyuan.cloud.tencent.com/v1/chat/completions'],
    ['baichuan', 'cn', 'https://api.baichuan-ai.com/v1/chat/completions'],
    ['spark', 'cn', 'https://spark-api-open.xf-yun.com/v1/chat/completions'],
  ];
  for (const [vendor, region, expected] of cases) assert.equal(address({ vendor, region }), expected);
});

test('a mount of the Messages API stands where the vendor put it, and is spoken only when it is named', () => {
  const cases: [string, string | undefined, string, 'authorization' | 'x-api-key'][] = [
    ['deepseek', undefined, 'https://api.deepseek.com/anthropic/v1/messages', 'x-api-key'],
    ['dashscope', 'cn-beijing', 'https://dashscope.aliyuncs.com/apps/anthropic/v1/messages', 'x-api-key'],
    ['zhipu', 'global', 'https://api.z.ai/api/anthropic/v1/messages', 'x-api-key'],
    ['minimax', 'cn', 'https://api.minimaxi.com/anthropic/v1/messages', 'authorization'],
    ['moonshot', 'global', 'https://api.moonshot.ai/anthropic/v1/messages', 'authorization'],
    [
      'volcengine',
      'cn-beijing',
      'https://ark.cn-beijing.volces.com/api/compatible/v1/messages',
      'authorization',
    ],
    ['hunyuan', 'cn', 'https://api.hunyuan.cloud.tencent.com/anthropic/v1/messages', 'x-api-key'],
    ['siliconflow', 'cn', 'https://api.siliconflow.cn/v1/messages', 'authorization'],
  ];
  for (const [vendor, region, expected, header] of cases) {
    assert.deepEqual(
      provider({ vendor, region }).wires.map((wire) => wire.dialect),
      ['openai-chat'],
      vendor,
    );
    const named = provider({ vendor, region, dialect: 'anthropic-messages' });
    const wire = named.wires[0]!;
    assert.equal(chatUrl(named, wire, { model: 'm', stream: false }).href, expected);
    assert.equal(Object.keys(authHeaders(wire, named.keys[0]))[0], header, vendor);
    assert.equal(wire.headers['anthropic-version'], '2023-06-01');
  }
});

test('what a vendor is particular about in chat completions does not follow onto its other mounts', () => {
  const [wire] = provider({ vendor: 'minimax', dialect: 'anthropic-messages' }).wires;
  const quirks = { ...findVendor('minimax')!.quirks, ...wire!.quirks };
  assert.deepEqual(
    [quirks.extraBody, quirks.systemRole, quirks.maxTokensField],
    [undefined, undefined, 'max_tokens'],
  );
});

test('services stand beside chat', () => {
  const cases: [string, 'embeddings' | 'rerank' | 'completions', string][] = [
    ['dashscope', 'embeddings', 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1/embeddings'],
    ['dashscope', 'rerank', 'https://dashscope-intl.aliyuncs.com/compatible-api/v1/reranks'],
    ['deepseek', 'completions', 'https://api.deepseek.com/beta/completions'],
    ['qianfan', 'rerank', 'https://qianfan.baidubce.com/v2/rerank'],
    ['siliconflow', 'rerank', 'https://api.siliconflow.com/v1/rerank'],
    ['hunyuan', 'embeddings', 'https://api.hunyuan.cloud.tencent.com/v1/embeddings'],
  ];
  for (const [vendor, name, expected] of cases) {
    const made = provider({ vendor });
    assert.equal(serviceUrl(made, made.vendor.services![name]!, 'm').href, expected);
  }
});

test('an application id is a header where the operator gives one, and nothing where not', () => {
  assert.deepEqual(provider({ vendor: 'qianfan' }).wires[0]!.headers, {});
  assert.deepEqual(provider({ vendor: 'qianfan', parameters: { appid: 'app-1' } }).wires[0]!.headers, {
    appid: 'app-1',
  });
  assert.throws(
    () => provider({ vendor: 'qianfan', parameters: { appid: 'a\r\nb' } }),
    /parameters\.appid must be letters/,
  );
});

test('the key of a vendor whose key has two halves is sent as it was given', () => {
  const made = createProvider({ id: 's', vendor: 'spark', apiKey: 'key123456:secret123456' });
  assert.deepEqual(authHeaders(made.wires[0]!, made.keys[0]), {
    authorization: 'Bearer key123456:secret123456',
  });
});

test('the variable that holds a key tells whose site it is of', () => {
  const region = (env: { [name: string]: string }) => discoverProviders((name) => env[name])[0]?.region;
  assert.equal(region({ ZHIPUAI_API_KEY: 'k' }), 'cn');
  assert.equal(region({ ZAI_API_KEY: 'k' }), 'global');
  assert.equal(region({ MINIMAX_API_KEY: 'k' }), undefined);
  assert.equal(region({ MINIMAX_CN_API_KEY: 'k' }), 'cn');
  assert.equal(region({ ZHIPUAI_API_KEY: 'k', ZAI_BASE_URL: 'http://127.0.0.1:9/v1' }), undefined);
});

test('each of them is found by its own variables', () => {
  for (const id of ids) {
    for (const variable of findVendor(id)!.keyVariables) {
      assert.deepEqual(
        discoverProviders((name) => (name === variable ? 'k' : undefined)).map((found) => found.vendor),
        [id],
      );
    }
  }
});

test('a key of the wrong site is explained by the sites there are', () => {
  for (const vendor of ['moonshot', 'zhipu', 'minimax', 'siliconflow', 'stepfun']) {
    assert.match(failureHint(findVendor(vendor)!, { status: 401 }) ?? '', /«global».*«cn»/, vendor);
  }
});

test('a listing is read without the models that are gone', () => {
  const listing = {
    object: 'list',
    data: [
      { id: 'doubao-pro-32k-240828', status: 'Shutdown' },
      { id: 'doubao-seed-1-6-251015' },
      { id: 'doubao-seed-1-6-250615', status: 'Retiring' },
      { id: 'doubao-seed-1-6-251015' },
      { id: 'has space' },
      { name: 'no id' },
      'text',
    ],
  };
  assert.deepEqual(listedModels(findVendor('volcengine')!, listing), [
    'doubao-seed-1-6-251015',
    'doubao-seed-1-6-250615',
  ]);
  assert.deepEqual(listedModels({}, listing)[0], 'doubao-pro-32k-240828');
  for (const odd of [undefined, null, 'text', [], {}, { data: 'x' }]) {
    assert.deepEqual(listedModels({}, odd), []);
  }
});
