import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ChatAnswer } from '../../../src/protocol/index.ts';
import type { AnswerEvidence } from '../../../src/router/answer/evidence.ts';
import { type Judgement, judgeAnswers } from '../../../src/router/answer/judge.ts';
import { type AnswerPlan, planMembers } from '../../../src/router/answer/plan.ts';
import { answer, ask, shapeOf } from './fixtures.ts';
import { foreseenBy } from './look-ahead.ts';

const request = ask('Janet has 16 eggs and eats 3. How many eggs are left?');
const shape = shapeOf(request);
const vote = planOf({ kind: 'vote', voters: ['a', 'b', 'c'] });
const pair = planOf({ kind: 'vote', voters: ['a', 'b'] });
const checked = planOf({ kind: 'check', first: 'a' });

/** With the reference as the last member. */
function planOf(
  plan: { kind: 'vote'; voters: ['a', 'b', 'c'] | ['a', 'b'] } | { kind: 'check'; first: 'a' },
): AnswerPlan {
  return { ...plan, last: 'r' };
}

/** Bayes with members that err on their own, wrong answers coinciding in one case of five. */
function independent({ members }: AnswerEvidence): Map<string, number> {
  const compared = members.filter(({ group, faults }) => group !== undefined && faults.length === 0);
  const groups = new Set(compared.map(({ group }) => group));
  const weightOf = (right: number | undefined): number => {
    const each = compared.map(({ prior, group }) => (group === right ? prior : 1 - prior));
    const wrongTwins =
      compared.filter(({ group }) => group !== right).length -
      [...groups].filter((group) => group !== right).length;
    return each.reduce((product, one) => product * one, 0.2 ** wrongTwins);
  };
  const all = [...groups, undefined].reduce<number>((sum, group) => sum + weightOf(group), 0);
  return new Map(
    members.map(({ candidate, prior, group, faults }) => {
      if (faults.length > 0) return [candidate, 0];
      return [candidate, group === undefined || all === 0 ? prior : weightOf(group) / all];
    }),
  );
}

interface Case {
  plan: AnswerPlan;
  answers: { [candidate: string]: string | undefined };
  quality?: { [candidate: string]: number };
  costUsd?: { [candidate: string]: number };
  lambdaUsd?: number;
}

function judge(given: Case): Judgement {
  const { plan, answers } = given;
  const entries = Object.entries(answers).map(([candidate, text]): [string, ChatAnswer | undefined] => [
    candidate,
    text === undefined ? undefined : answer(text),
  ]);
  return judgeAnswers({
    plan,
    terms: {
      quality: given.quality ?? { a: 0.7, b: 0.7, c: 0.7, r: 0.9 },
      costUsd: given.costUsd ?? { a: 0.001, b: 0.001, c: 0.001, r: 0.02 },
      lambdaUsd: given.lambdaUsd ?? 0.1,
      comparison: 'number',
    },
    posterior: independent,
    lookAhead: foreseenBy(independent),
    request,
    shape,
    answers: new Map(entries),
  });
}

function check(given: Case, verdict: string | string[], why: Judgement['why']): void {
  const judgement = judge(given);
  const said =
    judgement.verdict.kind === 'accept' ? judgement.verdict.candidate : judgement.verdict.candidates;
  assert.deepEqual([said, judgement.why], [verdict, why]);
}

