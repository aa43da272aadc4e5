import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/std/index.ts';
import type { TransportFailureKind } from '../../src/upstream/transport.ts';
import { createUndiciTransport } from '../../src/upstream/undici-transport.ts';
import {
  chunkedResponse,
  httpResponse,
  type RawRequest,
  type RawServer,
  startRawServer,
} from '../support/raw-server.ts';
import { kindOf, observe, postTo } from './transport-helpers.ts';

const transport = createUndiciTransport({ clock: systemClock });
after(() => transport.close());

/** Runs `body` against a server that answers with `onRequest`. */
async function against(
  onRequest: (request: RawRequest) => void,
  body: (server: RawServer) => Promise<void>,
): Promise<void> {
  const server = await startRawServer(onRequest);
  try {
    await body(server);
  } finally {
    await server.close();
  }
}

const sseHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';

test('a call sends method, path, headers and body, and asks for identity encoding', async () => {
  let sent = '';
  await against(
    ({ socket, text }) => {
      sent = text;
      socket.write(httpResponse('{"ok":true}', ['X-Twice: a', 'x-twice: b']));
    },
    async (server) => {
      const headers = { authorization: 'Bearer k', 'accept-encoding': 'gzip', 'content-length': '999' };
      const { done } = observe(
        transport,
        postTo(`${server.origin}/v1/chat?beta=true`, { body: '{"a":1}', headers }),
      );
      const received = await done;
      assert.equal(kindOf(received), 'end');
      assert.equal(received.text, '{"ok":true}');
      assert.equal(received.head?.status, 200);
      assert.equal(received.head?.headers['x-twice'], 'a, b');
    },
  );
  assert.match(sent, /^POST \/v1\/chat\?beta=true HTTP\/1\.1\r\n/);
  assert.match(sent, /authorization: Bearer k\r\n/);
  assert.match(sent, /accept-encoding: identity\r\n/);
  assert.match(sent, /content-length: 7\r\n/);
  assert.doesNotMatch(sent, /gzip|999/);
  assert.ok(sent.endsWith('\r\n\r\n{"a":1}'));
});

test('the HTTP chunks of one read arrive as one piece', async () => {
  const events = Array.from({ length: 40 }, (_, at) => `data: ${at}\n\n`);
  await against(
    ({ socket }) => socket.write(chunkedResponse(events)),
    async (server) => {
      const received = await observe(transport, postTo(server.origin)).done;
      assert.equal(received.text, events.join(''));
      assert.equal(received.chunks.length, 1);
    },
  );
});

test('an answer cut anywhere into single bytes reads the same', async () => {
  const events = ['data: {"a":"é"}\n\n', 'data: [DONE]\n\n'];
  const bytes = Buffer.from(chunkedResponse(events));
  await against(
    async ({ socket }) => {
      for (const byte of bytes) {
        socket.write(Buffer.of(byte));
        await sleep(0);
      }
    },
    async (server) => {
      const received = await observe(transport, postTo(server.origin)).done;
      assert.equal(Buffer.concat(received.chunks).toString(), events.join(''));
      assert.equal(received.endings, 1);
    },
  );
});

test('informational answers are passed over and redirects are not followed', async () => {
  await against(
    ({ socket }) =>
      socket.write(
        'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n',
      ),
    async (server) => {
      const received = await observe(transport, postTo(server.origin)).done;
      assert.equal(kindOf(received), 'end');
      assert.equal(received.head?.status, 302);
    },
  );
});

interface FailureCase {
  name: string;
  kind: TransportFailureKind;
  responded: boolean;
  answer: (request: RawRequest) => void;
  timeouts?: Parameters<typeof postTo>[1] extends { timeouts?: infer T } | undefined ? T : never;
}

/** Lets bytes arrive before the connection is broken. */
function thenReset({ socket }: RawRequest, text: string): void {
  socket.write(text, () => setTimeout(() => socket.resetAndDestroy(), 20));
}

