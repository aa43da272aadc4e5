import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

interface Case {
  name: string;
  path?: string;
  method?: string;
  body: string | Buffer;
  headers?: { [name: string]: string };
  status: number;
  code?: string;
  /** What the message must say. */
  says: RegExp;
}

const good = '{"model":"auto","messages":[{"role":"user","content":"hi"}],"max_tokens":10}';

const cases: Case[] = [
  {
    name: 'malformed JSON',
    body: '{"model": "auto", "messages": [',
    status: 400,
    code: 'invalid_json',
    says: /JSON/,
  },
  { name: 'an empty body', body: '', status: 400, code: 'invalid_json', says: /JSON/ },
  { name: 'JSON that is not an object', body: '[1,2]', status: 400, code: 'invalid_json', says: /object/ },
  {
    name: 'invalid UTF-8',
    body: Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
    status: 400,
    code: 'invalid_json',
    says: /UTF-8/,
  },
  {
    name: 'JSON nested too deeply',
    body: `{"model":"auto","messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    status: 400,
    code: 'invalid_json',
    says: /nest|deep/,
  },
  {
    name: 'a missing model',
    body: '{"messages":[{"role":"user","content":"hi"}],"max_tokens":5}',
    status: 400,
    code: 'invalid_request',
    says: /model/,
  },
  {
    name: 'messages of the wrong type',
    body: '{"model":"auto","messages":"hi","max_tokens":5}',
    status: 400,
    code: 'invalid_request',
    says: /messages/,
  },
  {
    name: 'an unknown role',
    body: '{"model":"auto","messages":[{"role":"wizard","content":"hi"}],"max_tokens":5}',
    status: 400,
    code: 'invalid_request',
    says: /role/,
  },
  {
    name: 'a temperature of the wrong type',
    body: '{"model":"auto","messages":[{"role":"user","content":"hi"}],"temperature":"hot","max_tokens":5}',
    status: 400,
    code: 'invalid_request',
    says: /temperature/,
  },
  {
    name: 'an unknown model',
    body: good.replace('auto', 'gpt-nope'),
    status: 404,
    code: 'model_not_found',
    says: /gpt-nope.*(mean|list)/s,
  },
  {
    name: 'an effort preset that the model does not have',
    body: good.replace('auto', 'sandbox/mini-open#off'),
    status: 400,
    code: 'invalid_request',
    says: /does not reason, so it has no effort/,
  },
  {
    name: 'a compressed body',
    body: good,
    headers: { 'content-encoding': 'gzip' },
    status: 415,
    code: 'unsupported_encoding',
    says: /uncompressed/,
  },
  {
    name: 'a wrong target header',
    body: good,
    headers: { 'x-yumen-target': 'cheap' },
    status: 400,
    code: 'invalid_request',
    says: /x-yumen-target/,
  },
  {
    name: 'an unknown key',
    body: good,
    headers: { authorization: 'Bearer sk-yumen-wrong' },
    status: 401,
    code: 'invalid_key',
    says: /key/,
  },
  {
    name: 'a missing key',
    body: good,
    headers: { authorization: '' },
    status: 401,
    code: 'missing_key',
    says: /Authorization|x-api-key/,
  },
  {
    name: 'the wrong method',
    method: 'DELETE',
    body: '',
    status: 405,
    code: 'method_not_allowed',
    says: /POST/,
  },
];

describe('bad input gets the right status and an error that says what would make it right', () => {
  let yumen: TestGateway;
  before(async () => {
    yumen = await startYumen(
      'providers:\n  - { id: sandbox, vendor: sandbox }\nroutes:\n  auto: { reference: sandbox/frontier, candidates: [sandbox/mini-open] }\nlimits: { body_bytes_max: 300000 }\n',
    );
  });
  after(() => yumen.close());

  for (const dialect of ['openai-chat', 'anthropic-messages'] as const) {
    const path = dialect === 'openai-chat' ? '/v1/chat/completions' : '/v1/messages';
    for (const one of cases) {
      test(`${one.name}, in the ${dialect} dialect`, async () => {
        const response = await fetch(`${yumen.url}${one.path ?? path}`, {
          method: one.method ?? 'POST',
          headers: {
            authorization: `Bearer ${yumen.key}`,
            'content-type': 'application/json',
            ...one.headers,
          },
          body: one.method === 'DELETE' ? undefined : one.body,
        });
        const body = (await response.json()) as Json;
        assert.equal(response.status, one.status, JSON.stringify(body));
        assert.equal(response.headers.get('x-should-retry'), 'false');
        assert.match(body.error.message, one.says);
        if (dialect === 'openai-chat') assert.equal(body.error.code, one.code);
        else assert.equal(body.type, 'error');
        assert.ok(response.headers.get('x-request-id'));
      });
    }

    test(`a body beyond the bound, announced or not, in the ${dialect} dialect`, async () => {
      const big = JSON.stringify({
        ...JSON.parse(good),
        messages: [{ role: 'user', content: 'x'.repeat(400_000) }],
      });
      const announced = await yumen.post(path, big);
      assert.equal(announced.status, 413);
      assert.match(((await announced.json()) as Json).error.message, /300000/);
      const unannounced = await rawPost(yumen.url, path, yumen.key, big);
      assert.match(unannounced, /^HTTP\/1\.1 413 /);
    });
  }

  test('messages without max_tokens is refused by name on Messages and fine on chat completions', async () => {
    const body = '{"model":"auto","messages":[{"role":"user","content":"hi"}]}';
    const messages = await yumen.post('/v1/messages', body);
    assert.equal(messages.status, 400);
    assert.match(((await messages.json()) as Json).error.message, /max_tokens/);
    assert.equal((await yumen.post('/v1/chat/completions', body)).status, 200);
  });

  test('an unknown path is a 404 that names it', async () => {
    const response = await yumen.post('/v1/nothing', '{}');
    assert.equal(response.status, 404);
    assert.match(((await response.json()) as Json).error.message, /\/v1\/nothing/);
  });

  test('bytes that are not HTTP get a 400 and the connection is closed', async () => {
    assert.match(await rawBytes(yumen.url, 'NONSENSE\r\n\r\n'), /^HTTP\/1\.1 400 /);
  });

  test('headers beyond the bound get a 431', async () => {
    assert.match(
      await rawBytes(yumen.url, `GET /livez HTTP/1.1\r\nhost: x\r\nx-big: ${'a'.repeat(100_000)}\r\n\r\n`),
      /^HTTP\/1\.1 431 /,
    );
  });

  test('the admin API says which field is wrong', async () => {
    const wrong = await yumen.api('/api/v1/keys', { method: 'POST', body: '{"role":"caller"}' });
    assert.equal(wrong.status, 400);
    assert.match(wrong.body.error.message, /name/);
    const unreadable = await yumen.api('/api/v1/keys', { method: 'POST', body: '{' });
    assert.equal(unreadable.status, 400);
    const report = await yumen.api('/api/v1/report?by=colour');
    assert.equal(report.status, 400);
    assert.match(report.body.error.message, /by/);
    assert.equal((await yumen.api('/api/v1/requests/req_nope')).status, 404);
    assert.equal((await yumen.api('/api/v1/nothing')).status, 404);
  });
});

function rawBytes(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let seen = '';
    socket.on('data', (chunk) => {
      seen += chunk.toString();
    });
    socket.on('close', () => resolve(seen));
    socket.on('error', (error) => (seen === '' ? reject(error) : resolve(seen)));
  });
}

function rawPost(url: string, path: string, key: string, body: string): Promise<string> {
  const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  return rawBytes(
    url,
    `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`,
  );
}
