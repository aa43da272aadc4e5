import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Candidate } from '../../src/catalog/index.ts';
import { decideFor } from '../../src/gateway/decide-for.ts';
import { type DecideInput, loadShippedPredictor, OutputLengths } from '../../src/router/index.ts';
import { candidate, chat } from '../router/fixtures.ts';

const predictor = loadShippedPredictor();
const ask = 'How many integers between 1 and 300 are divisible by 7? Show the value of each sum.';

/** What the router is told of presets of one model, by a gateway that has seen no answer yet. */
function told(maxOutputTokens: number | undefined): DecideInput {
  const plain = candidate({ id: 'hybrid', outputTokensMax: 32_000 });
  const allowed = (['off', 'low', 'high', 'default'] as const).map(
    (effort): Candidate => ({ ...plain, id: `${plain.id}#${effort}`, effort }),
  );
  const target = { mode: 'assist', target: { kind: 'quality', value: 0.98 }, reference: allowed[2]! };
  let input: DecideInput | undefined;
  const deps = {
    ids: () => 'dec_1',
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    breakers: { snapshot: () => new Map() },
    fleet: { coolingMs: () => 0 },
    sessions: { stateOf: () => undefined },
    lengths: new OutputLengths(),
    pacing: { guidance: () => ({}) },
    decide: (given: DecideInput) => {
      input = given;
      return {};
    },
  };
  const request = chat([ask], { sampling: { maxOutputTokens } });
  const question = {
    request,
    keyId: 'key',
    wishes: {},
    target,
    allowed,
    excluded: [],
    snapshot: { predictor },
  };
  decideFor(
    question as unknown as Parameters<typeof decideFor>[0],
    deps as unknown as Parameters<typeof decideFor>[1],
  );
  return input!;
}

test('the router is told how long each preset’s answer is expected to be, and how likely thinking uses up the output limit', () => {
  const [off, low, high, unasked] = told(undefined).candidates;
  assert.ok(off!.expectedOutputTokens! < low!.expectedOutputTokens!);
  assert.ok(low!.expectedOutputTokens! < high!.expectedOutputTokens!);
  assert.ok(high!.cutShare! < 0.05);

  const [tightOff, tightLow, tightHigh, tightUnasked] = told(300).candidates;
  assert.ok(tightHigh!.expectedOutputTokens! <= 300);
  assert.ok(tightHigh!.cutShare! > 0.8 && tightHigh!.cutShare! > tightLow!.cutShare!);
  // An answer without thinking is cut where the client wants it cut.
  for (const one of [off, unasked, tightOff, tightUnasked]) assert.equal(one!.cutShare, undefined);
});
