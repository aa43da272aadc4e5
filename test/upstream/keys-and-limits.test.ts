import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SimulatedUpstream, Simulation } from './load/simulation.ts';

const works = { afterMs: 100, status: 200 };

function simulate(upstreams: { [id: string]: SimulatedUpstream }, attemptsMax?: number): Simulation {
  return new Simulation({ seed: 1, strategy: 'weight', upstreams, ...(attemptsMax && { attemptsMax }) });
}

function keys(...weights: number[]) {
  return weights.map((weight, index) => ({ key: `secret-${index + 1}`, id: `k${index + 1}`, weight }));
}

function usedKeys(simulation: Simulation): string[] {
  return simulation.calls.map(({ key }) => key!);
}

async function asked(simulation: Simulation, times = 1, withinMs = 60_000) {
  const outcomes = Promise.all(Array.from({ length: times }, () => simulation.ask()));
  await simulation.time.run(simulation.time.nowMs + withinMs);
  return outcomes;
}

test('keys share the calls by weight, spread evenly', async () => {
  const simulation = simulate({ up: { keys: keys(1, 2, 3), reply: () => works } });
  await asked(simulation, 60);
  const used = usedKeys(simulation);
  assert.deepEqual(
    ['secret-1', 'secret-2', 'secret-3'].map((key) => used.filter((one) => one === key).length),
    [10, 20, 30],
  );
  for (let at = 0; at < 60; at += 6) assert.equal(new Set(used.slice(at, at + 6)).size, 3);
});

for (const { status, code } of [
  { status: 401, code: 'upstream_auth' },
  { status: 402, code: 'upstream_quota' },
]) {
  test(`after ${status} the same deployment is asked with another key at once, and the key rests and is named`, async () => {
    const simulation = simulate({
      up: {
        keys: keys(5, 1),
        reply: (_nowMs, key) => (key === 'secret-1' ? { afterMs: 10, status } : works),
      },
    });
    const [outcome] = await asked(simulation, 1, 5_000);
    assert.equal(outcome?.kind, 'answered');
    assert.deepEqual(usedKeys(simulation), ['secret-1', 'secret-2']);
    assert.equal(simulation.calls[1]!.atMs, 10, 'without a backoff');
    assert.deepEqual(simulation.refusedKeys, [{ provider: 'up', key: 'k1', deployment: 'up/m', code }]);
    await asked(simulation, 20, 5_000);
    assert.equal(usedKeys(simulation).filter((key) => key === 'secret-1').length, 1);
    assert.equal(simulation.serves('up'), true, 'the circuit stays closed');
  });
}

test('a key that is limited rests as long as it is told, then one call looks after it', async () => {
  const limitedUntilMs = 30_000;
  const simulation = simulate({
    up: {
      keys: keys(1, 1),
      reply: (nowMs, key) =>
        key === 'secret-1' && nowMs < limitedUntilMs
          ? { afterMs: 10, status: 429, headers: { 'retry-after': '30' } }
          : works,
    },
  });
  await simulation.offer(5, 60_000);
  assert.deepEqual(simulation.failures, []);
  const first = simulation.calls.filter(({ key }) => key === 'secret-1');
  assert.equal(first.filter(({ status }) => status === 429).length, 1);
  assert.ok(first[1]!.atMs >= limitedUntilMs);
  assert.ok(first.length > 50, `${first.length} calls with the key that is free again`);
});

test('after its rest a key is tried by one call, and by the others when that succeeded', async () => {
  const simulation = simulate({
    up: {
      keys: keys(9, 1),
      reply: (nowMs, key) =>
        key === 'secret-1' && nowMs < 5_000
          ? { afterMs: 10, status: 429, headers: { 'retry-after': '5' } }
          : works,
    },
  });
  await Promise.all([simulation.ask(), simulation.time.run(6_000)]);
  await asked(simulation, 10);
  const crowd = simulation.calls.filter(({ atMs }) => atMs === 6_000);
  assert.equal(crowd.filter(({ key }) => key === 'secret-1').length, 1);
  await asked(simulation, 10);
  assert.ok(
    usedKeys(simulation)
      .slice(-10)
      .filter((key) => key === 'secret-1').length >= 8,
  );
});

test('a request sits out no more than five seconds in all', async () => {
  const limited = { afterMs: 1, status: 429, headers: { 'retry-after': '3' } };
  const simulation = simulate({ up: { keys: keys(1, 1), reply: () => limited } }, 10);
  const [outcome] = await asked(simulation);
  assert.equal(outcome?.kind === 'failed' && outcome.error.code, 'upstream_rate_limited');
  assert.equal(simulation.calls.length, 4, 'both keys, and both again');
  assert.ok(simulation.failures[0]!.atMs <= 5_000, `${simulation.failures[0]!.atMs} ms`);
});

