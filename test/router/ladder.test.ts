import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Decision,
  decide,
  flipAllowance,
  type Ladder,
  type LadderSteps,
  loadShippedPredictor,
  stepAt,
} from '../../src/router/index.ts';
import { chat, input, near, strong, toolCall, toolResult, weak } from './fixtures.ts';

const predictor = loadShippedPredictor();
const ask = chat(['Why did the treaty fail, and would a different clause have saved it?']);
const pool = [strong, near, weak];

const ladder = (allowances: number[], rung?: number): Ladder => ({
  policy: 'pol_1',
  allowances,
  ...(rung !== undefined && { rung }),
});

/** From «must be far better» to «anything goes». */
const wide = [-1e6, -1, 0.01, 1, 10, 100, 1000, 1e6];

function stepsOf(decision: Decision): LadderSteps {
  assert.ok(decision.ladder);
  return decision.ladder;
}

test('a ladder goes from the reference on its careful rungs to the cheapest on its liberal ones', () => {
  const noted = stepsOf(decide(input(ask, { candidates: pool, ladder: ladder(wide) }), predictor));
  assert.equal(noted.policy, 'pol_1');
  assert.equal(noted.rungs, wide.length);
  assert.equal(stepAt(noted, 0), 'p/strong');
  assert.equal(noted.steps[0]!.rung, 0);
  assert.notEqual(stepAt(noted, wide.length - 1), 'p/strong');
});

test('with one cheaper candidate the rungs are nested', () => {
  const allowances = Array.from({ length: 40 }, (_, i) => -5 + i);
  const noted = stepsOf(
    decide(input(ask, { candidates: [strong, near], ladder: ladder(allowances) }), predictor),
  );
  assert.ok(noted.steps.length <= 2, 'it turns from the reference to the cheaper one once, and not back');
});

test('a ladder that only notes changes nothing of the choice', () => {
  for (const mode of ['observe', 'assist'] as const) {
    const plain = decide(input(ask, { candidates: pool, mode }), predictor);
    const { ladder: noted, ...same } = decide(
      input(ask, { candidates: pool, mode, ladder: ladder(wide) }),
      predictor,
    );
    assert.deepEqual(same, plain);
    assert.ok(noted);
  }
});

test('the certified rung decides, and says that it does', () => {
  const careful = decide(
    input(ask, { candidates: pool, mode: 'certified', ladder: ladder(wide, 0) }),
    predictor,
  );
  assert.equal(careful.plan[0], 'p/strong');
  assert.equal(careful.reason, 'certified-rung');
  assert.equal(careful.quality, 'certified');
  const liberal = decide(
    input(ask, { candidates: pool, mode: 'certified', ladder: ladder(wide, 7) }),
    predictor,
  );
  assert.equal(liberal.plan[0], stepAt(stepsOf(liberal), 7));
  assert.notEqual(liberal.plan[0], 'p/strong');
  assert.match(liberal.explanation.sentence, /certified/);
});

test('who is locked to a model or over a cap is outside the certificate, and told so', () => {
  const loop = chat(['Look it up.', toolCall('look'), toolResult('found')], {
    tools: [{ name: 'look', parameters: { type: 'object' } }],
  });
  const locked = decide(
    input(loop, {
      candidates: pool,
      mode: 'certified',
      ladder: ladder(wide, 7),
      session: {
        home: { candidate: 'p/strong', deployment: 'p/strong', userTurns: 1 },
        warm: [],
        calls: 1,
        gapMs: undefined,
      },
    }),
    predictor,
  );
  assert.equal(locked.ladder, undefined);
  assert.equal(locked.quality, 'uncertified');
  const capped = decide(
    input(ask, {
      candidates: pool,
      mode: 'certified',
      ladder: ladder(wide, 0),
      capped: { share: 0.5, max: 0.1, lambdaFactor: 0 },
    }),
    predictor,
  );
  assert.notEqual(capped.reason, 'certified-rung');
  assert.equal(capped.quality, 'uncertified');
  assert.match(capped.explanation.sentence, /certificate does not speak/);
});

test('a request flips where its flip says', () => {
  const { candidates } = decide(input(ask, { candidates: pool }), predictor);
  const flip = flipAllowance(candidates, 'p/strong');
  assert.ok(flip !== undefined);
  const around = [flip - 1e-6 * Math.abs(flip), flip + 1e-6 * Math.abs(flip)];
  const noted = stepsOf(decide(input(ask, { candidates: pool, ladder: ladder(around) }), predictor));
  assert.equal(stepAt(noted, 0), 'p/strong');
  assert.notEqual(stepAt(noted, 1), 'p/strong');
});
