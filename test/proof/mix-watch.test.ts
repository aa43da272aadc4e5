import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import { type MixShift, MixWatch } from '../../src/proof/drift/mix-watch.ts';
import type { Language, TaskFamily } from '../../src/router/index.ts';

const languages: Language[] = ['en', 'zh', 'ja', 'ko', 'other'];
const tasks = ['chat', 'code'] as TaskFamily[];

describe('the mix of requests that a route gets', () => {
  /** Share of Chinese; the rest is spread evenly. */
  function feed(watch: MixWatch, requests: number, chinese: number, random: () => number): MixShift[] {
    const told: MixShift[] = [];
    for (let i = 0; i < requests; i++) {
      const language = random() < chinese ? 'zh' : languages[Math.floor(random() * languages.length)]!;
      const shift = watch.add(language, tasks[Math.floor(random() * tasks.length)]!);
      if (shift !== undefined) told.push(shift);
    }
    return told;
  }

  test('chance alone is never told', () => {
    const random = createRandom(3);
    for (let run = 0; run < 50; run++) assert.deepEqual(feed(new MixWatch(), 20_000, 0.1, random), []);
  });

  test('a shift is told once, one that is gone may be told again, and a great one ends what was certified', () => {
    const random = createRandom(4);
    const watch = new MixWatch();
    feed(watch, 3000, 0, random);
    const some = feed(watch, 4000, 0.25, random);
    assert.equal(some.length, 1);
    assert.equal(some[0]!.ends, false);
    assert.match(some[0]!.grown.kind, /^zh /);
    assert.ok(Math.abs(some[0]!.distance - 0.2) < 0.06, `${some[0]!.distance}`);
    assert.deepEqual(feed(watch, 2000, 0, random), []);
    assert.equal(feed(watch, 2000, 0.25, random).length, 1);
    const great = feed(watch, 1000, 0.6, random);
    assert.equal(great[0]!.ends, true);
  });

  test('it goes on after a restart', () => {
    const random = createRandom(5);
    const watch = new MixWatch();
    feed(watch, 1500, 0, random);
    const again = new MixWatch();
    again.restore(JSON.parse(JSON.stringify(watch.state())));
    assert.equal(feed(again, 500, 0.9, random).length, 1);
  });
});
