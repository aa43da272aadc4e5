import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Candidate } from '../../src/catalog/index.ts';
import { createCircuitBreakers } from '../../src/upstream/circuit-breaker.ts';
import type { BalanceStrategy } from '../../src/upstream/load/balance.ts';
import { type Balancing, Fleet } from '../../src/upstream/load/fleet.ts';
import { defaultLoadPolicy } from '../../src/upstream/load/policy.ts';
import { RateWindow } from '../../src/upstream/load/rate-window.ts';
import { Siblings } from '../../src/upstream/load/siblings.ts';
import { SmoothWeights } from '../../src/upstream/load/smooth-weights.ts';
import { createRetryBudget } from '../../src/upstream/retry-budget.ts';
import { Simulation } from './load/simulation.ts';
import { seededRandom, VirtualTime } from './load/virtual-time.ts';

const works = { reply: () => ({ afterMs: 100, status: 200 }) };

/** Candidates of the models that the letters name: `a1` is the first deployment of model `a`. */
function plan(...ids: string[]): Candidate[] {
  const [sample] = new Simulation({ seed: 1, strategy: 'price', upstreams: { up: works } }).plan;
  return ids.map((id) => ({
    ...sample!,
    id,
    deployment: {
      ...sample!.deployment,
      id,
      model: { ...sample!.deployment.model, id: id[0]! },
      provider: { ...sample!.deployment.provider, id: `p-${id}` },
    },
  }));
}

function fleet(seed = 1): Fleet {
  const random = seededRandom(seed);
  return new Fleet({ breakers: createCircuitBreakers(random), random });
}

function balancing(changes: Partial<Balancing> = {}): Balancing {
  return { strategy: 'price', costsNano: new Map(), home: undefined, tokens: 100, ...changes };
}

const ids = (candidates: Candidate[]): string[] => candidates.map(({ id }) => id);
const strategies: BalanceStrategy[] = ['price', 'weight', 'least-busy', 'latency'];

test('deployments of one model change places only among themselves, whatever the strategy', () => {
  const names = fc.uniqueArray(fc.constantFrom('a1', 'a2', 'a3', 'b1', 'b2', 'c1'), { minLength: 1 });
  fc.assert(
    fc.property(names, fc.constantFrom(...strategies), fc.nat(1000), (some, strategy, seed) => {
      const arranged = ids(fleet(seed).arrange(plan(...some), balancing({ strategy }), 0));
      assert.deepEqual(
        arranged.map((id) => id[0]),
        some.map((id) => id[0]),
      );
      assert.deepEqual(arranged.toSorted(), some.toSorted());
    }),
  );
});

test('another effort of the same model is another choice of the router, not an equal', () => {
  const [a1, a2] = plan('a1', 'a2');
  const efforts: Candidate[] = [
    { ...a1!, effort: 'high' },
    { ...a2!, effort: 'off' },
  ];
  const costsNano = new Map([
    ['a1', 9],
    ['a2', 1],
  ]);
  assert.deepEqual(ids(fleet().arrange(efforts, balancing({ costsNano }), 0)), ['a1', 'a2']);
});

test('the cheapest goes first, an unknown price last, and of equals the less busy', () => {
  const subject = fleet();
  const all = plan('a1', 'a2', 'a3', 'a4');
  const costsNano = new Map([
    ['a2', 5],
    ['a3', 5],
    ['a4', 2],
  ]);
  assert.deepEqual(ids(subject.arrange(all, balancing({ costsNano }), 0)), ['a4', 'a2', 'a3', 'a1']);
  subject.enter(all[1]!, { tokens: 1, nowMs: 0 });
  assert.deepEqual(ids(subject.arrange(all, balancing({ costsNano }), 0)), ['a4', 'a3', 'a2', 'a1']);
});

test('a conversation stays where its cache is, unless that place cannot serve', () => {
  for (const strategy of strategies) {
    const subject = fleet();
    const all = plan('a1', 'a2', 'a3');
    for (let at = 0; at < 6; at++)
      assert.equal(subject.arrange(all, balancing({ strategy, home: 'a3' }), at)[0]!.id, 'a3', strategy);
    const full: Candidate[] = all.map((one) =>
      one.id === 'a3' ? { ...one, deployment: { ...one.deployment, limits: { concurrent: 1 } } } : one,
    );
    subject.enter(full[2]!, { tokens: 1, nowMs: 0 });
    assert.notEqual(subject.arrange(full, balancing({ strategy, home: 'a3' }), 0)[0]!.id, 'a3', strategy);
  }
});