describe('judgeAnswers()', () => {
  it('begins with those who are asked at once', () => {
    check({ plan: { kind: 'single', candidate: 'a' }, answers: {} }, ['a'], 'begin');
    check({ plan: checked, answers: {} }, ['a'], 'begin');
    check({ plan: vote, answers: {} }, ['a', 'b'], 'begin');
    check({ plan: vote, answers: { a: '13' } }, ['b'], 'begin');
  });

  it('accepts what two agree on', () => {
    check({ plan: vote, answers: { a: '13', b: 'The answer is 13.' } }, 'a', 'agreed');
    assert.deepEqual(judge({ plan: vote, answers: { a: '13', b: '13.0' } }).groups, {
      a: 0,
      b: 0,
      c: undefined,
      r: undefined,
    });
  });

  it('asks on where two agree and still too little is to be had of it', () => {
    check(
      { plan: pair, answers: { a: '13', b: '13' }, quality: { a: 0.3, b: 0.3, r: 0.95 } },
      ['r'],
      'doubtful',
    );
  });

  it('asks a third voter where two differ, and the reference where the third is not worth its cost', () => {
    check({ plan: vote, answers: { a: '13', b: '12' } }, ['c'], 'differ');
    check(
      { plan: vote, answers: { a: '13', b: '12' }, quality: { a: 0.7, b: 0.7, c: 0.1, r: 0.9 } },
      ['r'],
      'differ',
    );
    check({ plan: pair, answers: { a: '13', b: '12' } }, ['r'], 'differ');
    check({ plan: vote, answers: { a: '13', b: '12', c: '11' } }, ['r'], 'differ');
    check({ plan: vote, answers: { a: '13', b: '12', c: '12' } }, 'b', 'agreed');
  });

  it('accepts the first answer of a check where the second is not worth its cost', () => {
    check({ plan: checked, answers: { a: '13' }, lambdaUsd: 0.05 }, 'a', 'good-enough');
    check({ plan: checked, answers: { a: '13' }, lambdaUsd: 1 }, ['r'], 'doubtful');
  });

  it('asks on after a fault or a failure, whatever it costs', () => {
    const dear = { a: 0.001, b: 0.001, c: 0.001, r: 1000 };
    check({ plan: checked, answers: { a: '' }, lambdaUsd: 0, costUsd: dear }, ['r'], 'faulty');
    check({ plan: checked, answers: { a: undefined }, lambdaUsd: 0, costUsd: dear }, ['r'], 'failed');
    check({ plan: vote, answers: { a: '', b: undefined }, lambdaUsd: 0.1 }, ['r'], 'faulty');
    check({ plan: vote, answers: { a: '', b: undefined }, lambdaUsd: 0 }, ['c'], 'faulty');
  });

  it('does not let faulty answers bear each other out', () => {
    const refusal = 'I cannot assist with this request about 13.';
    const { groups, faults } = judge({ plan: vote, answers: { a: refusal, b: refusal } });
    assert.deepEqual([groups['a'], groups['b']], [undefined, undefined]);
    assert.deepEqual(faults['a'], ['refused']);
  });

  it('gives the best where nobody is left: without faults first, the reference on ties', () => {
    check({ plan: checked, answers: { a: '13', r: '13' } }, 'r', 'all-asked');
    check({ plan: checked, answers: { a: '13', r: '' } }, 'a', 'all-asked');
    check({ plan: checked, answers: { a: '', r: '' } }, 'r', 'all-asked');
    check({ plan: checked, answers: { a: undefined, r: '13' } }, 'r', 'all-asked');
    check({ plan: checked, answers: { a: undefined, r: undefined } }, [], 'none-answered');
  });

  it('never takes a member of unknown price for a cheap one', () => {
    check({ plan: checked, answers: { a: '13' }, costUsd: { a: 0.001 }, lambdaUsd: 1 }, 'a', 'good-enough');
  });

  it('foresees no more than it has: asking is never worth more than λ × what is missing to certainty', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { verdict, ranking } = judge(given);
        if (verdict.kind !== 'ask' || ranking[0] === undefined || ranking[0].faulty) return;
        const { costUsd = {}, lambdaUsd = 0 } = given;
        const cheapest = Math.min(...verdict.candidates.map((candidate) => costUsd[candidate] ?? 0));
        if (ranking.length < planMembers(given.plan).length && Object.keys(given.answers).length >= 2) {
          assert.ok(lambdaUsd * (1 - ranking[0].quality) >= cheapest);
        }
      }),
    );
  });

  it('ends, calls nobody twice and gives out nothing faulty while another is left', () => {
    fc.assert(
      fc.property(cases, fc.dictionary(fc.constantFrom('a', 'b', 'c', 'r'), texts), (given, said) => {
        const answers: Case['answers'] = {};
        const members = planMembers(given.plan);
        for (let round = 0; round <= members.length; round++) {
          const judgement = judge({ ...given, answers });
          if (judgement.verdict.kind === 'accept') {
            const accepted = judgement.ranking.find(
              ({ candidate }) => candidate === (judgement.verdict as { candidate: string }).candidate,
            );
            assert.ok(accepted !== undefined);
            const left = members.some((candidate) => !(candidate in answers));
            const sound = judgement.ranking.some(({ faulty }) => !faulty);
            assert.ok(!accepted.faulty || (!left && !sound));
            return;
          }
          if (judgement.verdict.candidates.length === 0) {
            assert.ok(members.every((candidate) => candidate in answers && answers[candidate] === undefined));
            return;
          }
          for (const candidate of judgement.verdict.candidates) {
            assert.ok(members.includes(candidate) && !(candidate in answers));
            answers[candidate] = said[candidate];
          }
        }
        assert.fail('no end');
      }),
    );
  });

  it('accepts the first sound answer where quality is worth nothing', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { verdict, ranking, why } = judge({ ...given, lambdaUsd: 0 });
        if (why === 'begin' || !ranking.some(({ faulty }) => !faulty)) return;
        assert.equal(verdict.kind, 'accept');
      }),
    );
  });

  it('asks whenever a better answer is expected where quality is worth everything', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { verdict, ranking, why } = judge({ ...given, lambdaUsd: Number.POSITIVE_INFINITY });
        const left = planMembers(given.plan).filter((candidate) => !(candidate in given.answers));
        if (why === 'begin' || left.length === 0) return;
        // The answers at hand also say how hard the ask is, so what was expected of the others holds only about.
        const better = left.some(
          (candidate) => given.quality![candidate]! > (ranking[0]?.quality ?? 0) + 0.2,
        );
        if (better) assert.equal(verdict.kind, 'ask');
      }),
    );
  });
});

const texts = fc.constantFrom(
  '13',
  'The answer is 13.',
  '12',
  '11',
  '',
  'I cannot help with that.',
  undefined,
);
const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });
const money = fc.double({ min: 0, max: 0.1, noNaN: true });
const ofAll = <T>(value: fc.Arbitrary<T>) => fc.record({ a: value, b: value, c: value, r: value });

const cases: fc.Arbitrary<Case> = fc
  .record({
    plan: fc.constantFrom(vote, pair, checked, { kind: 'single', candidate: 'a' } as AnswerPlan),
    said: ofAll(texts),
    asked: fc.integer({ min: 0, max: 4 }),
    quality: ofAll(share),
    costUsd: ofAll(money),
    lambdaUsd: fc.double({ min: 0, max: 10, noNaN: true }),
  })
  .map(({ plan, said, asked, ...rest }) => {
    const members = planMembers(plan).slice(0, asked);
    const answers = Object.fromEntries(members.map((candidate) => [candidate, said[candidate as 'a']]));
    return { plan, answers, ...rest };
  });
