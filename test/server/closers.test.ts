import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Closers } from '../../src/server/closers.ts';

test('what was opened is closed in reverse, all of it, and the first failure is told', async () => {
  const closed: string[] = [];
  const closers = new Closers();
  const opened = (name: string, fails: boolean) =>
    closers.add(async () => {
      await null;
      closed.push(name);
      if (fails) throw new Error(`${name} does not close`);
    });
  opened('store', true);
  opened('ledger', false);
  opened('transport', true);
  await assert.rejects(closers.close(), /transport does not close/);
  assert.deepEqual(closed, ['transport', 'ledger', 'store']);
  await closers.close();
  assert.equal(closed.length, 3);
});