test('calls that stay at home count as its turn, so that the shares hold all the same', () => {
  const subject = fleet();
  const all = plan('a1', 'a2');
  const first = new Map([
    ['a1', 0],
    ['a2', 0],
  ]);
  for (let at = 0; at < 100; at++) {
    // Every fourth request belongs to a conversation that lives at a1.
    const home = at % 4 === 0 ? 'a1' : undefined;
    const { id } = subject.arrange(all, balancing({ strategy: 'weight', home }), at)[0]!;
    first.set(id, first.get(id)! + 1);
  }
  assert.ok(Math.abs(first.get('a1')! - 50) <= 2, `${first.get('a1')}`);
});

test('least-busy weighs what runs against what each can run', () => {
  const [small, large] = plan('a1', 'a2');
  small!.deployment.limits = { concurrent: 2 };
  large!.deployment.limits = { concurrent: 10 };
  const subject = fleet();
  subject.enter(small!, { tokens: 1, nowMs: 0 });
  for (let at = 0; at < 4; at++) subject.enter(large!, { tokens: 1, nowMs: 0 });
  // Half of the small one is taken, two fifths of the large one.
  const arranged = subject.arrange([small!, large!], balancing({ strategy: 'least-busy' }), 0);
  assert.deepEqual(ids(arranged), ['a2', 'a1']);
});

test('what a vendor allows any account at once is kept without being configured', () => {
  const [one] = plan('a1');
  one!.deployment.provider = {
    ...one!.deployment.provider,
    quirks: { ...one!.deployment.provider.quirks, concurrentMax: 2 },
  };
  const subject = fleet();
  const kinds = [1, 2, 3].map(() => subject.enter(one!, { tokens: 1, nowMs: 0 }).kind);
  assert.deepEqual(kinds, ['entered', 'entered', 'full']);
});

test('latency finds one again that has become fast', async () => {
  const simulation = new Simulation({
    seed: 3,
    strategy: 'latency',
    upstreams: {
      a: { reply: (nowMs) => ({ afterMs: nowMs < 60_000 ? 900 : 200, status: 200 }) },
      b: { reply: () => ({ afterMs: 400, status: 200 }) },
    },
  });
  await simulation.offer(5, 180_000);
  const share = (fromMs: number, toMs: number): number =>
    simulation.callsTo('a', fromMs, toMs).length /
    simulation.calls.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length;
  assert.ok(share(10_000, 60_000) < 0.4, `${share(10_000, 60_000)} while it was slow`);
  assert.ok(share(120_000, 180_000) > 0.6, `${share(120_000, 180_000)} since it is fast`);
});

test('a client that leaves the queue leaves its place to the next', async () => {
  const time = new VirtualTime();
  const [one] = plan('a1');
  one!.deployment.limits = { concurrent: 1 };
  const subject = fleet();
  const entry = subject.enter(one!, { tokens: 1, nowMs: 0 });
  const leaves: (() => void)[] = [];
  const queue = () =>
    subject.queue(
      [one!],
      { tokens: 1 },
      {
        timers: time,
        nowMs: () => time.nowMs,
        sinceMs: 0,
        onCancel: (listener) => leaves.push(listener),
      },
    );
  const [first, second] = [queue(), queue()];
  leaves[0]!();
  assert.equal(await first, undefined);
  assert.ok(entry.kind === 'entered');
  entry.lease.release(0);
  const won = await second;
  assert.ok(typeof won === 'object');
  assert.equal(won.candidate.id, 'a1');
});

