import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecideInput, decide, loadShippedPredictor } from '../../src/router/index.ts';
import { candidate, chat, input, rates, strong } from './fixtures.ts';

const predictor = loadShippedPredictor();
const cheap = ['llama-3.1-70b-instruct', 'qwen2.5-32b-instruct', 'gpt-4o-mini'].map((id, i) => ({
  candidate: candidate({ id }),
  rates: rates(0.1 + i / 20, 0.2 + i / 10),
}));
const ask = chat(['A train covers 120 km in 1.5 hours. How many km does it cover in 4 hours?']);

function decided(target: DecideInput['target'], cascade: DecideInput['cascade']) {
  const base = input(ask, { candidates: [strong, ...cheap], target });
  return decide({ ...base, cascade, comparison: 'number' }, predictor);
}

const targets: DecideInput['target'][] = [0, 0.001, 0.01, 0.1, 1, 1e9].map((value) => ({
  kind: 'usd-per-quality',
  value,
}));

test('the parts of what a plan is expected to cost add up', () => {
  const plans = targets.flatMap((target) => {
    const { cascade, cascades } = decided(target, { checks: true, votes: true });
    return [...(cascades ?? []), ...(cascade === undefined ? [] : [cascade])];
  });
  assert.ok(plans.length > 0);
  for (const { cost } of plans) {
    const { uncachedInputNano, cachedInputNano, outputNano, escalationNano, totalNano } = cost!;
    assert.equal(uncachedInputNano + cachedInputNano + outputNano + escalationNano, totalNano);
    assert.ok(escalationNano >= 0);
  }
});

test('an answer that is looked at first is announced as one, and a given price of quality is not advised on as a target', () => {
  const { cascade, explanation } = decided(targets[0]!, { checks: true, votes: false });
  assert.equal(cascade?.plan.kind, 'check');
  assert.match(explanation.sentence, /looked at first: where it is not good enough, p\/strong answers\./);
  assert.doesNotMatch(explanation.flip ?? '', /quality target/);
  const plain = decided(targets[0]!, undefined);
  assert.doesNotMatch(plain.explanation.sentence, /looked at/);
});

test('a second deployment of the reference’s model is no voter', () => {
  const twin = { candidate: { ...strong.candidate, id: 'q/strong' }, rates: rates(0.2, 0.4) };
  const base = input(ask, { candidates: [strong, twin, ...cheap], target: { kind: 'quality', value: 0.9 } });
  const { cascades } = decide(
    { ...base, cascade: { checks: false, votes: true }, comparison: 'number' },
    predictor,
  );
  for (const { plan } of cascades ?? [])
    assert.ok(plan.kind === 'vote' && !plan.voters.includes(twin.candidate.id));
});

test('what would flip a vote flips it', () => {
  const votes = targets
    .map((target) => ({ target, decision: decided(target, { checks: false, votes: true }) }))
    .filter(({ decision }) => decision.reason === 'cascade');
  for (const { target, decision } of votes) {
    const [, instead] = /^Without `votes` .* (\S+) would answer\.$/.exec(decision.explanation.flip!)!;
    assert.equal(decided(target, undefined).plan[0], instead);
  }
});
