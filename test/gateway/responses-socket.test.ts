import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { createHttpServer, defaultHttpLimits } from '../../src/http/index.ts';
import { defaultSocketLimits, type SocketLimits } from '../../src/http/responses/socket-limits.ts';
import { compose } from '../../src/server/compose.ts';
import { createLog } from '../../src/server/index.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { openTurns, TestSocket } from '../support/responses-socket.ts';
import { type Json, startYumen, type TestGateway, testKey } from '../support/start-yumen.ts';

const model = 'up/some-model';

describe('Responses over a connection', () => {
  let upstream: FakeUpstream;
  let yumen: TestGateway;
  before(async () => {
    upstream = await startFakeUpstream({ dialect: 'openai-chat' });
    yumen = await startYumen(configFor(upstream));
  });
  after(async () => {
    await yumen.close();
    await upstream.close();
  });
  beforeEach(() => upstream.setScript({}));

  it('a turn is a request like any other: recorded, with its usage', async () => {
    const before = await records(yumen);
    await openTurns(yumen, [{ model, input: 'Hello' }]);
    const [record] = await records(yumen, before.length + 1);
    assert.equal(record.outcome, 'answered');
    assert.equal(record.dialect, 'openai-responses');
    assert.ok(record.usage.output_tokens > 0);
  });

  it('a chain goes on with new items only, and is stored unless that is declined', async () => {
    const seen = await openTurns(yumen, [
      { model, input: 'One' },
      (past) => ({ model, previous_response_id: idOf(past[0]), input: 'Two' }),
    ]);
    const { messages } = upstream.requests.at(-1)!.body as Json;
    assert.deepEqual(
      messages.map(({ role }: Json) => role),
      ['user', 'assistant', 'user'],
    );
    const { status, body } = await yumen.api(`/v1/responses/${idOf(seen[1])}`);
    assert.equal(status, 200);
    assert.equal(body.store, true);
    // A stored one is found by another connection, too.
    const [again] = await openTurns(yumen, [{ model, previous_response_id: idOf(seen[1]), input: 'Three' }]);
    assert.equal(again!.messages.at(-1).type, 'response.completed');
  });

  it('a turn that is not to be stored does not go on from what only the store has', async () => {
    const stored = (await (await yumen.post('/v1/responses', { model, input: 'One' })).json()) as Json;
    const [turn] = await openTurns(yumen, [
      { model, store: false, previous_response_id: stored.id, input: 'Two' },
    ]);
    assert.equal(turn!.messages[0].error.code, 'previous_response_not_found');
  });

  it('an error is an envelope with its status, and the connection stays', async () => {
    const seen = await openTurns(yumen, [
      { model: 'up/none', input: 'x' },
      { model, input: 7 },
      { model, input: 'x', background: true },
      { model, input: 'x', generate: 'no' },
      { model, input: 'fine', stream: false, stream_options: { include_obfuscation: false } },
    ]);
    assert.deepEqual(
      seen.slice(0, 4).map(({ messages: [error] }) => [error.type, error.status, error.error.param]),
      [
        ['error', 404, 'model'],
        ['error', 400, 'input'],
        ['error', 400, 'background'],
        ['error', 400, 'generate'],
      ],
    );
    assert.equal(seen[4]!.messages.at(-1).type, 'response.completed');
  });

  it('an answer that breaks off ends its turn with one error, and the next turn is served', async () => {
    upstream.setScript([{ text: ['a', 'b', 'c'], cut: { how: 'reset', afterChunks: 2 } }, { text: 'fine' }]);
    const [broken, next] = await openTurns(yumen, [
      { model, input: 'One' },
      { model, input: 'Two' },
    ]);
    assert.equal(broken!.messages.at(-1).error.code, 'stream_interrupted');
    assert.equal(broken!.messages.at(-1).status, 502);
    assert.ok(broken!.messages.length > 2);
    assert.equal(next!.messages.at(-1).type, 'response.completed');
    assert.equal(next!.messages[0].type, 'response.created');
  });

  it('messages that are no turn are refused by what is wrong with them', async () => {
    const socket = await TestSocket.open(yumen);
    const refusals: [string | Buffer, RegExp][] = [
      ['{', /JSON/],
      ['[]', /object/],
      ['{"type":"session.update"}', /response\.create/],
      [Buffer.from([1, 2]), /binary/],
    ];
    for (const [message, expected] of refusals) {
      socket.ws.send(message);
      const { messages } = await socket.turn();
      assert.equal(messages[0].status, 400);
      assert.match(messages[0].error.message, expected);
    }
    await socket.close();
  });

  it('turns that are asked for at once are answered one after the other, in their order; too many are refused', async () => {
    upstream.setScript({ text: ['x', 'y'], chunkDelayMs: 10 });
    const socket = await TestSocket.open(yumen);
    const asked = defaultSocketLimits.turnsWaitingMax + 3;
    for (let index = 0; index < asked; index += 1) {
      socket.ask({ model, store: false, input: 'Go', metadata: { index: String(index) } });
    }
    await socket.until(
      () => socket.messages.filter(({ type }) => type === 'response.completed').length === asked - 2,
    );
    const refused = socket.messages.filter(({ type }) => type === 'error');
    assert.deepEqual(
      refused.map(({ status }) => status),
      [429, 429],
    );
    const events = socket.messages.filter(({ type }) => type !== 'error');
    let open: string | undefined;
    const order: string[] = [];
    for (const { type, response } of events) {
      if (type === 'response.created') {
        assert.equal(open, undefined, 'two responses at once');
        open = response.id;
        order.push(response.metadata.index);
      } else if (type === 'response.completed') open = undefined;
    }
    assert.deepEqual(
      order,
      Array.from({ length: asked - 2 }, (_, index) => String(index)),
    );
    await socket.close();
  });

  it('a client that leaves cancels the upstream call, and is recorded as gone', async () => {
    const index = upstream.requests.length;
    upstream.setScript([{ text: Array.from({ length: 500 }, () => 'word '), chunkDelayMs: 20 }]);
    const before = await records(yumen);
    const socket = await TestSocket.open(yumen);
    socket.ask({ model, input: 'Go' });
    await socket.until(() => socket.messages.some(({ type }) => type === 'response.output_text.delta'));
    const sinceMs = performance.now();
    socket.ws.terminate();
    await upstream.whenCancelled(index, sinceMs);
    const [record] = await records(yumen, before.length + 1);
    assert.equal(record.outcome, 'aborted');
  });

  it('nobody connects without a key; other upgrades are ignored', async () => {
    await assert.rejects(TestSocket.open({ url: yumen.url, key: 'yk-wrong' }), /401/);
    await assert.rejects(TestSocket.open({ url: `${yumen.url}/v2`, key: yumen.key }), /404/);
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const asked = httpRequest(
        `${yumen.url}/livez`,
        { headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      asked.on('error', reject);
      asked.end();
    });
    assert.equal(answer, 200);
    const plain = await yumen.api('/v1/responses');
    assert.equal(plain.status, 405);
  });

  it('the rate of a key counts its turns', async () => {
    const { body } = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'slow', role: 'caller', limits: { requests_per_minute: 2 } }),
    });
    const turn = { model, store: false, input: 'x' };
    const seen = await openTurns({ url: yumen.url, key: body.secret }, [turn, turn, turn]);
    assert.deepEqual(
      seen.map(({ messages }) => messages.at(-1).status ?? messages.at(-1).type),
      ['response.completed', 'response.completed', 429],
    );
  });

  it('a revoked key ends its turns, not only its next connection', async () => {
    const { body } = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'gone', role: 'caller' }),
    });
    const socket = await TestSocket.open({ url: yumen.url, key: body.secret });
    await yumen.api(`/api/v1/keys/${body.id}`, { method: 'DELETE' });
    socket.ask({ model, input: 'x' });
    const { messages } = await socket.turn();
    assert.equal(messages[0].status, 401);
    await socket.close();
  });

  it('a message larger than a body may be closes the connection', async () => {
    const small = await startYumen(`${configFor(upstream)}\nlimits: { body_bytes_max: 2000 }`);
    try {
      const socket = await TestSocket.open(small);
      socket.ask({ model, input: 'x'.repeat(3_000) });
      await socket.until(() => socket.closed !== undefined);
      assert.equal(socket.closed!.code, 1009);
    } finally {
      await small.close();
    }
  });

  it('a shutdown lets the turn in progress end, then closes every connection politely', async () => {
    const other = await startYumen(configFor(upstream));
    upstream.setScript([{ text: ['a', 'b', 'c', 'd'], chunkDelayMs: 60 }]);
    const [idle, busy] = [await TestSocket.open(other), await TestSocket.open(other)];
    busy.ask({ model, input: 'Go' });
    await busy.until(() => busy.messages.some(({ type }) => type === 'response.output_text.delta'));
    const closing = other.close();
    const { messages } = await busy.turn();
    assert.equal(messages.at(-1).type, 'response.completed');
    await closing;
    await idle.until(() => idle.closed !== undefined && busy.closed !== undefined);
    assert.deepEqual([idle.closed!.code, busy.closed!.code], [1001, 1001]);
  });

  it('a shutdown ends a turn that takes too long with an error, on record', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'yumen-socket-'));
    const other = await startYumen(configFor(upstream), folder);
    upstream.setScript([{ text: Array.from({ length: 500 }, () => 'word '), chunkDelayMs: 50 }]);
    const socket = await TestSocket.open(other);
    socket.ask({ model, input: 'Go' });
    await socket.until(() => socket.messages.some(({ type }) => type === 'response.output_text.delta'));
    await other.stop();
    const { messages } = await socket.turn();
    assert.equal(messages.at(-1).error.code, 'shutting_down');
    const again = await startYumen(configFor(upstream), folder);
    const [record] = await records(again, 1);
    assert.equal(record.error, 'shutting_down');
    await again.close();
  });
});

