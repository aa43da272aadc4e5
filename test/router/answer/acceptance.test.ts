import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type AcceptanceParameters, posterior } from '../../../src/router/answer/acceptance.ts';
import type { AnswerEvidence } from '../../../src/router/answer/evidence.ts';
import { logit } from '../../../src/router/predictor/parameters.ts';
import { answerWorld, parameters, plain } from './acceptance-world.ts';

type Group = number | undefined | 'faulty';

function evidence(
  priors: number[],
  groups: Group[],
  comparison: AnswerEvidence['comparison'] = 'choice',
): AnswerEvidence {
  return {
    comparison,
    members: priors.map((prior, m) => {
      const group = groups[m];
      const faulty = group === 'faulty';
      return {
        candidate: `m${m}`,
        prior,
        group: faulty ? undefined : group,
        faults: faulty ? ['empty'] : [],
      };
    }),
  };
}

/** P(right) of each member by going through every way in which all may answer; undefined where none leads to what is known. */
function countedCases(
  members: readonly { prior: number; group: Group }[],
  suggests: number,
  { otherwise: { rewording }, faults }: AcceptanceParameters,
): (number | undefined)[] {
  let total = 0;
  const right = members.map(() => 0);
  const go = (m: number, probability: number, said: string[], rights: boolean[]): void => {
    if (m === members.length) {
      const fits = members.every(({ group }, i) =>
        members.every(
          (other, j) =>
            typeof group !== 'number' ||
            typeof other.group !== 'number' ||
            (group === other.group) === (said[i] === said[j]),
        ),
      );
      if (!fits) return;
      total += probability;
      rights.forEach((isRight, i) => {
        if (isRight) right[i]! += probability;
      });
      return;
    }
    const { prior, group } = members[m]!;
    const next = (share: number, isRight: boolean, words: string) => {
      const failing = group === 'faulty' ? faults[isRight ? 'right' : 'wrong'] : 1;
      go(m + 1, probability * share * failing, [...said, words], [...rights, isRight]);
    };
    next(prior * (1 - rewording), true, 'right');
    next(prior * rewording, true, `right as ${m} says it`);
    next((1 - prior) * suggests, false, 'wrong');
    next((1 - prior) * (1 - suggests), false, `wrong as ${m} says it`);
  };
  go(0, 1, [], []);
  return right.map((part) => (total > 0 ? part / total : undefined));
}

const rightOf = (given: AnswerEvidence, of = parameters) => [...posterior(given, of).values()];
const near = (actual: number, expected: number, by: number) =>
  assert.ok(Math.abs(actual - expected) <= by, `${actual} is not within ${by} of ${expected}`);

