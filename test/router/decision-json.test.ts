import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lambdaUsdMax } from '../../src/router/decision.ts';
import { type DecideInput, decide, loadShippedPredictor } from '../../src/router/index.ts';
import { candidate, chat, input, rates, strong } from './fixtures.ts';

const predictor = loadShippedPredictor();
const cheap = ['llama-3.1-70b-instruct', 'qwen2.5-32b-instruct', 'gpt-4o-mini'].map((id, i) => ({
  candidate: candidate({ id }),
  rates: rates(0.1 + i / 20, 0.2 + i / 10),
}));
const ask = chat(['A train covers 120 km in 1.5 hours. How many km does it cover in 4 hours?']);

const decided = (more: Partial<DecideInput>) =>
  decide(
    input(ask, {
      candidates: [strong, ...cheap],
      cascade: { checks: true, votes: true },
      comparison: 'number',
      ...more,
    }),
    predictor,
  );

/** JSON has no undefined; nothing else may be lost. */
function present(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(present);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([name, inner]) => [name, present(inner)]));
}

const budget = { kind: 'budget-per-day', value: 10 } as const;
const capped = { share: 0.5, max: 0.1, lambdaFactor: 0 };

for (const [name, more] of Object.entries<Partial<DecideInput>>({
  'a target': { target: { kind: 'quality', value: 0.9 } },
  'a target of everything': { target: { kind: 'quality', value: 1 } },
  'quality that is worth nothing': { target: { kind: 'usd-per-quality', value: 0 } },
  'quality that is worth any money': { target: budget, lambdaUsd: Number.POSITIVE_INFINITY },
  'a key over its cap': { target: budget, lambdaUsd: Number.POSITIVE_INFINITY, capped },
}))
  test(`a decision is stored as JSON and read back without loss: ${name}`, () => {
    const decision = decided(more);
    assert.deepEqual(JSON.parse(JSON.stringify(decision)), present(decision));
  });

test('a price of quality without end counts as one that no answer costs', () => {
  const unbounded = decided({ target: budget, lambdaUsd: Number.POSITIVE_INFINITY });
  assert.equal(unbounded.lambda, lambdaUsdMax);
  assert.deepEqual(unbounded, decided({ target: budget, lambdaUsd: lambdaUsdMax }));
  assert.equal(decided({ target: budget, lambdaUsd: Number.POSITIVE_INFINITY, capped }).lambda, 0);
});
