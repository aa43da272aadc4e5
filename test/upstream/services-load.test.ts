import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SignableRequest } from '../../src/upstream/credentials/request-signer.ts';
import { latencies, type SimulatedUpstream, Simulation } from './load/simulation.ts';
import { seededRandom } from './load/virtual-time.ts';

const works = { afterMs: 100, status: 200 };

function simulate(upstreams: { [id: string]: SimulatedUpstream }, attemptsMax?: number): Simulation {
  return new Simulation({ seed: 1, strategy: 'weight', upstreams, ...(attemptsMax && { attemptsMax }) });
}

function keys(...weights: number[]) {
  return weights.map((weight, index) => ({ key: `secret-${index + 1}`, id: `k${index + 1}`, weight }));
}

/** So many requests beside chat at once, and time for them to end. */
async function served(
  simulation: Simulation,
  times = 1,
  wanted: Parameters<Simulation['serve']>[0] = {},
  withinMs = 60_000,
) {
  const outcomes = Promise.all(Array.from({ length: times }, () => simulation.serve(wanted)));
  await simulation.time.run(simulation.time.nowMs + withinMs);
  return outcomes;
}

function usedKeys(simulation: Simulation): string[] {
  return simulation.calls.map(({ key }) => key!);
}

test('keys share the calls beside chat by weight', async () => {
  const simulation = simulate({ up: { keys: keys(1, 2, 3), reply: () => works } });
  await served(simulation, 60);
  const used = usedKeys(simulation);
  assert.deepEqual(
    ['secret-1', 'secret-2', 'secret-3'].map((key) => used.filter((one) => one === key).length),
    [10, 20, 30],
  );
});

for (const status of [401, 402, 403, 429]) {
  test(`after ${status} another key is tried at once, and the first one rests`, async () => {
    const simulation = simulate({
      up: {
        keys: keys(5, 1),
        reply: (_nowMs, key) =>
          key === 'secret-1' ? { afterMs: 10, status, headers: { 'retry-after': '300' } } : works,
      },
    });
    const [outcome] = await served(simulation, 1, {}, 5_000);
    assert.equal(outcome?.kind, 'whole');
    assert.deepEqual(
      simulation.calls.map(({ key, atMs }) => [key, atMs]),
      [
        ['secret-1', 0],
        ['secret-2', 10],
      ],
    );
    await served(simulation, 20, {}, 5_000);
    assert.equal(usedKeys(simulation).filter((key) => key === 'secret-1').length, 1);
  });
}

test('a failure that stands in a success is read where the vendor writes it, and is the key’s to bear', async () => {
  const simulation = simulate({
    up: {
      vendor: 'minimax',
      keys: keys(5, 1),
      reply: (_nowMs, key) =>
        key === 'secret-1'
          ? { ...works, json: { vectors: null, base_resp: { status_code: 1002, status_msg: 'rate limit' } } }
          : { ...works, json: { vectors: [[1]], base_resp: { status_code: 0, status_msg: 'success' } } },
    },
  });
  const [outcome] = await served(simulation);
  assert.ok(outcome?.kind === 'whole');
  assert.deepEqual(JSON.parse(Buffer.from(outcome.answer.bytes).toString()).vectors, [[1]]);
  assert.deepEqual(usedKeys(simulation), ['secret-1', 'secret-2']);
});

test('limits by minute hold for services and chats together, and tokens count as they were', async () => {
  const simulation = simulate({ a: { limits: { tokens_per_minute: 350 }, reply: () => works } });
  for (const request of ['serve', 'ask', 'serve', 'ask'] as const) {
    const waiting = simulation[request]();
    await simulation.time.run(simulation.time.nowMs + 1_000);
    await waiting;
  }
  assert.equal(simulation.answered, 2, 'expected to take 100 each, they took 200');
  assert.deepEqual([...new Set(simulation.failures.map(({ code }) => code))], ['upstream_rate_limited']);
});

test('calls beyond what may run at once wait their turn', async () => {
  const simulation = simulate({ a: { limits: { concurrent: 2 }, reply: () => works } });
  const outcomes = await served(simulation, 5);
  assert.ok(outcomes.every(({ kind }) => kind === 'whole'));
  assert.deepEqual(
    simulation.calls.map(({ atMs }) => atMs),
    [0, 0, 100, 100, 200],
  );
});

test('an answer that flows keeps its place until it is released', async () => {
  const simulation = simulate({ a: { limits: { concurrent: 1 }, reply: () => works } });
  const [first] = await served(simulation, 1, { take: () => 'flowing' });
  assert.ok(first?.kind === 'flowing');
  const second = simulation.serve();
  await simulation.time.run(simulation.time.nowMs + 20_000);
  assert.equal(simulation.calls.length, 1);
  first.lease.release(undefined);
  await simulation.time.run(simulation.time.nowMs + 1_000);
  assert.equal((await second).kind, 'whole');
});

test('what no limit counts waits for none, and takes no place', async () => {
  const simulation = simulate({
    a: { limits: { concurrent: 1, requests_per_minute: 1 }, reply: () => works },
  });
  const free = { strategy: 'weight', costsNano: new Map(), home: undefined, tokens: undefined } as const;
  const outcomes = await served(simulation, 5, { balancing: free });
  assert.ok(outcomes.every(({ kind }) => kind === 'whole'));
  assert.ok(simulation.calls.every(({ atMs }) => atMs === 0));
  assert.equal((await served(simulation))[0]?.kind, 'whole');
});