describe('Responses over a connection with small limits', () => {
  let upstream: FakeUpstream;
  before(async () => {
    upstream = await startFakeUpstream({ dialect: 'openai-chat' });
  });
  after(() => upstream.close());
  beforeEach(() => upstream.setScript({}));

  it('the limit of a connection waits for the turn in progress, says so, and closes', async () => {
    await withLimits(upstream, { connectionMsMax: 200 }, async (at) => {
      upstream.setScript([{ text: ['a', 'b', 'c', 'd', 'e'], chunkDelayMs: 100 }]);
      const socket = await TestSocket.open(at);
      socket.ask({ model, input: 'Go' });
      const { messages } = await socket.turn();
      assert.equal(messages.at(-1).type, 'response.completed');
      const { messages: last } = await socket.turn();
      assert.equal(last[0].error.code, 'websocket_connection_limit_reached');
      assert.equal(last[0].status, 400);
      await socket.until(() => socket.closed !== undefined);
    });
  });

  it('turns that wait have no more bytes together than is set, but for one alone', async () => {
    await withLimits(upstream, { turnBytesWaitingMax: 1_000 }, async (at) => {
      upstream.setScript([{ headDelayMs: 300 }, {}]);
      const socket = await TestSocket.open(at);
      const answered = (type: string) => socket.messages.filter((message) => message.type === type);
      socket.ask({ model, input: 'Go' });
      for (const input of ['x'.repeat(2_000), 'y'.repeat(100)]) socket.ask({ model, input });
      await socket.until(() => answered('response.completed').length === 2);
      assert.deepEqual(
        answered('error').map(({ status, error }) => [status, error.code]),
        [[429, 'rate_limited']],
      );
      await socket.close();
    });
  });

  it('a client is asked whether it is there, and is let go when it is not', async () => {
    await withLimits(upstream, { pingMs: 40 }, async (at) => {
      const there = await TestSocket.open(at);
      const dead = new TestSocket(
        new WebSocket(`${at.url.replace('http', 'ws')}/v1/responses`, {
          headers: { authorization: `Bearer ${at.key}` },
          autoPong: false,
        }),
      );
      await dead.until(() => dead.closed !== undefined);
      assert.equal(dead.closed!.code, 1006);
      await there.until(() => there.pings >= 3);
      assert.equal(there.closed, undefined);
      await there.close();
    });
  });

  it('an upstream is read no faster than the client reads', async () => {
    await withLimits(upstream, { bufferedBytesMax: 65_536 }, async (at) => {
      const paddingBytes = 24 * 1024 * 1024;
      upstream.setScript([{ paddingBytes }]);
      const index = upstream.requests.length;
      const socket = await TestSocket.open(at);
      socket.ws.pause();
      socket.ask({ model, store: false, input: 'Go' });
      await upstream.whenReceived(index);
      let over = false;
      void upstream.whenServed(index).then(() => {
        over = true;
      });
      // What fits into the kernel's buffers on the way is served at once; the rest is not.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      assert.equal(over, false, 'the whole answer was read from the upstream');
      socket.ws.resume();
      const { messages } = await socket.turn();
      assert.equal(messages.at(-1).type, 'response.completed');
      assert.ok(messages.at(-1).response.output[0].content[0].text.length >= paddingBytes);
      await socket.close();
    });
  });

  it('a client that takes nothing is not waited for longer than is set', async () => {
    await withLimits(upstream, { bufferedBytesMax: 65_536, slowClientMsMax: 300 }, async (at) => {
      upstream.setScript([{ paddingBytes: 24 * 1024 * 1024 }]);
      const index = upstream.requests.length;
      const socket = await TestSocket.open(at);
      socket.ws.pause();
      socket.ask({ model, store: false, input: 'Go' });
      await upstream.whenReceived(index);
      await upstream.whenCancelled(index, performance.now());
      socket.ws.terminate();
    });
  });
});