test('who waits while the configuration changes is served, and does not wait where no call ends any more', async () => {
  const time = new VirtualTime();
  const [one] = plan('a1');
  one!.deployment.limits = { concurrent: 1 };
  const subject = fleet();
  const before = subject.enter(one!, { tokens: 1, nowMs: 0 });
  assert.ok(before.kind === 'entered');
  const waiting = { timers: time, nowMs: () => time.nowMs, sinceMs: 0, onCancel: () => {} };
  const queue = () => subject.queue([one!], { tokens: 1 }, waiting);
  const [first, second] = [queue(), queue()];
  subject.forget([one!.deployment]);
  before.lease.release(0);
  void first.then((won) => typeof won === 'object' && won.lease.release(0));
  await time.run(60_000);
  assert.equal(typeof (await first), 'object');
  assert.equal(typeof (await second), 'object');
});

test('a request that began before its provider’s key changed does not bring the old key back for others', () => {
  const [old] = plan('a1');
  const withKey = (id: string): Candidate => {
    const provider = { ...old!.deployment.provider, keys: [{ id, secret: `secret-${id}`, weight: 1 }] };
    return { ...old!, deployment: { ...old!.deployment, provider } };
  };
  const [before, after] = [withKey('old'), withKey('new')];
  const subject = fleet();
  const keyOf = (candidate: Candidate): string | undefined => {
    const entry = subject.enter(candidate, { tokens: 1, nowMs: 0 });
    return entry.kind === 'entered' ? entry.lease.key?.id : entry.kind;
  };
  assert.equal(keyOf(before), 'old');
  subject.forget([before.deployment], [before.deployment.provider]);
  assert.equal(keyOf(before), 'old', 'its retry');
  assert.equal(keyOf(after), 'new');
});

// Outliers

const { outliers } = defaultLoadPolicy;
const fast = { ms: 100, outputTokens: undefined };
const slow = { ms: 500, outputTokens: undefined };

function siblings(count: number, down: string[] = []): { subject: Siblings; names: string[] } {
  const subject = new Siblings(
    outliers,
    () => 0,
    (id) => down.includes(id),
  );
  const names = Array.from({ length: count }, (_, index) => `d${index}`);
  for (const name of names) subject.know(name);
  return { subject, names };
}

test('one that fails far more often than its siblings rests, each time longer, and is forgiven in time', () => {
  const { subject, names } = siblings(3);
  let nowMs = 0;
  const ejections: number[] = [];
  for (let round = 0; round < 3; round++) {
    for (let at = 0; at < 10; at++) {
      for (const name of names.slice(1)) subject.answered(name, fast, nowMs);
      if (at % 2 === 0) subject.failed('d0', nowMs);
      else subject.answered('d0', fast, nowMs);
    }
    subject.failed('d0', nowMs);
    assert.equal(subject.isEjected('d0', nowMs), true);
    ejections.push(subject.ejectedUntilMs('d0') - nowMs);
    nowMs = subject.ejectedUntilMs('d0');
    assert.equal(subject.isEjected('d0', nowMs), false);
  }
  assert.deepEqual(ejections, [30_000, 60_000, 90_000]);
  nowMs += 3 * outliers.forgiveMs;
  for (let at = 0; at < 10; at++) {
    for (const name of names.slice(1)) subject.answered(name, fast, nowMs);
    subject.failed('d0', nowMs);
  }
  assert.equal(subject.ejectedUntilMs('d0') - nowMs, 30_000);
});

test('one that is slow beyond its siblings rests; with all alike nobody does', () => {
  const { subject, names } = siblings(4);
  for (let at = 0; at < 20; at++) for (const name of names) subject.answered(name, slow, at * 100);
  assert.ok(names.every((name) => !subject.isEjected(name, 2_000)));
  const other = siblings(4);
  for (let at = 0; at < 20; at++)
    for (const name of other.names) other.subject.answered(name, name === 'd0' ? slow : fast, at * 100);
  assert.deepEqual(
    other.names.filter((name) => other.subject.isEjected(name, 2_000)),
    ['d0'],
  );
});

test('a whole answer is compared with answers of its size, so long ones do not make a deployment slow', () => {
  const { subject } = siblings(3);
  for (let at = 0; at < 40; at++) {
    for (const name of ['d1', 'd2']) {
      subject.answered(name, { ms: 500, outputTokens: 50 }, at * 100);
      subject.answered(name, { ms: 20_000, outputTokens: 4_000 }, at * 100);
    }
    subject.answered('d0', { ms: 20_000, outputTokens: 4_000 }, at * 100);
  }
  assert.equal(subject.isEjected('d0', 4_000), false);
  assert.ok(Math.abs(subject.slowness('d0')! - 1) < 0.2);
});