test('a deployment whose keys all rest is passed over like one with an open circuit', async () => {
  const simulation = simulate({
    barred: { weight: 9, keys: keys(1, 1), reply: () => ({ afterMs: 10, status: 401 }) },
    sibling: { reply: () => works },
  });
  await asked(simulation, 1, 2_000);
  await asked(simulation, 10, 2_000);
  assert.deepEqual(simulation.failures, []);
  assert.equal(simulation.callsTo('barred').length, 2);
  assert.equal(simulation.callsTo('sibling').length, 11);
});

test('however many keys are bad, the last attempt is another deployment’s', async () => {
  const simulation = simulate({
    barred: { weight: 9, keys: keys(1, 1, 1, 1, 1), reply: () => ({ afterMs: 10, status: 401 }) },
    sibling: { reply: () => works },
  });
  const [outcome] = await asked(simulation);
  assert.equal(outcome?.kind, 'answered');
  assert.deepEqual(
    simulation.calls.map(({ upstream }) => upstream),
    ['barred', 'barred', 'barred', 'sibling'],
  );
});

test('when nothing but resting keys is left the answer is a 503 that says when to come back', async () => {
  const simulation = simulate({ barred: { keys: keys(1, 1), reply: () => ({ afterMs: 10, status: 401 }) } });
  const [first] = await asked(simulation, 1, 2_000);
  assert.equal(first?.kind === 'failed' && first.error.code, 'upstream_auth');
  const [second] = await asked(simulation, 1, 2_000);
  assert.equal(second?.kind === 'failed' && second.error.code, 'overloaded');
  assert.ok(second?.kind === 'failed' && second.error.retryAfterMs! > 10_000);
  assert.equal(simulation.calls.length, 2);
});

test('a 403 bars a key from one deployment only', async () => {
  const simulation = simulate({
    up: {
      keys: keys(1, 1),
      reply: (_nowMs, key) => (key === 'secret-1' ? { afterMs: 1, status: 403 } : works),
    },
  });
  await asked(simulation, 4);
  const [candidate] = simulation.plan;
  const other = { ...candidate!, deployment: { ...candidate!.deployment, id: 'up/other' } };
  const entered = [1, 2].map(() => {
    const entry = simulation.fleet.enter(other, { tokens: 1, nowMs: simulation.time.nowMs });
    return entry.kind === 'entered' ? entry.lease.key?.id : entry.kind;
  });
  assert.deepEqual(entered.toSorted(), ['k1', 'k2']);
});

test('a deployment at its limit is passed over without a call; when all are, the request waits or is told how long', async () => {
  const simulation = simulate({
    a: { limits: { requests_per_minute: 2 }, reply: () => works },
    b: { limits: { requests_per_minute: 3 }, reply: () => works },
  });
  await asked(simulation, 5);
  assert.deepEqual([simulation.callsTo('a').length, simulation.callsTo('b').length], [2, 3]);
  // A minute has passed: the places are free again, and taken once more.
  const outcomes = await asked(simulation, 6);
  const refused = outcomes.filter((one) => one.kind === 'failed');
  assert.equal(refused.length, 1);
  assert.equal(refused[0]!.error.code, 'upstream_rate_limited');
  assert.equal(refused[0]!.error.status, 429);
  assert.ok(refused[0]!.error.retryAfterMs! > 30_000);
  assert.equal(simulation.calls.length, 10);
});

test('a short wait for a rate limit is sat out', async () => {
  const simulation = simulate({ a: { limits: { requests_per_minute: 1 }, reply: () => works } });
  await Promise.all([simulation.ask(), simulation.time.run(57_000)]);
  const waiting = simulation.ask();
  await simulation.time.run(70_000);
  assert.equal((await waiting).kind, 'answered');
  assert.ok(simulation.calls[1]!.atMs >= 60_000);
});

// A call is expected to take 100 tokens, and takes 200.
for (const { whose, upstream } of [
  { whose: 'a deployment', upstream: { limits: { tokens_per_minute: 350 } } },
  { whose: 'a key', upstream: { keys: [{ key: 'secret', limits: { tokensPerMinute: 350 } }] } },
]) {
  test(`the tokens of ${whose} are counted as expected, then as they were`, async () => {
    const atOnce = simulate({ a: { ...upstream, reply: () => works } });
    const outcomes = await asked(atOnce, 5);
    assert.equal(outcomes.filter(({ kind }) => kind === 'answered').length, 3);
    const inTurn = simulate({ a: { ...upstream, reply: () => works } });
    for (let at = 0; at < 4; at++) {
      const waiting = inTurn.ask();
      await inTurn.time.run(inTurn.time.nowMs + 1_000);
      await waiting;
    }
    assert.equal(inTurn.answered, 2);
  });
}

