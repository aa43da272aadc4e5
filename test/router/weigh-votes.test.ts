import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expectPlan } from '../../src/router/answer/expect.ts';
import { planId, planMembers } from '../../src/router/answer/plan.ts';
import { plansFor } from '../../src/router/answer/plans-for.ts';
import { type CascadeQuestion, weighVotes } from '../../src/router/stages/cascades.ts';
import { tradeOf } from '../../src/router/stages/target.ts';
import { parameters } from './answer/acceptance-world.ts';
import { candidate, chat, dear, input } from './fixtures.ts';

interface Given {
  model: string;
  effort: 'off' | 'default';
  quality: number;
  doubt: number;
  costNano: number;
}

const given: fc.Arbitrary<Given> = fc.record({
  model: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  effort: fc.constantFrom('off' as const, 'default' as const),
  quality: fc.double({ min: 0.05, max: 0.98, noNaN: true }),
  doubt: fc.double({ min: 0, max: 0.4, noNaN: true }),
  costNano: fc.integer({ min: 1, max: 3_000_000 }),
});

const referenceNano = 4_000_000;
const strongQuality = 0.9;

/** The first is the reference; the others stand in the order given, each at a provider of its own. */
function questionOf(others: Given[], lambdaUsd: number): CascadeQuestion {
  const all = [
    {
      model: 'strong',
      effort: 'default' as const,
      quality: strongQuality,
      doubt: 0,
      costNano: referenceNano,
    },
    ...others,
  ];
  const placed = all.map(({ model, effort }, i) => ({
    ...candidate({ id: model }),
    id: `p${i}/${model}`,
    effort,
  }));
  const candidates = all.map(({ model, quality, doubt, costNano }, i) => {
    const mean = strongQuality - quality;
    return {
      candidate: placed[i]!.id,
      model,
      quality: { mean: quality, low: quality - doubt, high: quality + doubt },
      loss: { mean, low: mean - doubt, high: mean + doubt },
      evidence: 1,
      evidenceCell: '',
      cost: {
        uncachedInputNano: costNano,
        cachedInputNano: 0,
        outputNano: 0,
        escalationNano: 0,
        totalNano: costNano,
        expectedOutputTokens: 1,
      },
      contributions: [],
    };
  });
  return {
    input: input(chat(['x']), {
      candidates: placed.map((one) => ({ candidate: one, rates: dear })),
      cascade: { checks: false, votes: true },
    }),
    candidates,
    reference: candidates[0]!,
    trade: tradeOf({ kind: 'usd-per-quality', value: lambdaUsd }, referenceNano, undefined),
    parameters,
    comparison: 'choice',
  };
}

const questions = fc
  .tuple(fc.array(given, { maxLength: 7 }), fc.double({ min: -4, max: 2, noNaN: true }))
  .map(([others, exponent]) => ({ others, lambdaUsd: 10 ** exponent }));

test('the votes kept are the best of all, as each is expected by itself', () => {
  let weighed = 0;
  fc.assert(
    fc.property(questions, ({ others, lambdaUsd }) => {
      const { all } = weighVotes(questionOf(others, lambdaUsd));
      // The cheapest of each model and effort; of equal ones the first.
      const kinds = new Map<string, { candidate: string; quality: number; costUsd: number }>();
      const placed = others.map((one, i) => ({ ...one, candidate: `p${i + 1}/${one.model}` }));
      for (const { candidate: id, model, effort, quality, costNano } of placed.sort(
        (x, y) => x.costNano - y.costNano,
      )) {
        const kind = `${model} ${effort}`;
        if (!kinds.has(kind)) kinds.set(kind, { candidate: id, quality, costUsd: costNano / 1e9 });
      }
      const last = { candidate: 'p0/strong', quality: strongQuality, costUsd: referenceNano / 1e9 };
      const everybody = [...kinds.values(), last];
      const plans = plansFor({
        candidates: everybody,
        last,
        allowed: { checks: false, votes: true },
        comparison: 'choice',
      })
        .map((plan) => {
          const members = everybody.filter((one) => planMembers(plan).includes(one.candidate));
          const expected = expectPlan(
            plan,
            {
              quality: Object.fromEntries(members.map((one) => [one.candidate, one.quality])),
              costUsd: Object.fromEntries(members.map((one) => [one.candidate, one.costUsd])),
              lambdaUsd,
              comparison: 'choice',
            },
            parameters,
          );
          return { plan, expected, worth: lambdaUsd * expected.quality - expected.costUsd };
        })
        .sort((x, y) => y.worth - x.worth);
      const worths = all.map(({ plan, quality }) => {
        const same = plans.find((one) => planId(one.plan) === planId(plan))!;
        assert.equal(quality.mean, same.expected.quality);
        return same.worth;
      });
      // Of plans that are worth the same any may be kept.
      plans.slice(0, 3).forEach(({ worth }, i) => {
        assert.ok(Math.abs(worth - worths[i]!) <= 1e-9 * (1 + lambdaUsd));
      });
      assert.equal(worths.length, Math.min(3, plans.length));
      weighed += all.length;
    }),
  );
  assert.ok(weighed > 50);
});

test('of two deployments of a model at one effort the cheaper votes, and one of the reference’s own model does not', () => {
  const one = (model: string, costNano: number, effort: Given['effort'] = 'default'): Given => ({
    model,
    effort,
    quality: 0.8,
    doubt: 0,
    costNano,
  });
  const voters = (others: Given[]) => {
    const { all } = weighVotes(questionOf(others, 0.01));
    return [...new Set(all.flatMap(({ plan }) => planMembers(plan).slice(0, -1)))].sort();
  };
  assert.deepEqual(voters([one('a', 2000), one('a', 1000), one('strong', 500)]), []);
  assert.deepEqual(voters([one('a', 2000), one('a', 1000), one('b', 500)]), ['p2/a', 'p3/b']);
  assert.deepEqual(voters([one('a', 2000), one('a', 1000, 'off')]), ['p1/a', 'p2/a']);
});
