import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { importConfig } from '../../../src/server/index.ts';
import { advice, allText, imported, said } from './import-check.ts';

/** As `GET /api/channel/` of one-api answers, but with keys, as an export of the database has them. */
const oneApi = {
  success: true,
  data: [
    {
      id: 1,
      type: 1,
      key: 'sk-aaaabbbbccccdddd0001\nsk-aaaabbbbccccdddd0002',
      name: 'OpenAI 主账号',
      status: 1,
      base_url: '',
      models: 'gpt-4o,gpt-4o-mini',
      group: 'default,vip',
      priority: 10,
      weight: 5,
      model_mapping: '',
      config: '',
    },
    {
      id: 2,
      type: 1,
      key: 'sk-relay0123456789abcdef',
      name: 'relay',
      status: 1,
      base_url: 'https://relay.example.com',
      models: 'gpt-4o,house-1',
      group: 'default',
      model_mapping: '{"house-1":"house-2"}',
    },
    {
      id: 3,
      type: 17,
      key: 'sk-qwen0123456789',
      name: 'ali',
      status: 1,
      models: 'qwen-plus,gpt-3.5-turbo',
      model_mapping: '{"gpt-3.5-turbo":"qwen-plus"}',
    },
    { id: 4, type: 36, key: 'sk-ds0123456789', name: 'ds', status: 2, models: 'deepseek-chat' },
    {
      id: 5,
      type: 33,
      key: '',
      name: 'aws',
      status: 1,
      models: 'claude-sonnet-4-5',
      config: '{"region":"us-east-1","ak":"AKIAEXAMPLE000001","sk":"wJalrXUtnFEMIK7MDENG"}',
    },
    { id: 6, type: 34, name: 'coze', status: 1, models: 'bot' },
    { id: 7, type: 26, name: 'baichuan', key: 'sk-bc-0123456789', status: 1, models: 'Baichuan4-Turbo' },
  ],
};

/** As new-api pages it: without keys, and with numbers of its own above 25. */
const newApi = {
  success: true,
  data: {
    items: [
      {
        id: 9,
        type: 26,
        key: '',
        name: 'glm',
        status: 1,
        models: 'glm-4.6',
        channel_info: { is_multi_key: false },
        auto_ban: 1,
      },
      {
        id: 10,
        type: 43,
        key: '',
        name: 'ds',
        status: 1,
        models: 'deepseek-chat',
        base_url: 'https://api.deepseek.com',
        tag: 'cheap',
      },
      {
        id: 11,
        type: 45,
        key: '',
        name: 'ark',
        status: 1,
        models: 'doubao-seed-1.6',
        model_mapping: '{"doubao-seed-1.6":"ep-20250101-abcde"}',
      },
      {
        id: 12,
        type: 33,
        key: 'AKIAEXAMPLE000009|wJalrXUtnFEMI0000000|eu-west-1',
        name: 'aws',
        status: 1,
        models: 'claude-sonnet-4-5',
      },
      { id: 13, type: 40, key: '', name: 'sf', status: 3, models: 'Qwen/Qwen3-8B' },
    ],
    total: 5,
  },
};

test('channels become providers with their keys, addresses and models', () => {
  const { config } = imported('one-api', oneApi);
  const place = (id: string) => config.providers.find((each) => each.id === id);
  assert.deepEqual(place('OpenAI')?.api_keys, ['${OPENAI_API_KEY}', '${OPENAI_API_KEY_2}']);
  assert.deepEqual(place('relay'), {
    id: 'relay',
    vendor: 'openai-compatible',
    base_url: 'https://relay.example.com/v1',
    api_key: '${OPENAI_COMPATIBLE_API_KEY}',
  });
  assert.equal(place('ali')?.region, 'cn-beijing');
  assert.equal(place('baichuan')?.vendor, 'baichuan');
  assert.deepEqual(place('aws'), {
    id: 'aws',
    vendor: 'bedrock',
    region: 'us-east-1',
    aws: { access_key_id: '${AWS_ACCESS_KEY_ID}', secret_access_key: '${AWS_SECRET_ACCESS_KEY}' },
  });
});

test('the mapping says what a model is called at the vendor, and a mapped catalogue name becomes a route', () => {
  const { config } = imported('one-api', oneApi);
  const named = config.deployments!.map(({ provider, model, name }) => `${provider} ${model} ${name ?? '–'}`);
  assert.ok(named.includes('relay house-1 house-2'));
  // one-api turns the usual name into the cloud's: ours comes from the catalogue.
  assert.ok(named.includes('aws claude-sonnet-4-5 –'));
  assert.deepEqual(config.routes!['gpt-3.5-turbo'], {
    reference: 'ali/qwen-plus',
    candidates: ['ali/qwen-plus'],
    mode: 'observe',
  });
});

