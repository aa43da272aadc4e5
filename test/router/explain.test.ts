import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type DecideInput, type Decision, decide, loadShippedPredictor } from '../../src/router/index.ts';
import { anyDecideInput, ordinary } from './any-decide-input.ts';

const predictor = loadShippedPredictor();

test('the contributions add up to the expected loss wherever it is not bounded', () => {
  let checked = 0;
  fc.assert(
    fc.property(anyDecideInput, (asked) => {
      for (const { candidate, loss, contributions } of decide(asked, predictor).candidates) {
        if (Math.abs(loss.mean) >= 1) continue;
        const sum = contributions.reduce((all, { effect }) => all + effect, 0);
        assert.ok(Math.abs(sum - loss.mean) < 1e-9, `${candidate}: ${sum} is not ${loss.mean}`);
        if (contributions.length > 0) checked += 1;
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(checked > 300);
});

type Rates = NonNullable<DecideInput['candidates'][number]['rates']>;

const scaled = (rates: Rates, factor: number): Rates => ({
  input: rates.input * factor,
  output: rates.output * factor,
  cacheRead: rates.cacheRead && rates.cacheRead * factor,
  cacheWrite: rates.cacheWrite && rates.cacheWrite * factor,
});

/** The request at a lower price of one candidate. */
function repriced(asked: DecideInput, id: string, factor: number): DecideInput {
  const candidates = asked.candidates.map((one) =>
    one.candidate.id === id && one.rates !== undefined ? { ...one, rates: scaled(one.rates, factor) } : one,
  );
  return { ...asked, candidates };
}

function withTools(asked: DecideInput): DecideInput {
  return { ...asked, reading: { ...asked.reading, shape: { ...asked.reading.shape, tools: 1 } } };
}

/** Forms of what is said, each with the request it is said of, changed as it says; undefined = a form of another kind. */
const forms: {
  [form: string]: { said: RegExp; changed(asked: DecideInput, value: string, of: string): DecideInput };
} = {
  target: {
    said: /^With a quality target of (?<value>[\d.]+)/,
    changed: (asked, value) => ({ ...asked, target: { kind: 'quality', value: Number(value) } }),
  },
  lambda: {
    said: /^At \$(?<value>[\d.e+-]+) \(now/,
    changed: (asked, value) => ({ ...asked, target: { kind: 'usd-per-quality', value: Number(value) } }),
  },
  tools: { said: /^With tools in the request (?<value>)/, changed: withTools },
  votes: {
    said: /^Without `votes` (?<value>)/,
    changed: (asked) => ({ ...asked, cascade: { checks: asked.cascade!.checks, votes: false } }),
  },
  price: {
    said: /^A price of (?<of>\S+) below \$(?<value>[\d.]+) for this request/,
    changed: (asked, value, of) => {
      const now = decide(asked, predictor).candidates.find(({ candidate }) => candidate === of)!.cost!;
      return repriced(asked, of, (0.98 * Number(value) * 1e9) / now.totalNano);
    },
  },
};

const answersAlone = ({ cascade, preferred }: Decision, candidate: string): boolean =>
  cascade?.plan.kind !== 'vote' && preferred === candidate;

test('what is said to flip a choice flips it, to whom is said', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.oneof(ordinary, anyDecideInput), (asked) => {
      const before = decide(asked, predictor);
      const flip = before.explanation.flip ?? '';
      for (const [form, { said, changed }] of Object.entries(forms)) {
        const groups = said.exec(flip)?.groups;
        if (groups === undefined) continue;
        const after = decide(changed(asked, groups['value']!, groups['of']!), predictor);
        const winner = /(\S+) would answer(?: instead of \S+)?\./.exec(flip)?.[1];
        if (winner === undefined) assert.match(flip, /would not answer alone any more/);
        else assert.equal(after.preferred, winner, flip);
        if (before.cascade?.plan.kind !== 'vote') assert.ok(!answersAlone(after, before.preferred), flip);
        seen.set(form, (seen.get(form) ?? 0) + 1);
      }
    }),
    { numRuns: 4000 },
  );
  // A price flips some 25 of 4,000 choices: far fewer than that would say that the form is not made any more, and chance does not reach it.
  for (const [form, least] of [
    ['target', 200],
    ['lambda', 200],
    ['price', 4],
  ] as const)
    assert.ok((seen.get(form) ?? 0) >= least, `${form}: ${seen.get(form)}`);
});
