import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { BalanceStrategy } from '../../src/upstream/load/balance.ts';
import { latencies, type SimulatedUpstream, Simulation } from './load/simulation.ts';
import { seededRandom } from './load/virtual-time.ts';

/**
 * Ten deployments of one model with planted failures, ten minutes at ten requests a second, over the code that runs in production. Only
 * time and the upstreams are played.
 */
const minuteMs = 60_000;
const diesAtMs = 2 * minuteMs;
const recoversAtMs = 4 * minuteMs;
const endMs = 10 * minuteMs;
const healthy = ['healthy-2', 'healthy-3', 'healthy-4'];
const vendorLimit = 40;

function plantedFailures(seed: number): { [id: string]: SimulatedUpstream } {
  const random = seededRandom(seed);
  const usual = latencies(random, 400);
  const slow = latencies(random, 2_000);
  const works = (weight: number): SimulatedUpstream => ({
    weight,
    reply: () => ({ afterMs: usual(), status: 200 }),
  });
  const admitted: number[] = [];
  return {
    dead: { weight: 2, reply: () => ({ afterMs: 5 }) },
    half: { weight: 2, reply: () => ({ afterMs: usual(), status: random() < 0.5 ? 500 : 200 }) },
    limited: {
      weight: 2,
      reply(nowMs) {
        const recent = admitted.filter((atMs) => atMs > nowMs - minuteMs);
        if (recent.length < vendorLimit) {
          admitted.push(nowMs);
          return { afterMs: usual(), status: 200 };
        }
        const seconds = Math.ceil((recent[0]! + minuteMs - nowMs) / 1000);
        return { afterMs: 20, status: 429, headers: { 'retry-after': String(seconds) } };
      },
    },
    'slow-1': { weight: 1, reply: () => ({ afterMs: slow(), status: 200 }) },
    'slow-2': { weight: 2, reply: () => ({ afterMs: slow(), status: 200 }) },
    mortal: {
      weight: 3,
      reply: (nowMs) =>
        nowMs >= diesAtMs && nowMs < recoversAtMs ? { afterMs: 5 } : { afterMs: usual(), status: 200 },
    },
    metered: { ...works(1), limits: { requests_per_minute: 30 } },
    'healthy-2': works(2),
    'healthy-3': works(3),
    'healthy-4': works(4),
  };
}

interface Watched {
  simulation: Simulation;
  /** When each deployment first went out of service, and when the mortal one did after it had died. */
  outAtMs: Map<string, number>;
  mortalOutAtMs: number | undefined;
}

async function play(strategy: BalanceStrategy, seed = 1): Promise<Watched> {
  const simulation = new Simulation({ seed, strategy, upstreams: plantedFailures(seed) });
  const watched: Watched = { simulation, outAtMs: new Map(), mortalOutAtMs: undefined };
  const look = (): void => {
    const { nowMs } = simulation.time;
    for (const { deployment } of simulation.plan) {
      const { id } = deployment.provider;
      if (simulation.serves(id)) continue;
      if (!watched.outAtMs.has(id)) watched.outAtMs.set(id, nowMs);
      if (id === 'mortal' && nowMs >= diesAtMs) watched.mortalOutAtMs ??= nowMs;
    }
    if (nowMs < endMs) simulation.time.after(100, look);
  };
  look();
  await simulation.offer(10, endMs);
  return watched;
}

