import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideFor } from '../../src/gateway/decide-for.ts';
import { type DecideInput, loadShippedPredictor } from '../../src/router/index.ts';
import { candidate, chat } from '../router/fixtures.ts';

const predictor = loadShippedPredictor();

type Question = Parameters<typeof decideFor>[0];
type Deps = Parameters<typeof decideFor>[1];

/** What the router is told of a request on a route that allows these plans. */
function told(cascade: { checks: boolean; votes: boolean; holdMs: number }, ask: string): DecideInput {
  let input: DecideInput | undefined;
  const one = candidate({ id: 'one' });
  const route = { name: 'auto', cascade } as unknown as NonNullable<Question['target']['route']>;
  const target = { route, mode: 'assist', target: { kind: 'quality', value: 0.98 }, reference: one };
  const deps = {
    ids: () => 'dec_1',
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    breakers: { snapshot: () => new Map() },
    fleet: { coolingMs: () => 0 },
    sessions: { stateOf: () => undefined },
    lengths: { expected: () => 10 },
    pacing: { guidance: () => ({}) },
    decide: (given: DecideInput) => {
      input = given;
      return {};
    },
  };
  decideFor(
    {
      request: chat([ask]),
      keyId: 'key',
      wishes: {},
      target,
      allowed: [one],
      excluded: [],
      snapshot: { predictor },
    } as unknown as Question,
    deps as unknown as Deps,
  );
  return input!;
}

test('where votes are allowed the router is told how answers compare, else nothing is looked up for it', () => {
  const votes = { checks: true, votes: true, holdMs: 0 };
  assert.equal(told(votes, 'Janet has 16 eggs and eats 3. How many eggs are left?').comparison, 'number');
  assert.equal(told(votes, 'Tell me of lighthouses.').comparison, 'text');
  assert.equal(told({ ...votes, votes: false }, 'How many is 3 times 4?').comparison, undefined);
});
