import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { systemClock } from '../../src/std/index.ts';
import type { Upload } from '../../src/upstream/transport.ts';
import { createUndiciTransport } from '../../src/upstream/undici-transport.ts';
import { kindOf, observe, postTo } from './transport-helpers.ts';

const transport = createUndiciTransport({ clock: systemClock });
after(() => transport.close());

async function against(
  serve: (request: IncomingMessage, response: ServerResponse) => void,
  body: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

function uploadOf(chunks: AsyncIterable<Uint8Array>, bytes?: number): Upload {
  return { chunks, bytes, state: () => 'flowing' };
}

async function* pieces(count: number, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield Buffer.alloc(size, i);
}

const echoLength = (request: IncomingMessage, response: ServerResponse) => {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  request.on('end', () =>
    response.end(`${request.headers['content-length'] ?? request.headers['transfer-encoding']} ${bytes}`),
  );
};

test('a body that passes through arrives whole, with its length where that is known', async () => {
  await against(echoLength, async (url) => {
    const known = await observe(transport, {
      ...postTo(url),
      body: undefined,
      upload: uploadOf(pieces(50, 10_000), 500_000),
    }).done;
    assert.equal(known.text, '500000 500000');
    const unknown = await observe(transport, {
      ...postTo(url),
      body: undefined,
      upload: uploadOf(pieces(3, 10)),
    }).done;
    assert.equal(unknown.text, 'chunked 30');
  });
});

test('a body is read no faster than the upstream takes it', async () => {
  let taken = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      taken += 1;
      yield Buffer.alloc(65_536);
    }
  }
  let arrived: () => void = () => {};
  const began = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  await against(
    () => arrived(),
    async (url) => {
      const { call } = observe(transport, { ...postTo(url), body: undefined, upload: uploadOf(endless()) });
      await began;
      let before = -1;
      // Until both sockets are full and nothing moves any more.
      while (before !== taken) {
        before = taken;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.ok(taken * 65_536 < 64 * 1024 * 1024, `${taken} chunks were read`);
      call.abort();
    },
  );
});

test('a body that breaks off ends the call, and what has been sent is never sent again', async () => {
  let requests = 0;
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(10);
    throw new Error('the client left');
  }
  await against(
    () => {
      requests += 1;
    },
    async (url) => {
      const received = await observe(transport, {
        ...postTo(url),
        body: undefined,
        upload: uploadOf(broken()),
      }).done;
      assert.notEqual(kindOf(received), 'end');
      assert.equal(received.endings, 1);
      assert.ok(requests <= 1);
    },
  );
});

test('an answer before the end of the body is taken, and the next call is not confused by the rest', async () => {
  await against(
    (request, response) => {
      if (request.method === 'POST') response.writeHead(413).end('too large');
      else response.end('fine');
    },
    async (url) => {
      const received = await observe(transport, {
        ...postTo(url),
        body: undefined,
        upload: uploadOf(pieces(400, 65_536)),
      }).done;
      assert.equal(received.head?.status, 413);
      const next = await observe(transport, { ...postTo(url), method: 'DELETE', body: undefined }).done;
      assert.equal(next.text, 'fine');
    },
  );
});