test('disabled and unknown channels are left out, and groups and ranks reported', () => {
  const result = imported('one-api', oneApi);
  assert.match(said(result, 'data[3]'), /disabled/);
  assert.match(said(result, 'data[5]'), /type 34 of one-api/);
  assert.match(advice(result, 'data[0].group'), /--models/);
  assert.match(advice(result, 'data[0].priority'), /without ranks/);
});

test('the numbers of new-api are told from those of one-api by the export, or by the command', () => {
  const result = imported('one-api', newApi);
  const vendors = Object.fromEntries(
    result.config.providers.map(({ id, vendor, region }) => [id, [vendor, region]]),
  );
  assert.deepEqual(vendors, {
    glm: ['zhipu', 'cn'],
    ds: ['deepseek', 'cn'],
    ark: ['volcengine', undefined],
    aws: ['bedrock', 'eu-west-1'],
  });
  assert.match(said(result, 'data.items[0]'), /holds no key/);
  assert.deepEqual(
    result.config.deployments?.find(({ provider }) => provider === 'ark'),
    { model: 'doubao-seed-1.6', provider: 'ark', name: 'ep-20250101-abcde' },
  );
  const bare = [{ type: 26, name: 'x', models: 'glm-4.6' }];
  assert.equal(imported('one-api', bare).config.providers[0]!.vendor, 'baichuan');
  assert.equal(imported('new-api', bare).config.providers[0]!.vendor, 'zhipu');
});

test('2,000 channels are imported: those that differ in the key only share a provider', () => {
  const channels = Array.from({ length: 2000 }, (_, index) => ({
    id: index,
    type: index % 2 === 0 ? 1 : 17,
    key: `sk-channel-${index}-0123456789`,
    name: `c${index}`,
    status: 1,
    models: index % 2 === 0 ? 'gpt-4o,gpt-4o-mini' : `qwen-plus,private-${index % 100}`,
  }));
  const result = imported('one-api', channels);
  assert.equal(result.report.entries.length, 2000);
  assert.ok(result.report.entries.every(({ became }) => became.length === 2));
  assert.equal(result.config.providers.length, 51);
  assert.equal(result.variables.length, 2000);
  assert.ok(!allText(result).includes('sk-channel-'));
});

test('a hostile list is imported as far as it makes sense', () => {
  const result = importConfig(
    'one-api',
    [
      null,
      'x',
      5,
      [],
      {},
      { type: 'openai' },
      { type: 1.5, models: 'x' },
      { type: 1e9, models: 'x' },
      { type: 1, models: {}, name: ['x'] },
      { type: 1, models: ' , ,,', key: 'sk-0123456789ab' },
      { type: 1, models: 'gpt-4o', model_mapping: '{not json', base_url: 'ftp://x', key: ['a'] },
      { type: 41, models: 'm', other: '{"default":{}}', config: '[1,2]' },
      { type: 1, models: 'a b,c#d,e/f', status: '1', weight: -3, priority: 'high', name: '../../etc/passwd' },
    ],
    'x',
  );
  assert.deepEqual(result.report.problems, []);
  assert.equal(result.report.entries.length, 13);
  assert.match(said(result, 'channels[10]'), /not applied|not an address|Left out/);
  for (const document of [null, 'x', 5, {}, { data: {} }, { data: 'x' }])
    assert.throws(() => importConfig('one-api', document, 'x'), /no list of channels/);
});

test('no key of a channel is anywhere in the result', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9_-]{10,40}$/).map((text) => `k7${text}`);
  const channel = fc.record({
    type: fc.constantFrom(1, 3, 8, 14, 15, 17, 18, 23, 33, 41, 42, 50, 999),
    keys: fc.array(secret, { minLength: 1, maxLength: 4 }),
    form: fc.constantFrom('lines', 'json', 'parts', 'config'),
    models: fc.constantFrom('gpt-4o', 'qwen-plus,x', ''),
  });
  fc.assert(
    fc.property(
      fc.array(channel, { minLength: 1, maxLength: 5 }),
      fc.constantFrom('one-api', 'new-api'),
      (channels, format) => {
        const document = {
          data: channels.map(({ type, keys, form, models }, index) => ({
            id: index,
            type,
            models,
            name: `name ${keys[0]}`,
            base_url: index % 2 === 0 ? `https://host.example/${keys[0]}` : '',
            key:
              form === 'json'
                ? JSON.stringify(keys)
                : form === 'parts'
                  ? `${keys.join('|')}|us-east-1`
                  : form === 'lines'
                    ? keys.join('\n')
                    : '',
            config:
              form === 'config'
                ? JSON.stringify({
                    ak: keys[0],
                    sk: keys.at(-1),
                    vertex_ai_adc: JSON.stringify({ private_key: keys[0] }),
                  })
                : '',
            header_override: JSON.stringify({ authorization: keys[0] }),
          })),
        };
        const given = channels.filter(({ form }) => form !== undefined).flatMap(({ keys }) => keys);
        const text = allText(importConfig(format as 'one-api', document, 'x'));
        for (const key of given) assert.ok(!text.includes(key));
      },
    ),
    { numRuns: 60 },
  );
});
