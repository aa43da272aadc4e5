import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ThoughtMemory } from '../../src/gateway/thought-memory.ts';
import type { Part } from '../../src/protocol/index.ts';

const signed: Part[] = [{ type: 'reasoning', text: 'Hm.', signature: 'sig-1' }];
const sealed: Part[] = [{ type: 'redacted-reasoning', data: 'sealed-1' }];

test('a thought comes back by any of its calls, to its tenant only', () => {
  const memory = new ThoughtMemory();
  memory.remember('a', ['call_1', 'call_2'], signed, 'claude', 0);
  assert.deepEqual(memory.asSeenBy('a', 'claude', 1).before('call_2'), signed);
  assert.deepEqual(memory.asSeenBy('a', 'claude', 1).before('call_1'), signed);
  assert.equal(memory.asSeenBy('b', 'claude', 1).before('call_1'), undefined);
  assert.equal(memory.asSeenBy('a', 'claude', 1).before('call_3'), undefined);
});

test('another maker is given the text without the signature, and nothing of what is sealed', () => {
  const memory = new ThoughtMemory();
  memory.remember('a', ['call_1'], [...sealed, ...signed], 'claude', 0);
  const other = memory.asSeenBy('a', 'deepseek', 1);
  assert.deepEqual(other.before('call_1'), [{ type: 'reasoning', text: 'Hm.' }]);
  assert.deepEqual(
    [other.isForeign('sig-1'), other.isForeign('sealed-1'), other.isForeign('unknown')],
    [true, true, false],
  );
  assert.equal(memory.asSeenBy('a', 'claude', 1).isForeign('sig-1'), false);
});

test('a day later the thought is over', () => {
  const memory = new ThoughtMemory();
  memory.remember('a', ['call_1'], signed, 'claude', 0);
  assert.equal(memory.asSeenBy('a', 'claude', 86_400_001).before('call_1'), undefined);
});

test('an answer without thinking or without calls leaves no trace, and too long a thought is not kept', () => {
  const memory = new ThoughtMemory();
  memory.remember('a', ['call_1'], [], 'claude', 0);
  memory.remember('a', ['call_2'], [{ type: 'reasoning', text: 'x'.repeat(1024 * 1024 + 1) }], 'claude', 0);
  memory.remember('a', [], signed, 'claude', 0);
  const seen = memory.asSeenBy('a', 'claude', 1);
  assert.deepEqual(
    [seen.before('call_1'), seen.before('call_2'), seen.isForeign('sig-1')],
    [undefined, undefined, false],
  );
});

test('the oldest thoughts make room for new ones, and the newest stay', () => {
  const memory = new ThoughtMemory();
  const text = 'x'.repeat(1024 * 1024 - 1000);
  for (let call = 0; call < 100; call++) {
    memory.remember('a', [`call_${call}`], [{ type: 'reasoning', text }], 'deepseek', 0);
  }
  const seen = memory.asSeenBy('a', 'deepseek', 1);
  const kept = Array.from({ length: 100 }, (_, call) => seen.before(`call_${call}`) !== undefined);
  const first = kept.indexOf(true);
  assert.ok(first >= 36 && first <= 40, `the first that is kept is ${first}`);
  assert.ok(kept.slice(first).every(Boolean));
});
