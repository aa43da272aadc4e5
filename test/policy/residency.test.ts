import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runDecisions } from './residency-decisions.ts';
import { runRound } from './residency-sockets.ts';

test('in 4,000 made-up decisions nobody sees what an independent oracle keeps from them, and nobody else is kept out', () => {
  const { decisions, refused, contacts, violations, overRefusals, unsetContacts } = runDecisions(4000, 7);
  assert.deepEqual(violations.slice(0, 3), []);
  assert.deepEqual(overRefusals.slice(0, 3), []);
  assert.equal(unsetContacts, 0);
  // The worlds are neither all open nor all shut.
  assert.equal(decisions, 4000);
  assert.ok(refused > 400 && refused < 3000, String(refused));
  assert.ok(contacts > 8000, String(contacts));
});

test('over sockets, with retries, fallbacks, cascades, shadows, judges, signals, guardrails and captures, the same holds', async () => {
  for (const seed of [2, 4]) {
    const { requests, answered, violations, contacts } = await runRound(120, seed);
    assert.deepEqual(violations.slice(0, 2), []);
    assert.equal(requests, 120);
    assert.ok(answered > 10, String(answered));
    for (const kind of ['chat', 'judge', 'embedding'])
      assert.ok((contacts[kind] ?? 0) > 2, JSON.stringify(contacts));
  }
});
