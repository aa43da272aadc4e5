import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { dialects, type ErrorCode, errorTable, GatewayError } from '../../src/protocol/index.ts';

const chat = dialects['openai-chat'];
const messages = dialects['anthropic-messages'];

describe('encodeError()', () => {
  const cases: [ErrorCode, string, string][] = [
    ['invalid_request', 'invalid_request_error', 'invalid_request_error'],
    ['missing_key', 'authentication_error', 'authentication_error'],
    ['budget_exceeded', 'insufficient_quota', 'billing_error'],
    ['forbidden', 'permission_error', 'permission_error'],
    ['model_not_found', 'invalid_request_error', 'not_found_error'],
    ['body_too_large', 'invalid_request_error', 'request_too_large'],
    ['rate_limited', 'rate_limit_error', 'rate_limit_error'],
    ['overloaded', 'server_error', 'overloaded_error'],
    ['upstream_unavailable', 'server_error', 'api_error'],
    ['upstream_first_byte_timeout', 'server_error', 'timeout_error'],
    ['internal', 'server_error', 'api_error'],
  ];
  for (const [code, chatType, messagesType] of cases) {
    it(`says ${code} in the words of each dialect`, () => {
      const error = new GatewayError(code, 'What was wrong.', { param: 'x', detail: 'secret' });
      assert.deepEqual(chat.encodeError(error, 'req_01'), {
        error: { message: 'What was wrong.', type: chatType, param: 'x', code },
      });
      assert.deepEqual(messages.encodeError(error, 'req_01'), {
        type: 'error',
        error: { type: messagesType, message: 'What was wrong.' },
        request_id: 'req_01',
      });
    });
  }

  it('passes on the code of a provider that refused the request', () => {
    const upstream = { status: 400, code: 'context_length_exceeded' };
    const error = new GatewayError('upstream_rejected', 'Too long.', { upstream });
    assert.equal((chat.encodeError(error, 'r')['error'] as { code: string }).code, 'context_length_exceeded');
  });

  it('passes on what a provider added for programs, where it refused the request and in its own dialect', () => {
    const details = { error_code: 'thread_not_found' };
    const upstream = messages.decodeError(404, {
      type: 'error',
      error: { type: 'not_found_error', message: 'Gone.', details },
    });
    const refused = new GatewayError('upstream_rejected', 'Gone.', { upstream });
    assert.deepEqual((messages.encodeError(refused, 'r')['error'] as { details: object }).details, details);
    const failed = new GatewayError('upstream_unavailable', 'Gone.', { upstream });
    assert.equal('details' in (messages.encodeError(failed, 'r')['error'] as object), false);
    assert.equal('details' in (chat.encodeError(refused, 'r')['error'] as object), false);
    const endless = { type: 'error', error: { message: 'Gone.', details: { text: 'x'.repeat(10_000) } } };
    assert.equal(messages.decodeError(404, endless).details, undefined);
  });

  it('is understood by the official SDKs for every code of the table', async () => {
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      const error = new GatewayError(code, `about ${code}`);
      // Filters have one word for all vendors, the one that OpenAI and Azure use.
      const told = code === 'content_filtered' ? 'content_filter' : code;
      const answer = (body: object) => async () =>
        new Response(JSON.stringify(body), {
          status: error.status,
          headers: { 'content-type': 'application/json' },
        });
      const options = { apiKey: 'test', maxRetries: 0, baseURL: 'http://127.0.0.1' };
      const openai = new OpenAI({ ...options, fetch: answer(chat.encodeError(error, 'req_01')) });
      await assert.rejects(
        openai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'x' }] }),
        (thrown) =>
          thrown instanceof OpenAI.APIError && thrown.code === told && thrown.message.includes(code),
      );
      const anthropic = new Anthropic({ ...options, fetch: answer(messages.encodeError(error, 'req_01')) });
      await assert.rejects(
        anthropic.messages.create({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] }),
        (thrown) => thrown instanceof Anthropic.APIError && thrown.message.includes(`about ${code}`),
      );
    }
  });
});

describe('decodeError()', () => {
  const cases: [string, unknown, { code?: string; type?: string; message?: string }][] = [
    [
      'chat',
      { error: { message: 'm', type: 't', code: 'c', param: null } },
      { message: 'm', type: 't', code: 'c' },
    ],
    ['Messages', { type: 'error', error: { type: 't', message: 'm' } }, { message: 'm', type: 't' }],
    ['a string', { error: 'm' }, { message: 'm' }],
    ['a number as code', { error: { code: 1113, message: 'm' } }, { code: '1113', message: 'm' }],
    ['flat', { code: 'c', message: 'm' }, { code: 'c', message: 'm' }],
    [
      'an object "error"',
      { object: 'error', message: 'm', type: 't', code: 400 },
      { message: 'm', type: 't', code: '400' },
    ],
    ['an array', [{ error: { code: 404, message: 'm' } }], { code: '404', message: 'm' }],
    ['detail text', { detail: 'm' }, { message: 'm' }],
    ['detail list', { detail: [{ loc: ['body'], msg: 'm', type: 't' }] }, { message: 'm', type: 't' }],
    [
      'a status inside',
      { base_resp: { status_code: 1008, status_msg: 'm' } },
      { code: '1008', message: 'm' },
    ],
    ['error_msg', { error_code: 336, error_msg: 'm' }, { code: '336', message: 'm' }],
    ['JSON in text', '{"error":{"message":"m"}}', { message: 'm' }],
    [
      'a relayed error',
      {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: { raw: '{"error":{"message":"m"}}' },
        },
      },
      { message: 'm', code: '400' },
    ],
    ['plain text', ' upstream\n connect error ', { message: 'upstream connect error' }],
    [
      'a proxy’s page',
      '<html><head><title>502 Bad Gateway</title></head><body><h1>x</h1></body></html>',
      { message: '502 Bad Gateway' },
    ],
    ['nothing', '', {}],
    ['null', null, {}],
    ['a number', 7, {}],
    ['text that only looks like JSON', '{oops', { message: '{oops' }],
  ];
  for (const dialect of [chat, messages]) {
    for (const [name, body, expected] of cases) {
      it(`${dialect.name} reads ${name}`, () => {
        const { status, ...said } = dialect.decodeError(418, body);
        assert.equal(status, 418);
        assert.deepEqual(JSON.parse(JSON.stringify(said)), expected);
      });
    }
  }

  it('bounds what it keeps', () => {
    const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => ({ error: inner }), 'm');
    assert.equal(chat.decodeError(400, deep).message, undefined);
    assert.equal(chat.decodeError(400, 'x'.repeat(5000)).message?.length, 1000);
  });
});
