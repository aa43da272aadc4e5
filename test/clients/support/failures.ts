import assert from 'node:assert/strict';
import type { FakeScript } from '../../support/fake-upstream.ts';
import type { Check, Scene } from './check.ts';
import type { Client, Feature } from './client.ts';

/** Requests that an SDK makes of a service that keeps failing, unless its kind says otherwise: one, and two repetitions. */
const requestsOfFailure = 3;

interface Expected {
  status: number;
  requests: number;
  message?: RegExp;
}

async function fails(
  { kind, stage }: Scene,
  call: () => Promise<unknown>,
  expected: Expected,
): Promise<void> {
  const since = stage.exchanges.length;
  await assert.rejects(call, (thrown) => {
    const failure = kind.failure(thrown);
    if (kind.lacks?.status === undefined) assert.equal(failure.status, expected.status, failure.message);
    assert.match(failure.message, expected.message ?? /./);
    assert.doesNotMatch(failure.message, /sk-/);
    return true;
  });
  const statuses = stage.exchanges.slice(since).map(({ status }) => status);
  assert.equal(statuses.at(-1), expected.status);
  assert.equal(statuses.length, expected.requests, 'requests that the SDK made');
}

/** The connection and the circuit to the upstream are whole again. */
async function stillWorks({ stage, client, model }: Scene): Promise<void> {
  stage.play({ text: 'Fine.' });
  assert.equal((await client.ask({ model, prompt: 'Hi' })).text, 'Fine.');
}

/** What programs see when something goes wrong, and how often their SDK tries: the table of what it does at the vendor itself. */
export const failureChecks: Check[] = [
  ...[false, true].flatMap(bothWays),
  {
    name: 'a failure that passes is not seen by the program',
    group: 'errors',
    needs: ['retries'],
    async run({ kind, stage, model }) {
      stage.play([{ status: 500, error: { message: 'boom' } }, { text: 'Fine.' }]);
      const since = stage.exchanges.length;
      // What makes one attempt elsewhere, because its pauses cannot be cut short, makes several here.
      const client = stage.connect({ keepsRetryAfter: kind.requestsOfFailure === 1 });
      const answer = await client.ask({ model, prompt: 'Hi' });
      assert.equal(answer.text, 'Fine.');
      assert.equal(stage.exchanges.length - since, 2);
    },
  },
  {
    name: 'a rate limit is waited for as long as the upstream says, then the call succeeds',
    group: 'errors',
    needs: ['retries'],
    async run({ stage, model }) {
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
    },
  },
  {
    name: 'a stream that breaks is an exception after what had arrived, and is not repeated',
    group: 'errors',
    needs: ['stream'],
    async run(scene) {
      const { kind, stage, client, model } = scene;
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
          client.stream!({ model, prompt: 'Hi' }, (delta) => {
            text += delta;
          }),
          (thrown) => !kind.failure(thrown).aborted,
          JSON.stringify(reply),
        );
        assert.equal(text, 'ab');
        assert.equal(stage.exchanges.length - since, 1);
        await stillWorks(scene);
      }
    },
  },
  ...(['before the first content', 'in the middle'] as const).map(
    (when): Check => ({
      name: `a program that aborts ${when} sees an abort, and the upstream is left`,
      group: 'errors',
      needs: ['stream', 'abort'],
      async run(scene) {
        const { kind, stage, client, model } = scene;
        stage.play(
          when === 'in the middle'
            ? { text: Array.from({ length: 500 }, () => 'word '), chunkDelayMs: 10 }
            : { silent: 'head' },
        );
        const controller = new AbortController();
        const index = stage.upstream.requests.length;
        const since = stage.exchanges.length;
        const call = client.stream!({ model, prompt: 'Hi', signal: controller.signal }, () =>
          controller.abort(),
        );
        if (when === 'before the first content') {
          void stage.upstream.whenReceived(index).then(() => controller.abort());
        }
        await assert.rejects(call, (thrown) => kind.failure(thrown).aborted);
        await stage.upstream.whenCancelled(index, 0);
        assert.equal(stage.exchanges.length - since, 1);
        await stillWorks(scene);
      },
    }),
  ),
  {
    name: 'a failure that only the operator can mend is final',
    group: 'errors',
    needs: [],
    async run(scene) {
      const { kind, stage, client, model } = scene;
      stage.play({ status: 401, error: { message: 'Incorrect API key sk-upstream-secret' } });
      const since = stage.exchanges.length;
      const call = (): Promise<unknown> => client.ask({ model, prompt: 'Hi' });
      const requests = kind.requestsOfFailure ?? requestsOfFailure;
      if (kind.obeysShouldRetry || requests === 1) {
        await fails(scene, call, { status: 502, requests: 1, message: /operator/ });
      } else {
        // The circuit is open when the SDK comes back, which is a passing failure.
        await fails(scene, call, { status: 503, requests });
      }
      assert.equal(stage.exchanges[since]!.headers!.get('x-should-retry'), 'false');
    },
  },
];

/** The checks that are made of a whole and of a streamed call. */
function bothWays(stream: boolean): Check[] {
  const how = stream ? ', streamed' : '';
  const needs: Feature[] = stream ? ['stream'] : [];
  const ask = (client: Client, model: string): Promise<unknown> =>
    stream ? client.stream!({ model, prompt: 'Hi' }) : client.ask({ model, prompt: 'Hi' });
  return [
    {
      name: `a wrong key, an unknown model and a refused request fail once${how}`,
      group: 'errors',
      needs,
      async run(scene) {
        const { stage, client, model } = scene;
        const stranger = stage.connect({ key: 'yk-wrong' });
        await fails(scene, () => ask(stranger, model), { status: 401, requests: 1, message: /key/ });
        await fails(scene, () => ask(client, 'no-such-model'), {
          status: 404,
          requests: 1,
          message: /no-such-model/,
        });
        const upstreamBefore = stage.upstream.requests.length;
        stage.play({ status: 400, error: { message: 'the prompt is odd' } });
        await fails(scene, () => ask(client, model), {
          status: 400,
          requests: 1,
          message: /the prompt is odd/,
        });
        assert.equal(stage.upstream.requests.length, upstreamBefore + 1);
        await stillWorks(scene);
      },
    },
    {
      name: `a failing upstream is asked again as often as the SDK does by itself${how}`,
      group: 'errors',
      needs,
      async run(scene) {
        const { kind, stage, client, model } = scene;
        const replies: FakeScript[] = [
          { status: 500, error: { message: 'boom' } },
          { status: 529, error: { message: 'busy' } },
          { drop: true },
        ];
        for (const reply of replies) {
          stage.play(reply);
          const requests = kind.requestsOfFailure ?? requestsOfFailure;
          await fails(scene, () => ask(client, model), { status: 502, requests });
          await stillWorks(scene);
        }
      },
    },
  ];
}
