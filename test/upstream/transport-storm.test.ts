import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { systemClock } from '../../src/std/index.ts';
import { createUndiciTransport } from '../../src/upstream/undici-transport.ts';
import { chunkedResponse, httpResponse, type RawRequest, startRawServer } from '../support/raw-server.ts';
import { kindOf, observe, postTo } from './transport-helpers.ts';

const body = ['data: one\n\n', 'data: two\n\n', 'data: [DONE]\n\n'];

/** What a server may do with a request; the client names one in the request's body. */
const behaviours: { [name: string]: (request: RawRequest) => void } = {
  whole: ({ socket }) => void socket.write(chunkedResponse(body)),
  later: ({ socket }) => void setTimeout(() => socket.write(httpResponse(body.join(''))), 15),
  closing: ({ socket }) => void socket.end(chunkedResponse(body, ['connection: close'])),
  unannounced: ({ socket }) => void socket.end(chunkedResponse(body)),
  reset: ({ socket }) => void socket.resetAndDestroy(),
  cut: ({ socket }) => void socket.end(chunkedResponse(body).slice(0, 80)),
  silent: () => undefined,
  garbage: ({ socket }) => void socket.write('nonsense\r\n\r\n'),
};

const action = fc.record({
  behaviour: fc.constantFrom(...Object.keys(behaviours)),
  startMs: fc.integer({ min: 0, max: 60 }),
  abortMs: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined, freq: 3 }),
  pauseMs: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined, freq: 3 }),
});

test('in any mix of answers, failures, pauses and aborts each call ends once, whole answers are whole, and no socket is left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 60, maxLength: 120 }), async (actions) => {
      const server = await startRawServer((request) => {
        const name = request.text.slice(request.text.indexOf('\r\n\r\n') + 4);
        behaviours[name]!(request);
      });
      const transport = createUndiciTransport({ clock: systemClock, idleMs: 100 });
      await Promise.all(
        actions.map(async ({ behaviour, startMs, abortMs, pauseMs }) => {
          await sleep(startMs);
          // Only silence is to run into the limit: on a busy machine an answer may take its time.
          const timeouts = { firstByteMs: behaviour === 'silent' ? 120 : 10_000 };
          const { call, received, done } = observe(
            transport,
            postTo(server.origin, { body: behaviour, timeouts }),
          );
          if (pauseMs !== undefined) {
            call.pause();
            setTimeout(() => call.resume(), pauseMs);
          }
          if (abortMs !== undefined) {
            await sleep(abortMs);
            call.abort();
            const { endings } = received;
            await sleep(30);
            assert.equal(received.endings, endings);
            return;
          }
          await done;
          assert.equal(received.endings, 1);
          if (kindOf(received) === 'end') assert.equal(received.text, body.join(''));
          else assert.ok(body.join('').startsWith(received.text));
          if (behaviour === 'whole' || behaviour === 'later') assert.equal(kindOf(received), 'end');
        }),
      );
      await transport.close();
      await sleep(30);
      assert.deepEqual(
        server.sockets.filter((socket) => !socket.destroyed),
        [],
      );
      await server.close();
    }),
    // Shrinking a storm takes minutes, and what it ends with says no more.
    { numRuns: 8, endOnFailure: true },
  );
});
