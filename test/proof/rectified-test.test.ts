import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import { RectifiedTest } from '../../src/proof/stats/rectified-test.ts';

const quality = 0.95;
const allowed = 1 - quality;
const options = { rungs: 1, quality, delta: 0.05, shifts: [0] };

interface World {
  /** True chance that the cheap answer is worse. */
  worse: number;
  /** What the judge says of a true loss. */
  judge(loss: number, random: () => number): number;
  labels: number;
}

function certified({ worse, judge, labels }: World, pairs: number, random: () => number): boolean {
  const one = new RectifiedTest(options, labels);
  for (let i = 0; i < pairs; i++) {
    // Half of the requests go to the reference and are known to lose nothing.
    if (random() < 0.5) {
      one.addKnown(1, 1);
      continue;
    }
    const loss = random() < worse ? 1 : 0;
    const person = random() < labels ? { excess: [loss - allowed] } : undefined;
    one.add(1, [judge(loss, random) - allowed], 0, labels, person);
    if (one.ladder.certified === 1) return true;
  }
  return one.ladder.certified === 1;
}

const shareOf = (world: World, installs: number): number => {
  const random = createRandom(9);
  let count = 0;
  for (let i = 0; i < installs; i++) if (certified(world, 2000, random)) count += 1;
  return count / installs;
};

const blind = () => 0;
const honest = (loss: number) => loss;

test('a judge that finds everything as good does not certify a route that loses as much as it may', () => {
  const share = shareOf({ worse: 2 * allowed, judge: blind, labels: 0.1 }, 300);
  assert.ok(share <= 0.05 + 2 * Math.sqrt((0.05 * 0.95) / 300), `${share}`);
});

test('a route that loses little is certified, sooner the more people label, and the better the judge is', () => {
  const worse = 0.02;
  const few = shareOf({ worse, judge: honest, labels: 0.05 }, 60);
  const many = shareOf({ worse, judge: honest, labels: 0.5 }, 60);
  assert.ok(many > 0.9, `${many}`);
  assert.ok(many >= few);
  assert.ok(
    shareOf({ worse, judge: blind, labels: 1 }, 60) > 0.9,
    'with every pair labelled no judge is needed',
  );
});

test('a judge is believed as far as labels bear it out', () => {
  const random = createRandom(4);
  const trust = (judge: (loss: number) => number) => {
    const one = new RectifiedTest(options, 0.5);
    for (let i = 0; i < 600; i++) {
      const loss = random() < 0.3 ? 1 : 0;
      const person = random() < 0.5 ? { excess: [loss - allowed] } : undefined;
      one.add(1, [judge(loss) - allowed], 0, 0.5, person);
    }
    return one.trust(0);
  };
  assert.ok(trust(honest) > 0.9);
  assert.ok(trust((loss) => 1 - loss) < 0.1);
});

test('it goes on where it was stored, and refuses what is no state or no probability', () => {
  const random = createRandom(5);
  const one = new RectifiedTest(options, 0.2);
  const again = new RectifiedTest(options, 1);
  const play = (each: RectifiedTest, loss: number, person: boolean) =>
    each.add(1, [loss - allowed], 0, 0.3, person ? { excess: [loss - allowed] } : undefined);
  for (let i = 0; i < 200; i++) play(one, random() < 0.05 ? 1 : 0, random() < 0.3);
  assert.equal(again.restore(JSON.parse(JSON.stringify(one.state()))), true);
  for (const each of [one, again]) play(each, 1, true);
  assert.deepEqual(again.state(), one.state());
  assert.equal(new RectifiedTest(options, 1).restore({}), false);
  assert.equal(new RectifiedTest(options, 1).restore({ ...one.state(), least: 2 }), false);
  assert.throws(() => one.add(1, [0], 0, 0.1, undefined), /between 0.2 and 1/);
  assert.throws(() => new RectifiedTest(options, 0), /above 0/);
});