const failures: FailureCase[] = [
  {
    name: 'a reset before any byte',
    kind: 'reset',
    responded: false,
    answer: ({ socket }) => void socket.resetAndDestroy(),
  },
  {
    name: 'a close before any byte',
    kind: 'reset',
    responded: false,
    answer: ({ socket }) => void socket.end(),
  },
  {
    name: 'a reset inside the head',
    kind: 'reset',
    responded: false,
    answer: (r) => thenReset(r, 'HTTP/1.1 200 OK\r\nconte'),
  },
  {
    name: 'a reset after the head',
    kind: 'reset',
    responded: true,
    answer: (r) => thenReset(r, `${sseHead}5\r\nhello\r\n`),
  },
  {
    name: 'a close inside a chunked body',
    kind: 'reset',
    responded: true,
    answer: ({ socket }) => void socket.end(`${sseHead}5\r\nhello\r\n`),
  },
  {
    name: 'a close inside a chunked body that was to be closed',
    kind: 'reset',
    responded: true,
    answer: ({ socket }) =>
      void socket.end(
        'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n',
      ),
  },
  {
    name: 'a close inside a body with a length',
    kind: 'reset',
    responded: true,
    answer: ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello'),
  },
  {
    name: 'an answer that is not HTTP',
    kind: 'protocol',
    responded: false,
    answer: ({ socket }) => void socket.write('220 smtp.example ESMTP\r\n\r\n'),
  },
  {
    name: 'a chunk size that is not hexadecimal',
    kind: 'protocol',
    responded: true,
    answer: ({ socket }) => void socket.write(`${sseHead}zz\r\nhello\r\n`),
  },
  {
    name: 'two different lengths',
    kind: 'protocol',
    responded: false,
    answer: ({ socket }) =>
      void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!'),
  },
  {
    name: 'a length beside chunked coding',
    kind: 'protocol',
    responded: false,
    answer: ({ socket }) =>
      void socket.write(
        'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      ),
  },
  {
    name: 'a compressed body',
    kind: 'protocol',
    responded: true,
    answer: ({ socket }) => void socket.write(httpResponse('\x1f\x8b', ['content-encoding: gzip'])),
  },
  {
    name: 'a head that is too large',
    kind: 'too-large',
    responded: false,
    answer: ({ socket }) => void socket.write(`HTTP/1.1 200 OK\r\nx-fill: ${'f'.repeat(70_000)}\r\n\r\n`),
  },
  {
    name: 'no answer at all',
    kind: 'first-byte-timeout',
    responded: false,
    answer: () => undefined,
    timeouts: { firstByteMs: 60 },
  },
  {
    name: 'a head without a body',
    kind: 'first-byte-timeout',
    responded: true,
    answer: ({ socket }) => void socket.write(sseHead),
    timeouts: { firstByteMs: 60 },
  },
  {
    name: 'silence in the middle',
    kind: 'inter-chunk-timeout',
    responded: true,
    answer: ({ socket }) => void socket.write(`${sseHead}5\r\nhello\r\n`),
    timeouts: { interChunkMs: 60 },
  },
  {
    name: 'an answer that never ends',
    kind: 'total-timeout',
    responded: true,
    answer: ({ socket }) => {
      socket.write(sseHead);
      const drip = setInterval(() => socket.write('1\r\nx\r\n'), 20);
      socket.on('close', () => clearInterval(drip));
    },
    timeouts: { totalMs: 200, interChunkMs: 150 },
  },
];

for (const { name, kind, responded, answer, timeouts } of failures) {
  test(`${name} is a failure of kind ${kind}, told once`, async () => {
    await against(answer, async (server) => {
      const received = await observe(transport, postTo(server.origin, { timeouts: timeouts ?? {} })).done;
      assert.equal(kindOf(received), kind, JSON.stringify(received.ending));
      assert.equal(received.ending !== 'end' && received.ending.responded, responded);
      await sleep(30);
      assert.equal(received.endings, 1);
      if (received.text !== '') assert.match(received.text, /^(hello|x+)$/);
    });
  });
}

test('a refused connection and an unknown name are failures of their own kinds', async () => {
  const server = await startRawServer(() => undefined);
  await server.close();
  assert.equal(kindOf(await observe(transport, postTo(server.origin)).done), 'refused');
  // An empty label is refused by the resolver itself, without asking anybody.
  assert.equal(kindOf(await observe(transport, postTo('http://no..such.name/')).done), 'dns');
});

test('a request that cannot be put on the wire fails after call() has returned', async () => {
  const observed = observe(transport, postTo('http://127.0.0.1:9/', { headers: { 'x-bad': 'a\nb' } }));
  assert.equal(observed.received.endings, 0);
  const received = await observed.done;
  assert.equal(kindOf(received), 'protocol');
  assert.doesNotMatch(JSON.stringify(received.ending), /a\\nb/);
});

const tlsFile = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../support/tls', name), 'utf8');

test('TLS is verified: an unknown authority is refused, a given one is trusted', async () => {
  const server = createTlsServer(
    { key: tlsFile('loopback-key.pem'), cert: tlsFile('loopback-cert.pem') },
    (_, out) => out.end('secret'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const trusting = createUndiciTransport({ clock: systemClock, ca: tlsFile('loopback-cert.pem') });
  const disabled = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  try {
    assert.equal(kindOf(await observe(transport, postTo(url)).done), 'tls');
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    assert.equal(kindOf(await observe(transport, postTo(url)).done), 'tls');
    for (let at = 0; at < 3; at++) assert.equal((await observe(trusting, postTo(url)).done).text, 'secret');
    const otherName = url.replace('127.0.0.1', '127.0.0.2');
    assert.match(kindOf(await observe(trusting, postTo(otherName)).done), /tls|refused/);
  } finally {
    if (disabled === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = disabled;
    await trusting.close();
    server.closeAllConnections();
    server.close();
  }
});

test('a handshake that does not come to an end is a connect timeout', async () => {
  const server = await startRawServer(() => undefined);
  const url = server.origin.replace('http:', 'https:');
  try {
    const received = await observe(transport, postTo(url, { timeouts: { connectMs: 60 } })).done;
    assert.equal(kindOf(received), 'connect-timeout');
  } finally {
    await server.close();
  }
});

test('a body beyond the bound is a failure', async () => {
  const bounded = createUndiciTransport({ clock: systemClock, responseBytesMax: 1_000 });
  await against(
    ({ socket }) => socket.write(chunkedResponse(['x'.repeat(600), 'y'.repeat(600)])),
    async (server) => {
      assert.equal(kindOf(await observe(bounded, postTo(server.origin)).done), 'too-large');
    },
  );
  await bounded.close();
});

test('sockets beyond the bound are not opened', async () => {
  const bounded = createUndiciTransport({ clock: systemClock, connectionsPerOriginMax: 1 });
  await against(
    () => undefined,
    async (server) => {
      const first = observe(bounded, postTo(server.origin));
      assert.equal(kindOf(await observe(bounded, postTo(server.origin)).done), 'saturated');
      first.call.abort();
    },
  );
  await bounded.close();
});

for (const stage of [
  'before the socket stands',
  'before the head',
  'in the middle of the body',
  'while paused',
] as const) {
  test(`abort ${stage} closes the socket within 250 ms and silences the call`, async () => {
    await against(
      ({ socket }) => {
        if (stage !== 'before the head') socket.write(`${sseHead}5\r\nhello\r\n`);
      },
      async (server) => {
        const observed = observe(transport, postTo(server.origin));
        if (stage !== 'before the socket stands') while (server.sockets.length === 0) await sleep(5);
        if (stage === 'in the middle of the body') while (observed.received.text === '') await sleep(5);
        if (stage === 'while paused') {
          observed.call.pause();
          await sleep(30);
        }
        const sinceMs = performance.now();
        observed.call.abort();
        observed.call.abort();
        const socket = server.sockets[0];
        if (socket !== undefined && !socket.destroyed) await once(socket, 'close');
        assert.ok(performance.now() - sinceMs < 250);
        const { text } = observed.received;
        observed.call.resume();
        await sleep(40);
        assert.deepEqual([observed.received.endings, observed.received.text], [0, text]);
      },
    );
  });
}

test('one socket serves calls that follow each other', async () => {
  await against(
    ({ socket, socketUse }) => socket.write(httpResponse(String(socketUse))),
    async (server) => {
      for (const expected of ['1', '2', '3']) {
        const received = await observe(transport, postTo(server.origin)).done;
        assert.equal(received.text, expected);
        assert.equal(received.head?.replayed, undefined);
      }
      assert.equal(server.sockets.length, 1);
    },
  );
});

test('a socket that the peer means to close is not used again', async () => {
  await against(
    ({ socket }) => socket.write(httpResponse('x', ['connection: close'])),
    async (server) => {
      for (let at = 0; at < 2; at++)
        assert.equal((await observe(transport, postTo(server.origin)).done).text, 'x');
      assert.equal(server.sockets.length, 2);
    },
  );
});

test('idle sockets are closed by us, later where the peer says that it waits longer', async () => {
  const quick = createUndiciTransport({ clock: systemClock, idleMs: 50, idleMarginMs: 1_000 });
  for (const { header, idleMsMin } of [
    { header: [], idleMsMin: 40 },
    { header: ['keep-alive: timeout=2'], idleMsMin: 900 },
  ]) {
    await against(
      ({ socket }) => socket.write(httpResponse('x', header)),
      async (server) => {
        await observe(quick, postTo(server.origin)).done;
        const sinceMs = performance.now();
        await once(server.sockets[0]!, 'end');
        assert.ok(performance.now() - sinceMs >= idleMsMin);
      },
    );
  }
  await quick.close();
});

/** Answers the first request, and treats a second one on the same socket as `race` says. */
function racing(race: (request: RawRequest) => void): (request: RawRequest) => void {
  return (request) => {
    if (request.socketUse === 1) request.socket.write(httpResponse(`answer ${request.count}`));
    else race(request);
  };
}

test('a request that met a closing idle socket is written once more, and says so', async () => {
  await against(
    racing(({ socket }) => socket.resetAndDestroy()),
    async (server) => {
      await observe(transport, postTo(server.origin)).done;
      const received = await observe(transport, postTo(server.origin)).done;
      assert.equal(received.text, 'answer 3');
      assert.equal(received.head?.replayed, true);
      assert.equal(received.endings, 1);
    },
  );
});

test('a replay is not replayed', async () => {
  let broken = false;
  await against(
    (request) => {
      if (broken) request.socket.resetAndDestroy();
      else request.socket.write(httpResponse('x'));
    },
    async (server) => {
      await observe(transport, postTo(server.origin)).done;
      broken = true;
      assert.equal(kindOf(await observe(transport, postTo(server.origin)).done), 'reset');
      assert.equal(server.sockets.length, 2);
    },
  );
});

test('nothing is replayed on a new socket, after a response byte, or when time has passed', async () => {
  const cases: { race: (request: RawRequest) => void; warm: boolean; replayWithinMs?: number }[] = [
    { warm: false, race: ({ socket }) => void socket.resetAndDestroy() },
    { warm: true, race: (request) => thenReset(request, 'HTTP/1.1 2') },
    {
      warm: true,
      race: ({ socket }) => void setTimeout(() => socket.resetAndDestroy(), 80),
      replayWithinMs: 20,
    },
  ];
  for (const { race, warm, replayWithinMs } of cases) {
    const own = createUndiciTransport({
      clock: systemClock,
      ...(replayWithinMs === undefined ? {} : { replayWithinMs }),
    });
    let requests = 0;
    await against(
      (request) => {
        requests += 1;
        if (warm && requests === 1) request.socket.write(httpResponse('x'));
        else race(request);
      },
      async (server) => {
        if (warm) await observe(own, postTo(server.origin)).done;
        assert.equal(kindOf(await observe(own, postTo(server.origin)).done), 'reset');
        assert.equal(requests, warm ? 2 : 1);
      },
    );
    await own.close();
  }
});

test('an idle socket that the peer closed is not used at all', async () => {
  await against(
    ({ socket, count }) => socket.write(httpResponse(String(count))),
    async (server) => {
      await observe(transport, postTo(server.origin)).done;
      server.sockets[0]!.end();
      await once(server.sockets[0]!, 'close');
      await sleep(20);
      const received = await observe(transport, postTo(server.origin)).done;
      assert.equal(received.text, '2');
      assert.equal(received.head?.replayed, undefined);
    },
  );
});

test('the wait for the first byte begins when a large request has left', async () => {
  const body = 'x'.repeat(16 * 1024 * 1024);
  const server = createServer((socket) => {
    let bytes = 0;
    socket.pause();
    setTimeout(() => socket.resume(), 400);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes >= body.length)
        setTimeout(() => socket.end(httpResponse('got it')), bytes > body.length ? 400 : 0);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const received = await observe(transport, postTo(url, { body, timeouts: { firstByteMs: 650 } })).done;
  assert.equal(received.text, 'got it', JSON.stringify(received.ending));
  server.close();
});

test('a slow reader holds the upstream back instead of filling memory', async () => {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const chunksTotal = 1_024;
  const httpChunk = Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]);
  let written = 0;
  await against(
    async ({ socket }) => {
      socket.write(sseHead);
      while (written < chunksTotal && !socket.destroyed) {
        written += 1;
        if (!socket.write(httpChunk)) await once(socket, 'drain');
      }
      socket.write('0\r\n\r\n');
    },
    async (server) => {
      let bytes = 0;
      let pauses = 0;
      const { call, received, done } = observe(transport, postTo(server.origin), (running, data) => {
        bytes += data.length;
        received.chunks.length = 0;
        received.text = '';
        if (pauses++ === 0) running.pause();
      });
      let stalledAt = -1;
      while (stalledAt !== written || written === 0) {
        stalledAt = written;
        await sleep(100);
      }
      // What is under way lives in the kernel's socket buffers, not with us.
      assert.ok(bytes <= 256 * 1024, `${bytes} bytes were handed to a paused reader`);
      assert.ok(written < chunksTotal / 2, `the upstream could write ${written} of ${chunksTotal} chunks`);
      call.resume();
      assert.equal(kindOf(await done), 'end');
      assert.equal(bytes, chunk.length * chunksTotal);
    },
  );
});

test('while paused nothing is told, neither end nor failure nor silence of the upstream', async () => {
  for (const [answer, kind] of [
    [(r: RawRequest) => void r.socket.write(chunkedResponse(['hello'])), 'end'],
    [(r: RawRequest) => thenReset(r, `${sseHead}5\r\nhello\r\n`), 'reset'],
  ] as const) {
    await against(answer, async (server) => {
      const timeouts = { firstByteMs: 60, interChunkMs: 60 };
      const { call, received, done } = observe(transport, postTo(server.origin, { timeouts }));
      call.pause();
      await sleep(200);
      assert.deepEqual([received.text, received.endings], ['', 0]);
      call.resume();
      assert.equal(kindOf(await done), kind);
      // What the socket held when it was reset is lost with it; nothing is invented.
      assert.ok(kind === 'end' ? received.text === 'hello' : 'hello'.startsWith(received.text));
    });
  }
});

test('a paused call is still bounded by its total time', async () => {
  await against(
    ({ socket }) => socket.write(`${sseHead}5\r\nhello\r\n`),
    async (server) => {
      const { call, done } = observe(transport, postTo(server.origin, { timeouts: { totalMs: 100 } }));
      call.pause();
      assert.equal(kindOf(await done), 'total-timeout');
    },
  );
});

test('a reader that throws ends its own call and its socket', async () => {
  await against(
    ({ socket }) => socket.write(`${sseHead}5\r\nhello\r\n`),
    async (server) => {
      const received = await observe(transport, postTo(server.origin), () => {
        throw new Error('cannot read this');
      }).done;
      assert.equal(kindOf(received), 'protocol');
      if (!server.sockets[0]!.destroyed) await once(server.sockets[0]!, 'close');
      assert.equal(received.endings, 1);
    },
  );
});

test('close() ends running calls as aborted and refuses new ones', async () => {
  const own = createUndiciTransport({ clock: systemClock });
  await against(
    () => undefined,
    async (server) => {
      const running = observe(own, postTo(server.origin));
      while (server.sockets.length === 0) await sleep(5);
      await own.close();
      assert.equal(kindOf(await running.done), 'aborted');
      assert.equal(kindOf(await observe(own, postTo(server.origin)).done), 'aborted');
    },
  );
});
