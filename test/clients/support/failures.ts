import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { FakeScript } from '../../support/fake-upstream.ts';
import type { Client, ClientDialect, ClientKind } from './client.ts';
import { type ScriptedStage, startScripted } from './stage.ts';

/** Requests that every SDK here makes of a service that keeps failing: one, and two repetitions. */
const requestsOfFailure = 3;

/** What programs see when something goes wrong, and how often their SDK tries: the table of what it does at the vendor itself. */
export function testFailures(kind: ClientKind, dialect: ClientDialect): void {
  let stage: ScriptedStage;
  let client: Client;
  let model: string;
  before(async () => {
    stage = await startScripted(kind, dialect);
    client = stage.connect();
  });
  after(() => stage.close());
  beforeEach(() => {
    model = stage.untriedModel();
  });

  interface Expected {
    status: number;
    requests: number;
    message?: RegExp;
  }

  async function fails(call: Promise<unknown>, expected: Expected, since: number): Promise<void> {
    await assert.rejects(call, (thrown) => {
      const failure = kind.failure(thrown);
      assert.equal(failure.status, expected.status, failure.message);
      assert.match(failure.message, expected.message ?? /./);
      assert.doesNotMatch(failure.message, /sk-/);
      return true;
    });
    assert.equal(stage.exchanges.length - since, expected.requests, 'requests that the SDK made');
  }

  /** The connection and the circuit to the upstream are whole again. */
  async function stillWorks(): Promise<void> {
    stage.play({ text: 'Fine.' });
    assert.equal((await client.ask({ model, prompt: 'Hi' })).text, 'Fine.');
  }

  for (const stream of [false, true]) {
    const how = stream ? ', streamed' : '';
    const ask = (who: Client, name = model): Promise<unknown> =>
      stream ? who.stream({ model: name, prompt: 'Hi' }) : who.ask({ model: name, prompt: 'Hi' });

    test(`a wrong key, an unknown model and a refused request fail once${how}`, async () => {
      await fails(
        ask(stage.connect({ key: 'yk-wrong' })),
        { status: 401, requests: 1, message: /key/ },
        stage.exchanges.length,
      );
      await fails(
        ask(client, 'no-such-model'),
        { status: 404, requests: 1, message: /no-such-model/ },
        stage.exchanges.length,
      );
      const upstreamBefore = stage.upstream.requests.length;
      stage.play({ status: 400, error: { message: 'the prompt is too long' } });
      await fails(
        ask(client),
        { status: 400, requests: 1, message: /the prompt is too long/ },
        stage.exchanges.length,
      );
      assert.equal(stage.upstream.requests.length, upstreamBefore + 1);
      await stillWorks();
    });

    test(`a failing upstream is asked again as often as the SDK does by itself${how}`, async () => {
      const replies: FakeScript[] = [
        { status: 500, error: { message: 'boom' } },
        { status: 529, error: { message: 'busy' } },
        { drop: true },
      ];
      for (const reply of replies) {
        stage.play(reply);
        const since = stage.exchanges.length;
        await fails(ask(client), { status: 502, requests: requestsOfFailure }, since);
        await stillWorks();
      }
    });
  }

  test('a failure that passes is not seen by the program', async () => {
    stage.play([{ status: 500, error: { message: 'boom' } }, { text: 'Fine.' }]);
    const since = stage.exchanges.length;
    const answer = await client.ask({ model, prompt: 'Hi' });
    assert.equal(answer.text, 'Fine.');
    assert.equal(stage.exchanges.length - since, 2);
  });

  test('a rate limit is waited for as long as the upstream says, then the call succeeds', async () => {
    stage.play([
      { status: 429, headers: { 'retry-after': '1' }, error: { message: 'slow down' } },
      { text: 'Fine.' },
    ]);
    const since = stage.exchanges.length;
    const patient = stage.connect({ keepsRetryAfter: true });
    const answer = await patient.ask({ model, prompt: 'Hi' });
    assert.equal(answer.text, 'Fine.');
    const seen = stage.exchanges.slice(since);
    assert.deepEqual(
      seen.map(({ status, headers }) => [status, headers?.get('retry-after')]),
      [
        [429, '1'],
        [200, null],
      ],
    );
  });

  test('a stream that breaks is an exception after what had arrived, and is not repeated', async () => {
    const breaks: FakeScript[] = [
      { text: ['a', 'b', 'c', 'd'], cut: { how: 'reset', afterChunks: 2 } },
      { text: ['a', 'b', 'c', 'd'], cut: { how: 'close', afterChunks: 2 } },
      { text: ['a', 'b', 'c', 'd'], cut: { how: 'end', afterChunks: 2 } },
      { text: ['a', 'b', 'c', 'd'], errorEvent: { afterChunks: 2, message: 'overloaded' } },
    ];
    for (const reply of breaks) {
      stage.play(reply);
      const since = stage.exchanges.length;
      let text = '';
      await assert.rejects(
        client.stream({ model, prompt: 'Hi' }, (delta) => {
          text += delta;
        }),
        (thrown) => !kind.failure(thrown).aborted,
        JSON.stringify(reply),
      );
      assert.equal(text, 'ab');
      assert.equal(stage.exchanges.length - since, 1);
      await stillWorks();
    }
  });

  for (const when of ['before the first content', 'in the middle'] as const) {
    test(`a program that aborts ${when} sees an abort, and the upstream is left`, async () => {
      stage.play(
        when === 'in the middle'
          ? { text: Array.from({ length: 500 }, () => 'word '), chunkDelayMs: 10 }
          : { silent: 'head' },
      );
      const controller = new AbortController();
      const index = stage.upstream.requests.length;
      const since = stage.exchanges.length;
      const call = client.stream({ model, prompt: 'Hi', signal: controller.signal }, () =>
        controller.abort(),
      );
      if (when === 'before the first content') {
        void stage.upstream.whenReceived(index).then(() => controller.abort());
      }
      await assert.rejects(call, (thrown) => kind.failure(thrown).aborted);
      await stage.upstream.whenCancelled(index, 0);
      assert.equal(stage.exchanges.length - since, 1);
      await stillWorks();
    });
  }

  test('a failure that only the operator can mend is final', async () => {
    stage.play({ status: 401, error: { message: 'Incorrect API key sk-upstream-secret' } });
    const since = stage.exchanges.length;
    const call = client.ask({ model, prompt: 'Hi' });
    if (kind.obeysShouldRetry) {
      await fails(call, { status: 502, requests: 1, message: /operator/ }, since);
    } else {
      // The circuit is open when the SDK comes back, which is a passing failure.
      await fails(call, { status: 503, requests: requestsOfFailure }, since);
    }
    assert.equal(stage.exchanges[since]!.headers!.get('x-should-retry'), 'false');
  });
}
