import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UpgradeCap } from '../../src/router/pacing/upgrade-cap.ts';

const startMs = 1_800_000_000_000;
const options = [
  { id: 'cheap', costNano: 1_000 },
  { id: 'dear', costNano: 50_000 },
];

/** `dearOf(i)` says whether the i-th request of the key goes to the dear candidate. */
function send(
  cap: UpgradeCap,
  keyId: string,
  count: number,
  dearOf: (i: number) => boolean,
  fromMs = startMs,
): void {
  for (let i = 0; i < count; i++) {
    cap.note(keyId, { chosen: dearOf(i) ? 'dear' : 'cheap', options }, fromMs + i * 1_000);
  }
}

describe('the cap on upgrades', () => {
  test('a key within it is left alone, one beyond it trades at a lower price, one far beyond at none', () => {
    const cap = new UpgradeCap();
    for (let key = 0; key < 10; key++) send(cap, `key${key}`, 100, (i) => i % 5 === 0);
    const atMs = startMs + 100_000;
    assert.equal(cap.verdict('key0', 0.5, atMs), undefined);
    send(cap, 'a-little', 100, (i) => i % 20 < 11);
    const little = cap.verdict('a-little', 0.5, atMs);
    assert.ok(
      little !== undefined && little.lambdaFactor > 0 && little.lambdaFactor < 1,
      JSON.stringify(little),
    );
    send(cap, 'gadget', 100, () => true);
    assert.deepEqual(cap.verdict('gadget', 0.5, atMs)?.lambdaFactor, 0);
  });

  test('an attacker who is held back whenever over the cap stays near it', () => {
    const cap = new UpgradeCap();
    for (let key = 0; key < 10; key++) send(cap, `key${key}`, 100, (i) => i % 5 === 0);
    let dear = 0;
    for (let i = 0; i < 2_000; i++) {
      const atMs = startMs + 100_000 + i * 1_000;
      const held = (cap.verdict('gadget', 0.5, atMs)?.lambdaFactor ?? 1) < 0.5;
      if (!held) dear += 1;
      cap.note('gadget', { chosen: held ? 'cheap' : 'dear', options }, atMs);
    }
    assert.ok(dear / 2_000 < 0.58, `${dear / 2_000}`);
  });

  test('where the others need more than the option says, their share and a margin count', () => {
    const cap = new UpgradeCap();
    for (let key = 0; key < 10; key++) send(cap, `key${key}`, 100, (i) => i % 5 < 2);
    send(cap, 'same', 100, (i) => i % 9 < 4);
    const atMs = startMs + 100_000;
    assert.equal(cap.verdict('same', 0.1, atMs), undefined);
    send(cap, 'more', 100, (i) => i % 5 < 4);
    const more = cap.verdict('more', 0.1, atMs);
    assert.ok(more !== undefined && more.max > 0.4 && more.max < 0.6, JSON.stringify(more));
  });

  test('nobody makes the dear candidate the usual one by volume', () => {
    const cap = new UpgradeCap();
    for (let key = 0; key < 8; key++) send(cap, `key${key}`, 100, () => false);
    send(cap, 'gadget', 3_000, () => true);
    assert.equal(cap.verdict('gadget', 0.5, startMs + 3_000_000)?.lambdaFactor, 0);
  });

  test('where the reference is the usual choice nothing is an upgrade', () => {
    const cap = new UpgradeCap();
    for (let key = 0; key < 5; key++) send(cap, `key${key}`, 50, () => true);
    assert.equal(cap.verdict('key0', 0, startMs + 50_000), undefined);
  });

  test('few requests say nothing, and what was done is forgotten', () => {
    const cap = new UpgradeCap();
    send(cap, 'others', 50, () => false);
    send(cap, 'new', 15, () => true);
    assert.equal(cap.verdict('new', 0.2, startMs + 15_000), undefined);
    send(cap, 'new', 40, () => true);
    assert.notEqual(cap.verdict('new', 0.2, startMs + 40_000), undefined);
    assert.equal(cap.verdict('new', 0.2, startMs + 12 * 3_600_000), undefined);
  });

  test('it remembers 10,000 keys, the longest unused forgotten first', () => {
    const cap = new UpgradeCap();
    send(cap, 'others', 50, () => false);
    send(cap, 'first', 40, () => true);
    for (let key = 0; key < 10_000; key++)
      cap.note(`key${key}`, { chosen: 'cheap', options }, startMs + 60_000);
    assert.equal(cap.verdict('first', 0.2, startMs + 60_000), undefined);
  });
});