for (const strategy of ['weight', 'price', 'least-busy', 'latency'] as const) {
  describe(`ten deployments with planted failures share their load by ${strategy}`, () => {
    let played: Watched;
    before(async () => {
      played = await play(strategy);
    });

    test('no request fails while a healthy deployment is left', () => {
      const { simulation } = played;
      assert.ok(simulation.requests > 5_500, String(simulation.requests));
      assert.deepEqual(simulation.failures, []);
      assert.equal(simulation.answered, simulation.requests);
    });

    test('retries stay within the budget at every instant, and are few', () => {
      const { simulation } = played;
      assert.equal(simulation.budgetExceeded, 0);
      assert.ok(simulation.retries > 0);
      assert.ok(simulation.retries / simulation.requests <= 0.05, `${simulation.retries} retries`);
    });

    test('what fails or is slow leaves the rotation within a minute, and its share with it', () => {
      const { simulation, outAtMs } = played;
      for (const id of ['dead', 'half', 'slow-1', 'slow-2']) {
        assert.ok((outAtMs.get(id) ?? Number.POSITIVE_INFINITY) <= minuteMs, `${id}: ${outAtMs.get(id)} ms`);
        const share = simulation.callsTo(id).length / simulation.calls.length;
        assert.ok(share <= 0.02, `${id} took ${share}`);
      }
      // After the five calls that opened the circuit only probes reached the dead one: one a cooldown.
      assert.ok(simulation.callsTo('dead').length <= 25);
      for (const id of healthy) assert.equal(outAtMs.get(id), undefined, id);
    });

    test('one that dies is out after five calls, and is found again within its longest cooldown', () => {
      const { simulation, mortalOutAtMs } = played;
      const died = simulation.callsTo('mortal', diesAtMs, recoversAtMs);
      assert.ok(died.filter(({ atMs }) => atMs <= mortalOutAtMs!).length <= 6);
      assert.ok(died.length <= 12, `${died.length} calls while it was dead`);
      const [back] = simulation.callsTo('mortal', recoversAtMs);
      // 60 s and a fifth of jitter; then the next request that looks for it.
      assert.ok(back!.atMs - recoversAtMs <= 80_000, `${back!.atMs - recoversAtMs} ms`);
      assert.ok(simulation.callsTo('mortal', recoversAtMs + 90_000).length > 100);
    });

    test('a rate limit of ours is never exceeded, one of the vendor is believed', () => {
      const { simulation } = played;
      const metered = simulation.callsTo('metered');
      for (const [at, { atMs }] of metered.entries()) {
        const before = metered[at - 30];
        if (before !== undefined) assert.ok(atMs - before.atMs >= minuteMs);
      }
      assert.ok(metered.length >= 250, String(metered.length));
      const limited = simulation.callsTo('limited');
      const admitted = limited.filter(({ status }) => status === 200).length;
      assert.ok(admitted >= (vendorLimit * 9 * 9) / 10, `${admitted} admitted`);
      assert.ok(limited.length - admitted <= admitted * 0.25, `${limited.length - admitted} refused`);
    });
  });
}

describe('shares of the healthy', () => {
  const sharesOf = ({ simulation }: Watched, from = 0): number[] =>
    healthy.map((id) => simulation.callsTo(id, from).length);

  test('weights are kept within 3 %', async () => {
    const [two, three, four] = sharesOf(await play('weight', 3));
    const unit = (two! + three! + four!) / 9;
    assert.ok(Math.abs(two! / unit - 2) <= 0.06, `${two! / unit}`);
    assert.ok(Math.abs(three! / unit - 3) <= 0.09, `${three! / unit}`);
    assert.ok(Math.abs(four! / unit - 4) <= 0.12, `${four! / unit}`);
  });

  for (const strategy of ['least-busy', 'latency'] as const) {
    test(`${strategy} shares evenly among equals, within 10 %`, async () => {
      const shares = sharesOf(await play(strategy, 4));
      const mean = (shares[0]! + shares[1]! + shares[2]!) / 3;
      for (const share of shares) assert.ok(Math.abs(share / mean - 1) <= 0.1, `${shares}`);
    });
  }

  test('the same seed plays the same', async () => {
    const [one, other] = [await play('latency', 5), await play('latency', 5)];
    assert.deepEqual(one.simulation.calls, other.simulation.calls);
  });
});

test('when everything fails, attempts stay few, and the first success afterwards ends it', async () => {
  const usual = latencies(seededRandom(1), 300);
  const down = (nowMs: number): boolean => nowMs >= minuteMs && nowMs < 2 * minuteMs;
  const upstream = (): SimulatedUpstream => ({
    reply: (nowMs) => ({ afterMs: usual(), status: down(nowMs) ? 503 : 200 }),
  });
  const simulation = new Simulation({
    seed: 1,
    strategy: 'weight',
    upstreams: { a: upstream(), b: upstream(), c: upstream() },
  });
  await simulation.offer(50, 4 * minuteMs);
  const during = simulation.calls.filter(({ atMs }) => down(atMs)).length;
  // One probe a second each, and what it took to open the circuits.
  assert.ok(during <= 3 * 60 + 60, `${during} calls while all was down`);
  assert.equal(simulation.budgetExceeded, 0);
  const lastFailureMs = Math.max(...simulation.failures.map(({ atMs }) => atMs));
  assert.ok(lastFailureMs <= 2 * minuteMs + 3_000, `${lastFailureMs} ms`);
});
