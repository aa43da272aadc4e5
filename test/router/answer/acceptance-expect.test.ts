import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { posterior } from '../../../src/router/answer/acceptance.ts';
import { expectPlan, worthOfAsking } from '../../../src/router/answer/expect.ts';
import { type AnswerPlan, planMembers } from '../../../src/router/answer/plan.ts';
import { plansFor } from '../../../src/router/answer/plans-for.ts';
import type { AcceptanceTerms } from '../../../src/router/answer/terms.ts';
import { answerWorld, parameters } from './acceptance-world.ts';

const terms = (lambdaUsd: number, comparison: AcceptanceTerms['comparison'] = 'choice'): AcceptanceTerms => ({
  quality: { a: 0.8, b: 0.72, c: 0.65, strong: 0.9 },
  costUsd: { a: 0.0001, b: 0.00008, c: 0.0002, strong: 0.003 },
  lambdaUsd,
  comparison,
});

const alone = (candidate: string): AnswerPlan => ({ kind: 'single', candidate });
const candidates = ['a', 'b', 'c'].map((candidate) => ({
  candidate,
  quality: terms(1).quality[candidate]!,
  costUsd: terms(1).costUsd[candidate]!,
}));
const last = { candidate: 'strong', quality: 0.9, costUsd: 0.003 };
const plans = plansFor({ candidates, last, allowed: { checks: true, votes: true }, comparison: 'choice' });
const pair = plans.find((plan) => plan.kind === 'vote' && plan.voters.join() === 'a,b')!;
const triple = plans.find((plan) => plan.kind === 'vote' && plan.voters.join() === 'a,b,c')!;
const check = plans.find((plan) => plan.kind === 'check' && plan.first === 'a')!;

/** Judges drawn answers the way the gateway does: ask while it is worth more than it costs. */
function follow(plan: AnswerPlan, own: AcceptanceTerms, groups: Map<string, number | undefined>) {
  const members = planMembers(plan);
  const asked = new Set(plan.kind === 'vote' ? members.slice(0, 2) : members.slice(0, 1));
  for (;;) {
    const evidence = {
      comparison: own.comparison,
      members: members.map((candidate) => ({
        candidate,
        prior: own.quality[candidate]!,
        group: asked.has(candidate) ? groups.get(candidate) : undefined,
        faults: asked.has(candidate) && groups.get(candidate) === undefined ? ['empty'] : [],
      })),
    };
    const options = members.filter((one) => !asked.has(one));
    const atHand = members.filter((one) => asked.has(one) && groups.get(one) !== undefined);
    const next =
      options.length === 0 ? undefined : worthOfAsking({ evidence, terms: own, options, atHand }, parameters);
    if (next === undefined || (next.gain <= 0 && atHand.length > 0)) {
      const right = posterior(evidence, parameters);
      const given = atHand.reduce((x, y) => (right.get(y)! >= right.get(x)! ? y : x), atHand[0]!);
      return { given, asked };
    }
    asked.add(next.option);
  }
}