test('calls beyond what may run at once wait their turn, first come first served', async () => {
  const simulation = simulate({ a: { limits: { concurrent: 2 }, reply: () => works } });
  const outcomes = await asked(simulation, 7);
  assert.ok(outcomes.every(({ kind }) => kind === 'answered'));
  assert.deepEqual(
    simulation.calls.map(({ atMs }) => atMs),
    [0, 0, 100, 100, 200, 200, 300],
  );
});

test('a busy deployment hands over to an idle one of the same model before anybody waits', async () => {
  const simulation = simulate({
    a: { weight: 9, limits: { concurrent: 1 }, reply: () => works },
    b: { reply: () => works },
  });
  await asked(simulation, 4);
  assert.ok(simulation.calls.every(({ atMs }) => atMs === 0));
  assert.equal(simulation.callsTo('a').length, 1);
});

test('the calls at once that a key is allowed are kept too', async () => {
  const limits = { concurrent: 1 };
  const simulation = simulate({ a: { keys: [{ key: 'secret', limits }], reply: () => works } });
  await asked(simulation, 3);
  assert.deepEqual(
    simulation.calls.map(({ atMs }) => atMs),
    [0, 100, 200],
  );
});

test('who got a place has left the queue', async () => {
  const reply = () => ({ afterMs: 10, status: 200 });
  const simulation = simulate({ a: { limits: { concurrent: 1 }, reply } });
  for (let wave = 0; wave < 3; wave++) {
    const outcomes = await asked(simulation, 200);
    assert.ok(outcomes.every(({ kind }) => kind === 'answered'));
  }
});

test('who waits for a place when all keys come to rest waits for a key, and is not refused', async () => {
  const simulation = simulate({
    a: {
      keys: keys(1, 1),
      limits: { concurrent: 1 },
      reply: (nowMs) =>
        nowMs < 200 ? { afterMs: 100, status: 429, headers: { 'retry-after': '1' } } : works,
    },
  });
  const outcomes = await asked(simulation, 4);
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['answered', 'answered', 'answered', 'answered'],
  );
});

test('the queue is bounded in length and in time', async () => {
  const simulation = simulate({
    a: { limits: { concurrent: 1 }, reply: () => ({ afterMs: 25_000, status: 200 }) },
  });
  const outcomes = await asked(simulation, 300);
  const refused = outcomes.filter((one) => one.kind === 'failed');
  assert.equal(simulation.calls.length, 2, 'the second after 25 s, the third would have come after 50 s');
  assert.equal(refused.length, 298);
  assert.ok(refused.every(({ error }) => error.code === 'overloaded' && error.retryAfterMs === 1000));
  const atOnce = simulation.failures.filter(({ atMs }) => atMs === 0).length;
  assert.equal(atOnce, 300 - 1 - 256);
});

test('a success that says nothing remains makes room for the siblings until it does again', async () => {
  const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '20s' };
  const simulation = simulate({
    a: { weight: 9, reply: () => ({ ...works, headers }) },
    b: { reply: () => works },
  });
  const first = simulation.ask();
  await simulation.time.run(1_000);
  await first;
  const rest = [1, 2, 3].map(() => simulation.ask());
  await simulation.time.run(2_000);
  await Promise.all(rest);
  assert.deepEqual(
    simulation.calls.map(({ upstream }) => upstream),
    ['a', 'b', 'b', 'b'],
  );
});

test('a client that leaves while its retry waits for the budget causes no other call', async () => {
  const simulation = simulate({
    a: { weight: 9, reply: () => ({ afterMs: 10, status: 500 }) },
    b: { reply: () => works },
  });
  for (let at = 0; at < 3; at++) assert.equal(simulation.retryBudget.tryAcquire(), true);
  const cancellation = { cancelled: false, onCancel: () => undefined };
  const asking = simulation.ask(cancellation);
  await simulation.time.run(500);
  cancellation.cancelled = true;
  simulation.retryBudget.release();
  await simulation.time.run(1_000);
  assert.equal((await asking).kind, 'cancelled');
  assert.equal(simulation.calls.length, 1);
  assert.equal(simulation.retryBudget.snapshot.retrying, 2);
  for (const { deployment } of simulation.plan)
    assert.equal(simulation.fleet.view(deployment, 0).inFlight, 0);
});