describe('posterior', () => {
  it('gives by hand what two independent members say: both right, or wrong the same way', () => {
    // Right twice .64; the suggested wrong answer twice .2² × ½².
    const [first, second] = rightOf(evidence([0.8, 0.8], [0, 0]), plain);
    near(first!, 0.64 / (0.64 + 0.04 * 0.5 ** 2), 1e-9);
    assert.equal(first, second);
    // Apart: one right and the other wrong, twice .16; both wrong .04 less what coincides.
    const [left] = rightOf(evidence([0.8, 0.8], [0, 1]), plain);
    near(left!, 0.16 / (0.32 + 0.04 * 0.75), 1e-9);
  });

  it('gives for up to five members what counting all cases gives, where errors have nothing in common', () => {
    const share = fc.double({ min: 0.02, max: 0.98, noNaN: true });
    const members = fc.array(
      fc.record({ prior: share, group: fc.constantFrom(undefined, 'faulty', 0, 1, 2) }),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(members, share, share, (all, suggests, rewording) => {
        const of: AcceptanceParameters = {
          ...plain,
          otherwise: { suggestion: logit(suggests), rewording },
          faults: { wrong: 0.3, right: 0.05 },
        };
        const counted = countedCases(all as { prior: number; group: Group }[], suggests, of);
        const given = evidence(
          all.map(({ prior }) => prior),
          all.map(({ group }) => group as Group),
        );
        rightOf(given, of).forEach((right, m) => {
          near(right, counted[m] ?? all[m]!.prior, 1e-7);
        });
      }),
    );
  });

  it('stays at what was predicted while nobody has answered', () => {
    for (const prior of [0.1, 0.35, 0.6, 0.85, 0.97]) {
      const [first] = rightOf(evidence([prior, 0.5], [undefined, undefined]), {
        ...parameters,
        prior: plain.prior,
      });
      near(first!, prior, 0.015);
    }
  });

  for (const comparison of ['choice', 'short-text'] as const) {
    it(`is as often right as it says on answers drawn from a world of known rules (${comparison})`, () => {
      const priors = [0.8, 0.7, 0.6, 0.88];
      const draw = answerWorld(priors, comparison, { ...parameters, faults: plain.faults }, 7);
      const seen = new Map<string, { n: number; right: number[]; expected: number[] }>();
      for (let k = 0; k < 120_000; k++) {
        const { right, group } = draw();
        // The last member has not been asked.
        const groups: Group[] = group.slice(0, 3);
        const numbers = new Map<Group, number>();
        const pattern = groups.map((one) => {
          const number = numbers.get(one) ?? numbers.size;
          numbers.set(one, number);
          return number;
        });
        const key = pattern.join();
        const cell = seen.get(key) ?? {
          n: 0,
          right: [0, 0, 0, 0],
          expected: rightOf(evidence(priors, pattern, comparison)),
        };
        seen.set(key, cell);
        cell.n += 1;
        right.forEach((one, m) => {
          if (one) cell.right[m]! += 1;
        });
      }
      assert.equal(seen.size, 5);
      for (const [key, { n, right, expected }] of seen) {
        if (n < 300) continue;
        right.forEach((count, m) => {
          const p = expected[m]!;
          const noise = 4 * Math.sqrt((p * (1 - p)) / n);
          assert.ok(
            Math.abs(count / n - p) < noise + 0.015,
            `${key}, member ${m}: ${count / n} against ${p} (${n})`,
          );
        });
      }
    });
  }

  it('raises both by agreement and lowers both, and those not asked, by disagreement, at priors that make a vote sensible', () => {
    const prior = fc.double({ min: 0.4, max: 0.95, noNaN: true });
    fc.assert(
      fc.property(prior, prior, prior, (a, b, last) => {
        const before = rightOf(evidence([a, b, last], [undefined, undefined, undefined]));
        const agreed = rightOf(evidence([a, b, last], [0, 0, undefined]));
        const apart = rightOf(evidence([a, b, last], [0, 1, undefined]));
        assert.ok(agreed[0]! + agreed[1]! > before[0]! + before[1]!);
        assert.ok(agreed[2]! > before[2]! && apart[2]! < before[2]!);
        assert.ok(apart[0]! + apart[1]! < before[0]! + before[1]!);
        for (const one of [...agreed, ...apart]) assert.ok(one >= 0 && one <= 1);
      }),
    );
  });

  it('does not depend on the order of members or on how groups are numbered', () => {
    const forwards = rightOf(evidence([0.8, 0.6, 0.7], [3, 1, 3]));
    const backwards = rightOf(evidence([0.7, 0.6, 0.8], [0, 4, 0]));
    near(forwards[0]!, backwards[2]!, 1e-12);
    near(forwards[1]!, backwards[1]!, 1e-12);
  });

  it('takes nothing from answers that only wording could compare', () => {
    const silent = rightOf(evidence([0.8, 0.6], [undefined, undefined], 'text'));
    assert.deepEqual(rightOf(evidence([0.8, 0.6], [0, 0], 'text')), silent);
  });

  it('holds a faulty answer for wrong, and the ask for harder', () => {
    const before = rightOf(evidence([0.8, 0.6], [undefined, undefined]));
    const after = rightOf(evidence([0.8, 0.6], ['faulty', undefined]));
    assert.ok(after[0]! < 0.1);
    assert.ok(after[1]! < before[1]!);
  });

  it('stays a probability at priors beyond the ends', () => {
    for (const one of rightOf(evidence([1.2, -0.1, 1], [0, 1, 0]))) assert.ok(one > 0 && one < 1);
  });
});