test('the siblings of one model share by price, and the dear one is the fallback', async () => {
  const simulation = new Simulation({
    seed: 1,
    strategy: 'price',
    upstreams: {
      dear: { priceUsd: 2, reply: () => works },
      cheap: { priceUsd: 1, reply: (nowMs) => (nowMs < 60_000 ? works : { afterMs: 1, status: 503 }) },
    },
  });
  await served(simulation, 3);
  assert.equal(simulation.callsTo('cheap').length, 3);
  assert.equal((await served(simulation))[0]?.kind, 'whole');
  assert.equal(simulation.callsTo('dear').length, 1);
});

test('a sibling that answers three times as slowly is ejected', async () => {
  const quick = latencies(seededRandom(1), 100);
  const simulation = simulate({
    a: { reply: () => ({ afterMs: quick(), status: 200 }) },
    b: { reply: () => ({ afterMs: quick(), status: 200 }) },
    c: { reply: () => ({ afterMs: quick() * 8, status: 200 }) },
  });
  await simulation.offer(10, 60_000, () => simulation.serve());
  assert.deepEqual(simulation.failures, []);
  const [usual, slow] = [simulation.callsTo('a').length, simulation.callsTo('c').length];
  assert.ok(slow < usual / 2, `${slow} calls of the slow one, ${usual} of another`);
});

test('an outage is not amplified: retries stay within the budget that chats have too', async () => {
  const simulation = simulate({
    a: { reply: () => ({ afterMs: 50, status: 503 }) },
    b: { reply: () => ({ afterMs: 50, status: 503 }) },
  });
  await simulation.offer(50, 10_000, () => Promise.all([simulation.serve(), simulation.ask()]));
  assert.equal(simulation.answered, 0);
  assert.equal(simulation.budgetExceeded, 0);
  assert.ok(simulation.calls.length < simulation.requests, 'open circuits answer for most');
});

test('a body that can be sent only once is sent once, with a key that works', async () => {
  const simulation = simulate({
    up: {
      keys: keys(9, 1),
      reply: (_nowMs, key) => (key === 'secret-1' ? { afterMs: 1, status: 401 } : works),
    },
  });
  const once = { repeatable: false };
  const [first] = await served(simulation, 1, once, 2_000);
  assert.ok(first?.kind === 'failed' && first.error.code === 'upstream_auth');
  assert.equal(simulation.calls.length, 1);
  const later = await served(simulation, 5, once, 2_000);
  assert.ok(later.every(({ kind }) => kind === 'whole'));
  assert.equal(usedKeys(simulation).filter((key) => key === 'secret-1').length, 1);
});

test('a request about what one account holds uses its key or none', async () => {
  const simulation = simulate({
    up: { keys: keys(1, 9), reply: (nowMs) => (nowMs < 60_000 ? works : { afterMs: 1, status: 401 }) },
  });
  await served(simulation, 10, { credential: 'k1' });
  assert.deepEqual([...new Set(usedKeys(simulation))], ['secret-1']);
  const [refused] = await served(simulation, 1, { credential: 'k1' }, 2_000);
  assert.ok(refused?.kind === 'failed' && refused.error.code === 'upstream_auth');
  const [resting] = await served(simulation, 1, { credential: 'k1' }, 2_000);
  assert.ok(resting?.kind === 'failed' && resting.error.code === 'overloaded');
  assert.deepEqual([...new Set(usedKeys(simulation))], ['secret-1']);
  assert.equal(simulation.calls.length, 11);
});

test('what fails at a place of its own closes no deployment, and is forgotten with its provider', async () => {
  let fails = true;
  const simulation = simulate({ up: { reply: () => (fails ? { afterMs: 1, status: 500 } : works) } }, 1);
  const plan = simulation.plan.map((candidate) => ({ ...candidate, place: 'up/files' }));
  await served(simulation, 10, { plan });
  fails = false;
  assert.equal((await served(simulation))[0]?.kind, 'whole');
  assert.equal(simulation.breakers.of('up/files').allows(0), false);
  simulation.fleet.forget([], [simulation.plan[0]!.deployment.provider]);
  assert.equal(simulation.breakers.of('up/files').allows(0), true);
});

test('documents are signed as they are sent, looks too; an upload cannot be', async () => {
  const signed: SignableRequest[] = [];
  const simulation = new Simulation({
    seed: 1,
    strategy: 'weight',
    upstreams: { up: { reply: () => works } },
    signer: {
      async sign(request) {
        signed.push(request);
        return { authorization: 'Bearer of-the-signer' };
      },
    },
  });
  const url = new URL('http://up.test/v1/x');
  const upload = { chunks: (async function* () {})(), bytes: 0, state: () => 'ended' as const };
  const body = Buffer.from('{"input":"a"}');
  await served(simulation, 1, { request: () => ({ method: 'POST', url, headers: {}, body }) });
  await served(simulation, 1, { request: () => ({ method: 'GET', url, headers: {}, body: undefined }) });
  await served(simulation, 1, {
    repeatable: false,
    request: () => ({ method: 'POST', url, headers: {}, body: undefined, upload }),
  });
  assert.deepEqual(
    signed.map(({ method, body: bytes }) => [method, Buffer.from(bytes).toString()]),
    [
      ['POST', '{"input":"a"}'],
      ['GET', ''],
    ],
  );
  assert.deepEqual(
    usedKeys(simulation).map((key) => key === 'of-the-signer'),
    [true, true, false],
  );
});