describe('expectPlan', () => {
  for (const [name, plan] of [
    ['two voters', pair],
    ['three voters', triple],
    ['a check', check],
  ] as const) {
    it(`expects of ${name} what comes of judging answers from a world of known rules`, () => {
      for (const lambdaUsd of [0.002, 0.02, 0.2]) {
        const own = terms(lambdaUsd);
        const members = planMembers(plan);
        // A vote is weighed as if nobody failed a check.
        const faults = plan.kind === 'check' ? parameters.faults : { wrong: 0, right: 0 };
        const draw = answerWorld(
          members.map((one) => own.quality[one]!),
          'choice',
          { ...parameters, faults },
          3,
        );
        const draws = 12_000;
        let right = 0;
        let costUsd = 0;
        let escalated = 0;
        for (let k = 0; k < draws; k++) {
          const drawn = draw();
          const groups = new Map(members.map((one, m) => [one, drawn.group[m]]));
          const { given, asked } = follow(plan, own, groups);
          if (given !== undefined && drawn.right[members.indexOf(given)]!) right += 1;
          if (asked.has('strong')) escalated += 1;
          for (const one of asked) costUsd += own.costUsd[one]!;
        }
        const expected = expectPlan(plan, own, parameters);
        assert.ok(Math.abs(right / draws - expected.quality) < 0.025, `${right / draws} ${expected.quality}`);
        assert.ok(
          Math.abs(escalated / draws - expected.escalation) < 0.03,
          `${escalated / draws} ${expected.escalation}`,
        );
        assert.ok(
          Math.abs(costUsd / draws - expected.costUsd) < 1e-4,
          `${costUsd / draws} ${expected.costUsd}`,
        );
      }
    });
  }

  it('pays for both voters at once and for no more where quality is worth nothing', () => {
    const { costUsd, escalation } = expectPlan(triple, terms(0), parameters);
    assert.ok(Math.abs(costUsd - 0.00018) < 1e-12);
    assert.equal(escalation, 0);
  });

  it('spends more and errs less the more quality is worth, up to any price', () => {
    let previous = expectPlan(triple, terms(0), parameters);
    for (const lambdaUsd of [0.001, 0.01, 0.1, 1, Number.POSITIVE_INFINITY]) {
      const next = expectPlan(triple, terms(lambdaUsd), parameters);
      assert.ok(next.quality >= previous.quality - 1e-12);
      assert.ok(next.costUsd >= previous.costUsd - 1e-12);
      previous = next;
    }
    assert.ok(previous.quality > expectPlan(alone('strong'), terms(1), parameters).quality - 1e-9);
  });

  it('finds two voters who agree worth more than either, for less than the strong model', () => {
    const voted = expectPlan(pair, terms(0.03), parameters);
    const cheap = expectPlan(alone('a'), terms(0.03), parameters);
    assert.ok(voted.quality > cheap.quality + 0.03);
    assert.ok(voted.costUsd < 0.5 * 0.003);
  });

  it('sees no use in votes where nothing can be compared', () => {
    const own = terms(0.02, 'text');
    const voted = expectPlan(pair, own, parameters);
    assert.ok(voted.quality <= expectPlan(alone('strong'), own, parameters).quality + 1e-9);
    assert.ok(voted.costUsd >= 0.00018);
  });

  it('expects of a check at least that faulty answers are replaced', () => {
    const checked = expectPlan(check, terms(0.001), parameters);
    assert.ok(checked.quality > expectPlan(alone('a'), terms(0.001), parameters).quality);
    assert.ok(checked.escalation > 0.01 && checked.escalation < 0.1);
  });
});

describe('worthOfAsking', () => {
  const evidence = (groups: (number | undefined)[]) => ({
    comparison: 'choice' as const,
    members: planMembers(triple).map((candidate, m) => ({
      candidate,
      prior: terms(1).quality[candidate]!,
      group: groups[m],
      faults: [],
    })),
  });
  const worth = (groups: (number | undefined)[], lambdaUsd: number) =>
    worthOfAsking(
      {
        evidence: evidence(groups),
        terms: terms(lambdaUsd),
        options: ['c', 'strong'],
        atHand: ['a', 'b'],
      },
      parameters,
    ).gain;

  it('is higher after disagreement than after agreement', () => {
    assert.ok(worth([0, 1], 0.02) > 0);
    assert.ok(worth([0, 0], 0.02) < 0);
  });

  it('counts quality only where λ has no end', () => {
    const gain = worth([0, 0], Number.POSITIVE_INFINITY);
    assert.ok(gain >= 0 && gain < 1);
  });
});

describe('plansFor', () => {
  it('gives at most a dozen plans, of voters clearly cheaper than the last member', () => {
    const many = Array.from({ length: 30 }, (_, i) => ({
      candidate: `m${i}`,
      quality: 0.5 + i / 100,
      costUsd: 0.0001 * (i + 1),
    }));
    const found = plansFor({
      candidates: many,
      last,
      allowed: { checks: true, votes: true },
      comparison: 'number',
    });
    assert.equal(found.length, 12);
    for (const plan of found) {
      const members = planMembers(plan);
      assert.equal(members.at(-1), 'strong');
      assert.equal(new Set(members).size, members.length);
      for (const one of members.slice(0, -1))
        assert.ok(many.find((m) => m.candidate === one)!.costUsd < 0.0015);
    }
  });

  it('keeps to what is allowed and to what can be compared', () => {
    const kinds = (
      allowed: { checks: boolean; votes: boolean },
      comparison: AcceptanceTerms['comparison'],
    ) => [...new Set(plansFor({ candidates, last, allowed, comparison }).map((plan) => plan.kind))];
    assert.deepEqual(kinds({ checks: true, votes: false }, 'choice'), ['check']);
    assert.deepEqual(kinds({ checks: false, votes: true }, 'choice'), ['vote']);
    assert.deepEqual(kinds({ checks: true, votes: true }, 'text'), ['check']);
    assert.deepEqual(kinds({ checks: false, votes: false }, 'choice'), []);
  });
});
