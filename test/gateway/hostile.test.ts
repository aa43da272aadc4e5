import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, afterEach, before, beforeEach, describe, type TestContext, test } from 'node:test';
import type { AnswerSink } from '../../src/gateway/index.ts';
import { type ClientPatience, createAnswerSink } from '../../src/http/answer-sink.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway, twoUpstreams } from '../support/start-yumen.ts';

const ask = { messages: [{ role: 'user', content: 'Say something short.' }], max_tokens: 200 };
/** The key that `twoUpstreams` gives the provider. */
const ownKey = 'sk-upstream-openai';

describe('upstreams and clients that do not behave', () => {
  let openai: FakeUpstream;
  let anthropic: FakeUpstream;
  let yumen: TestGateway;

  before(async () => {
    openai = await startFakeUpstream({ dialect: 'openai-chat' });
    anthropic = await startFakeUpstream({ dialect: 'anthropic-messages' });
  });
  after(async () => {
    await openai.close();
    await anthropic.close();
  });
  // A gateway for each test, so that the failures of one do not open the circuits of another.
  beforeEach(async () => {
    openai.setScript({});
    yumen = await startYumen(twoUpstreams(openai, anthropic));
  });
  afterEach(() => yumen.close());

  async function recordOf(response: Response): Promise<Json> {
    const { body } = await yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`);
    return body;
  }

  const echoes = [
    { name: 'a refusal', script: { status: 400, error: { message: `bad header: Bearer ${ownKey}` } } },
    { name: 'a refused key', script: { status: 401, error: { message: `Incorrect API key: ${ownKey}` } } },
    { name: 'an error page', script: { status: 502, body: `<html><title>no ${ownKey}</title></html>` } },
    {
      name: 'an error inside a 200',
      script: { body: { error: { message: `no ${ownKey}`, type: 'invalid_request_error' } } },
    },
    {
      name: 'an error in the stream, before content',
      script: { text: ['a', 'b'], errorEvent: { afterChunks: 0, message: `no ${ownKey}` } },
    },
    {
      name: 'an error in the stream, after content',
      script: { text: ['a', 'b'], errorEvent: { afterChunks: 1, message: `no ${ownKey}` } },
    },
  ];
  for (const { name, script } of echoes) {
    test(`the provider’s key, echoed in ${name}, reaches neither clients nor the ledger`, async () => {
      openai.setScript(script);
      for (const path of ['/v1/chat/completions', '/v1/messages']) {
        for (const stream of [false, true]) {
          const response = await yumen.post(path, { model: 'openai/gpt-4o', stream, ...ask });
          assert.doesNotMatch(await textOf(response), /upstream-openai/);
          assert.doesNotMatch(JSON.stringify(await recordOf(response)), /upstream-openai/);
        }
      }
    });
  }

  const chunk = (delta: unknown, finish: string | null = null): string =>
    `data: ${JSON.stringify({ id: 'c1', model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const call = {
    tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
  };
  const events = [
    chunk({ role: 'assistant', content: 'hel' }),
    chunk({ content: 'lo' }),
    chunk(call),
    chunk({}, 'tool_calls'),
    'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}\n\n',
    'data: [DONE]\n\n',
  ];

  for (const path of ['/v1/chat/completions', '/v1/messages']) {
    test(`a stream that nobody asked for becomes the one document of ${path}`, async () => {
      openai.setScript({ body: events.join(''), headers: { 'content-type': 'text/event-stream' } });
      const response = await yumen.post(path, { model: 'openai/gpt-4o', ...ask });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), 'application/json');
      const body = (await response.json()) as Json;
      if (path === '/v1/messages') {
        assert.deepEqual(
          body.content.map((block: Json) => block.text ?? block.name),
          ['hello', 'f'],
        );
        assert.equal(body.stop_reason, 'tool_use');
      } else {
        assert.equal(body.choices[0].message.content, 'hello');
        assert.equal(body.choices[0].message.tool_calls[0].function.name, 'f');
        assert.equal(body.choices[0].finish_reason, 'tool_calls');
      }
      const record = await recordOf(response);
      assert.deepEqual([record.usage.output_tokens, record.usage_source], [2, 'reported']);
    });
  }

  test('a stream that nobody asked for and that was cut is a failure', async () => {
    openai.setScript({
      body: events.slice(0, 2).join(''),
      headers: { 'content-type': 'text/event-stream' },
    });
    const response = await yumen.post('/v1/chat/completions', { model: 'openai/gpt-4o', ...ask });
    assert.equal(response.status, 502);
    assert.equal(((await response.json()) as Json).error.code, 'upstream_protocol');
  });

  test('a stream that is labelled as text is a stream', async () => {
    openai.setScript({ body: events.join(''), headers: { 'content-type': 'text/plain' } });
    const response = await yumen.post('/v1/chat/completions', {
      model: 'openai/gpt-4o',
      stream: true,
      ...ask,
    });
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.match(await response.text(), /"lo"[\s\S]*\[DONE\]\n\n$/);
  });

  test('a retry-after that is a date is told to the client, and is not asked against', async () => {
    const date = new Date(Date.now() + 30_000).toUTCString();
    openai.setScript({ status: 429, error: { message: 'slow down' }, headers: { 'retry-after': date } });
    const calls = openai.requests.length;
    const response = await yumen.post('/v1/chat/completions', { model: 'openai/gpt-4o', ...ask });
    const seconds = Number(response.headers.get('retry-after'));
    assert.ok(seconds > 20 && seconds <= 30, `${seconds} s`);
    assert.equal(openai.requests.length, calls + 1);
  });

  for (const usage of [
    { prompt_tokens: 9e15, completion_tokens: 1 },
    { prompt_tokens: 5, completion_tokens: -3 },
    { prompt_tokens: 1.5, completion_tokens: 2 },
  ]) {
    test(`usage of ${JSON.stringify(usage)} is not believed`, async () => {
      const message = { role: 'assistant', content: 'A few words.' };
      openai.setScript({
        body: { id: 'x', model: 'gpt-4o', choices: [{ index: 0, message, finish_reason: 'stop' }], usage },
      });
      const response = await yumen.post('/v1/chat/completions', { model: 'openai/gpt-4o', ...ask });
      await response.text();
      const record = await recordOf(response);
      assert.equal(record.usage_source, 'estimated');
      assert.ok(record.usage.input_tokens > 0 && record.usage.input_tokens < 1_000);
    });
  }

  test('of two output limits the upstream is sent the one that was decided on', async () => {
    const limits = { max_tokens: 4_000, max_completion_tokens: 10 };
    await (await yumen.post('/v1/chat/completions', { model: 'openai/gpt-4o', ...ask, ...limits })).text();
    const seen = openai.requests.at(-1)?.body as Json;
    assert.deepEqual([seen.max_tokens, seen.max_completion_tokens], [undefined, 10]);
  });

  const messages = '"messages":[{"role":"user","content":"a, b"}]';
  for (const [key, body] of [
    ['model', `{"model":"openai/gpt-4o-mini",${messages},"model":"openai/gpt-4o"}`],
    ['max_tokens', `{"max_tokens":5,"model":"openai/gpt-4o",${messages},"max_tokens":4000}`],
    ['n', `{"model":"openai/gpt-4o","n":1,${messages},"\\u006e":8}`],
    ['messages', `{"model":"openai/gpt-4o",${messages}, ${messages}}`],
  ] as const) {
    test(`a body that gives «${key}» twice is refused`, async () => {
      const response = await yumen.post('/v1/chat/completions', body);
      assert.equal(response.status, 400);
      const { error } = (await response.json()) as Json;
      assert.deepEqual([error.code, error.param], ['invalid_request', key]);
    });
  }

  test('a body that repeats a key which decides nothing passes as it is', async () => {
    const body = `{"model":"gpt-4o",${messages},"seed":1,"seed":2,"metadata":{"n":"1","n":"2"}}`;
    const response = await yumen.post('/v1/chat/completions', body.replace('gpt-4o', 'openai/gpt-4o'));
    assert.equal(response.status, 200);
    assert.equal(openai.requests.at(-1)?.bytes.toString(), body);
  });

  test('bytes that are not HTTP end an open stream, and write nothing into it', async () => {
    openai.setScript({ text: Array.from({ length: 200 }, () => 'word '), chunkDelayMs: 20 });
    const index = openai.requests.length;
    const client = dial(yumen.url);
    const body = JSON.stringify({ model: 'openai/gpt-4o', stream: true, ...ask });
    client.socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${yumen.key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await client.until((text) => text.includes('word'));
    const since = performance.now();
    client.socket.write('\x00\x01 nonsense\r\n\r\n');
    await client.closed;
    assert.equal(client.text.match(/HTTP\/1\.1/g)?.length, 1);
    assert.doesNotMatch(client.text, /not a valid HTTP/);
    await openai.whenCancelled(index, since);
  });

  test('bytes that are not HTTP are refused where no answer is open', async () => {
    const client = dial(yumen.url);
    client.socket.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');
    await client.until((text) => text.includes('"ok"'));
    client.socket.write('\x00\x01 nonsense\r\n\r\n');
    await client.closed;
    assert.match(client.text, /HTTP\/1\.1 400 Bad Request/);
  });
});

describe('a client that does not read', () => {
  const big = Buffer.alloc(32 * 1024 * 1024, 'x');
  const far = 60_000;
  const near = 150;

  /** A server whose one answer has begun, and its client. */
  async function serve(t: TestContext, patience: ClientPatience) {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = dial(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    t.after(async () => {
      client.socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    client.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    const [request, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
    await once(request.resume(), 'end');
    const sink = createAnswerSink(request, response, patience);
    sink.begin(200, {});
    return { client, sink, gone: new Promise<void>((resolve) => sink.onGone(resolve)) };
  }

  for (const [ending, finish] of [
    ['ended', (sink: AnswerSink) => sink.end()],
    ['broken off', (sink: AnswerSink) => sink.reset()],
  ] as const) {
    test(`is let go when the answer was ${ending} and nothing moves`, async (t) => {
      const { client, sink, gone } = await serve(t, { slowClientMsMax: far, stalledClientMs: near });
      client.socket.pause();
      sink.write(big);
      finish(sink);
      await gone;
    });
  }

  test('is gone when nothing moves in the middle of the answer, heartbeats or not', async (t) => {
    const { client, sink, gone } = await serve(t, { slowClientMsMax: near, stalledClientMs: far });
    client.socket.pause();
    assert.equal(sink.write(big), false);
    const heartbeat = setInterval(() => sink.write(Buffer.from(': still here\n\n')), near / 5);
    await gone;
    clearInterval(heartbeat);
    assert.equal(sink.gone, true);
  });

  test('is waited for while it goes on reading, however slowly', async (t) => {
    // The kernel takes more only when a good part of its buffer is free again, so progress is seen in steps.
    const { client, sink } = await serve(t, { slowClientMsMax: 1_000, stalledClientMs: 1_000 });
    client.socket.on('data', () => {
      client.socket.pause();
      setTimeout(() => client.socket.resume(), 10);
    });
    const size = 12 * 1024 * 1024;
    sink.write(big.subarray(0, size));
    sink.end();
    await client.until(() => client.bytes > size);
  });

  test('leaves the connection to the next request when it has read all', async (t) => {
    const { client, sink } = await serve(t, { slowClientMsMax: near, stalledClientMs: near });
    sink.end(Buffer.from('all'));
    await client.until((text) => text.endsWith('\r\n0\r\n\r\n'));
    await new Promise((resolve) => setTimeout(resolve, near * 2));
    assert.equal(client.socket.destroyed, false);
  });
});

interface Dialled {
  socket: Socket;
  readonly text: string;
  readonly bytes: number;
  closed: Promise<unknown>;
  until(seen: (text: string) => boolean): Promise<void>;
}

/** A client that speaks bytes. It keeps the end of what it reads. */
function dial(url: string): Dialled {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  let bytes = 0;
  socket.on('error', () => {});
  socket.on('data', (piece) => {
    bytes += piece.byteLength;
    text = (text + piece.toString('latin1')).slice(-100_000);
  });
  return {
    socket,
    get text() {
      return text;
    },
    get bytes() {
      return bytes;
    },
    closed: new Promise((resolve) => socket.on('close', resolve)),
    until: (seen) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (seen(text)) resolve();
        };
        socket.on('data', look);
        socket.on('close', () => reject(new Error(`closed after ${bytes} bytes: ${text.slice(-200)}`)));
        look();
      }),
  };
}

async function textOf(response: Response): Promise<string> {
  let text = '';
  try {
    for await (const piece of response.body!) text += Buffer.from(piece).toString();
  } catch {
    // A stream that failed is broken off; what came before is what the client has.
  }
  return text;
}