async function withLimits(
  upstream: FakeUpstream,
  limits: Partial<SocketLimits>,
  body: (at: { url: string; key: string }) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'yumen-socket-'));
  const configPath = join(folder, 'yumen.yaml');
  writeFileSync(configPath, configFor(upstream));
  const composition = await compose({
    configPath,
    environment: { YUMEN_ADMIN_KEY: testKey },
    dataFolder: join(folder, 'data'),
    probeEngines: false,
    sandboxSpeed: Number.POSITIVE_INFINITY,
    log: createLog('silent'),
  });
  let draining = false;
  const server: Server = createHttpServer({
    gateway: composition.gateway,
    limits: defaultHttpLimits,
    socketLimits: { ...defaultSocketLimits, ...limits },
    bodyBytesMax: composition.bodyBytesMax,
    version: '0.0.0-test',
    readiness: composition.readiness,
    draining: () => draining,
    admin: (_request, response) => response.end(),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await body({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: testKey });
  } finally {
    draining = true;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    await composition.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function configFor(upstream: FakeUpstream): string {
  return `
providers:
  - { id: up, vendor: openai-compatible, base_url: "${upstream.baseUrl}" }
deployments:
  - { model: some-model, provider: up, price: { input: 1, output: 2 } }`;
}

function idOf(turn: { messages: Json[] } | undefined): string {
  return turn!.messages.at(-1).response.id;
}

/** The newest first, once there are so many. */
async function records(yumen: TestGateway, count = 0): Promise<Json[]> {
  return eventually(async () => {
    const { body } = await yumen.api('/api/v1/requests?limit=200');
    return body.data.length >= count ? body.data : undefined;
  });
}
