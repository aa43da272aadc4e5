import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../src/std/index.ts';
import { createUndiciTransport } from '../../src/upstream/undici-transport.ts';
import { chunkedResponse, httpResponse, startRawServer } from '../support/raw-server.ts';
import { kindOf, observe, postTo } from './transport-helpers.ts';

let reply: Buffer[] = [];
const server = await startRawServer(({ socket }) => {
  const pieces = reply;
  const next = (at: number): void => {
    const piece = pieces[at];
    if (piece === undefined) socket.end();
    else if (!socket.destroyed) socket.write(piece, () => setImmediate(() => next(at + 1)));
  };
  next(0);
});
const transport = createUndiciTransport({ clock: systemClock });
after(async () => {
  await transport.close();
  await server.close();
});

const quick = { firstByteMs: 500, interChunkMs: 500, totalMs: 1_000 };

function cutAt(bytes: Buffer, cuts: number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index]!, end));
}

test('a chunked answer reads the same wherever the network cuts it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }), { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      async (chunks, cuts) => {
        reply = cutAt(Buffer.from(chunkedResponse(chunks)), cuts);
        const received = await observe(transport, postTo(server.origin, { timeouts: quick })).done;
        assert.equal(kindOf(received), 'end');
        assert.deepEqual(Buffer.concat(received.chunks), Buffer.from(chunks.join('')));
      },
    ),
    { numRuns: 150 },
  );
});

test('a mangled answer ends exactly once, and as whole only with a head', async () => {
  const body = 'data: {"n":1}\n\ndata: [DONE]\n\n';
  const originals = [
    chunkedResponse([body.slice(0, 15), body.slice(15)]),
    httpResponse(body, ['content-type: text/plain']),
  ];
  const mutation = fc.record({
    at: fc.nat(),
    kind: fc.constantFrom('flip', 'drop', 'double', 'insert', 'truncate'),
    byte: fc.integer({ min: 0, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...originals),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(), { maxLength: 4 }),
      async (original, mutations, cuts) => {
        let bytes = Buffer.from(original);
        for (const { at, kind, byte } of mutations) {
          const index = at % Math.max(1, bytes.length);
          const [before, after] = [bytes.subarray(0, index), bytes.subarray(index)];
          if (kind === 'truncate') bytes = before;
          else if (kind === 'drop') bytes = Buffer.concat([before, after.subarray(1)]);
          else if (kind === 'flip') bytes = Buffer.concat([before, Buffer.of(byte), after.subarray(1)]);
          else if (kind === 'insert') bytes = Buffer.concat([before, Buffer.of(byte), after]);
          else bytes = Buffer.concat([bytes, bytes]);
        }
        reply = bytes.length === 0 ? [] : cutAt(bytes, cuts);
        const received = await observe(transport, postTo(server.origin, { timeouts: quick })).done;
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal(received.endings, 1);
        assert.ok(received.text.length <= bytes.length);
        if (kindOf(received) === 'end') assert.ok(received.head !== undefined);
      },
    ),
    { numRuns: 300 },
  );
});