test('never more than half of the siblings are out of service, open circuits included', () => {
  const count = fc.integer({ min: 1, max: 8 });
  fc.assert(
    fc.property(count, fc.nat(8), fc.nat(1000), (size, downCount, seed) => {
      const random = seededRandom(seed);
      const down = Array.from({ length: Math.min(downCount, size) }, (_, index) => `d${index}`);
      const { subject, names } = siblings(size, down);
      for (let at = 0; at < 400; at++) {
        const name = names[Math.floor(random() * size)]!;
        if (random() < 0.5) subject.failed(name, at * 20);
        else subject.answered(name, random() < 0.5 ? fast : slow, at * 20);
        const ejected = names.filter((one) => subject.isEjected(one, at * 20));
        if (ejected.length > 0)
          assert.ok(new Set([...ejected, ...down]).size <= Math.max(size / 2, down.length));
      }
    }),
  );
});

// Parts

test('in no minute does a window let more through than its limits', () => {
  const step = fc.record({ afterMs: fc.nat(20_000), tokens: fc.integer({ min: 1, max: 60 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const window = new RateWindow();
      const limits = { requestsPerMinute: 10, tokensPerMinute: 200 };
      const admitted: { atMs: number; tokens: number }[] = [];
      let nowMs = 0;
      for (const { afterMs, tokens } of steps) {
        nowMs += afterMs;
        const waitMs = window.waitMs(limits, tokens, nowMs);
        assert.ok(waitMs >= 0 && waitMs <= 61_000);
        if (waitMs > 0) assert.equal(window.waitMs(limits, tokens, nowMs + waitMs), 0, 'the wait suffices');
        if (waitMs > 0) nowMs += waitMs;
        window.count(tokens, nowMs);
        admitted.push({ atMs: nowMs, tokens });
        const minute = admitted.filter(({ atMs }) => atMs > nowMs - 60_000);
        assert.ok(minute.length <= 10);
        assert.ok(minute.reduce((sum, one) => sum + one.tokens, 0) <= 200);
      }
    }),
  );
});

test('a call larger than its token limit goes alone instead of never', () => {
  const window = new RateWindow();
  assert.equal(window.waitMs({ tokensPerMinute: 10 }, 500, 0), 0);
  window.count(1, 0);
  assert.ok(window.waitMs({ tokensPerMinute: 10 }, 500, 0) > 60_000);
});

test('turns follow the weights exactly over each full round, in no order but an even one', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(weights, fc.nat(1000), (some, seed) => {
      const entries = some.map((weight, index) => ({ id: `d${index}`, weight }));
      const sum = some.reduce((total, weight) => total + weight, 0);
      const turns = new SmoothWeights(seededRandom(seed));
      const counts = new Map<string, number>();
      const rounds = 5;
      for (let at = 0; at < rounds * sum; at++) {
        const [first] = turns.next(entries);
        counts.set(first!, (counts.get(first!) ?? 0) + 1);
      }
      for (const { id, weight } of entries)
        assert.ok(Math.abs((counts.get(id) ?? 0) - rounds * weight) <= 1, `${id} of ${some}`);
    }),
  );
});

test('a retry that waits for the budget goes when another ends, or is refused in time', async () => {
  const time = new VirtualTime();
  const budget = createRetryBudget();
  for (let at = 0; at < 3; at++) assert.equal(budget.tryAcquire(), true);
  const outcomes: string[] = [];
  void budget.acquireWithin(1_000, time).then((admitted) => outcomes.push(`first ${admitted}`));
  void budget.acquireWithin(1_000, time).then((admitted) => outcomes.push(`second ${admitted}`));
  time.after(500, () => budget.release());
  await time.run(2_000);
  assert.deepEqual(outcomes, ['first true', 'second false']);
  assert.deepEqual(budget.snapshot, { inFlight: 0, retrying: 3, refused: 1 });
});
