import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeAsk, encodeAsk } from '../../src/router/features/numbers.ts';
import {
  createPredictor,
  type DecideInput,
  type Decision,
  type DecisionInputs,
  decide,
  inputsOf,
  loadShippedPredictor,
  OwnOutcomes,
  type Predictor,
  redecide,
  replay,
  sharesEmbedding,
} from '../../src/router/index.ts';
import { candidatesKeptMax } from '../../src/router/replay/inputs.ts';
import { anyDecideInput } from './any-decide-input.ts';
import { candidate, chat, cheap, input, near, strong } from './fixtures.ts';

const predictor = loadShippedPredictor();
const own = { predictor, readsWording: true };
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** A decision with its inputs as the ledger gives them back. */
function stored(asked: DecideInput): { decision: Decision; inputs: DecisionInputs } {
  const ask = predictor.read(asked.reading.vector);
  const inputs = inputsOf({ ...asked, ask }, ask);
  return JSON.parse(JSON.stringify({ decision: decide(asked, predictor), inputs }));
}

test('any decision is made again from what is stored of it, field by field the same', () => {
  fc.assert(
    fc.property(anyDecideInput, (asked) => {
      const { decision, inputs } = stored(asked);
      assert.notEqual(decision.reason, 'router-failed');
      assert.deepEqual(replay(decision, inputs, own)?.differences, []);
    }),
    { numRuns: 1500 },
  );
  // The generator reaches every kind of decision, or the property would prove little; some are rare, so the sample is a fixed one.
  const seen = new Set<string>();
  for (const asked of fc.sample(anyDecideInput, { numRuns: 4000, seed: 11 })) {
    const decision = decide(asked, predictor);
    seen.add(decision.reason);
    if (decision.cascade?.plan.kind === 'check') seen.add('a check');
    if (decision.cascades !== undefined) seen.add('votes weighed');
    if (decision.signals !== undefined) seen.add('signals');
  }
  const kinds = ['named-model', 'tool-loop-lock', 'price-unknown', 'no-candidate', 'reference-unavailable'];
  for (const kind of [...kinds, 'a check', 'votes weighed', 'signals'])
    assert.ok(seen.has(kind), `no generated input led to ${kind}`);
});

test('another target leads to what would have been decided under it', () => {
  fc.assert(
    fc.property(anyDecideInput, fc.double({ min: 0.5, max: 1, noNaN: true }), (asked, value) => {
      const { decision, inputs } = stored(asked);
      for (const kind of ['quality', 'usd-per-quality'] as const) {
        const target = { kind, value };
        const expected = decide({ ...asked, target, lambdaUsd: undefined }, predictor);
        assert.deepEqual(asJson(redecide(decision, inputs, own, target)), asJson(expected));
      }
    }),
  );
});

test('what own outcomes said is stored with the decision, so that later ones change nothing', () => {
  const outcomes = new OwnOutcomes(predictor);
  const asked = input(chat(['Translate to French: good morning.']), { candidates: [strong, near] });
  const { shape, vector } = asked.reading;
  const seen = { ask: predictor.read(vector), task: shape.task, language: shape.language };
  const models = [strong, near].map(({ candidate: one }) => one.deployment.model);
  const [reference, model] = models as [(typeof models)[0], (typeof models)[0]];
  const learn = (score: number) => outcomes.learn({ ...seen, reference, model, score });
  for (let i = 0; i < 40; i++) learn(i % 4 === 0 ? 1 : 0);
  const { decision, inputs } = stored({ ...asked, own: outcomes.read(seen, models) });
  assert.notDeepEqual(decision.candidates, stored(asked).decision.candidates);
  for (let i = 0; i < 40; i++) learn(1);
  assert.deepEqual(replay(decision, inputs, own)?.differences, []);
});

test('a decision that was stored otherwise than it was made differs where it was changed', () => {
  const { decision, inputs } = stored(
    input(chat(['Translate to French: good morning.']), { candidates: [strong, near] }),
  );
  const forged = structuredClone(decision);
  forged.candidates[0]!.loss.mean += 1e-12;
  forged.plan.reverse();
  const fields = replay(forged, inputs, own)!.differences.map(({ field }) => field);
  assert.deepEqual(fields, ['plan.0', 'plan.1', 'candidates.0.loss.mean']);
});

test('an ask is stored as the very numbers that it was read as', () => {
  const float = fc.float32Array({ minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(float, float, fc.float(), (structural, direction, captured) => {
      assert.deepEqual(decodeAsk(encodeAsk({ structural, direction, captured })), {
        structural,
        direction,
        captured,
      });
    }),
  );
  for (const text of [
    '',
    'AAAA',
    'AAAAAA==.AAAAAA==',
    'AAAAAA==.AAAAAA==.AAA=',
    'AAAAAA==.AAAAAA==.AAAAAA==.AAAAAA==',
  ])
    assert.equal(decodeAsk(text), undefined, text);
});

/** The same weights, and an embedding in which every n-gram lies elsewhere. */
function retrained(): Predictor {
  const { parameters } = predictor;
  const rows = parameters.embedding.rows.map((step) => -step);
  return createPredictor({ ...parameters, id: 'retrained', embedding: { ...parameters.embedding, rows } });
}

test('another artefact reads the stored wording only if its embedding is the same', () => {
  const asked = input(chat(['Why did the treaty fail, and would a different clause have saved it?']));
  const { decision, inputs } = stored(asked);
  const adapted = createPredictor({ ...predictor.parameters, id: 'adapted' });
  assert.equal(sharesEmbedding(adapted, predictor), true);
  assert.deepEqual(
    replay(decision, inputs, { predictor: adapted, readsWording: true })!.differences.map(
      ({ field }) => field,
    ),
    ['artefact'],
  );
  const other = retrained();
  assert.equal(sharesEmbedding(other, predictor), false);
  const { decision: again } = replay(decision, inputs, { predictor: other, readsWording: false })!;
  assert.ok(again.candidates.length > 0);
  for (const { contributions } of again.candidates)
    assert.ok(contributions.every(({ feature, effect }) => feature !== 'wording' || effect === 0));
});

test('inputs of another format, or read with other features, are not guessed at', () => {
  const { decision, inputs } = stored(input(chat(['hi'])));
  assert.equal(replay(decision, { ...inputs, format: 2 as 1 }, own), undefined);
  assert.equal(replay(decision, { ...inputs, ask: 'AAAAAA==.AAAAAA==.AAAAAA==' }, own), undefined);
});

test('prompts leave no word in what is stored, and many candidates no inputs at all', () => {
  const secret = 'Xylophonequarks';
  const asked = input(chat([`Explain ${secret} to me, please: ${secret}?`]));
  assert.doesNotMatch(JSON.stringify(stored(asked).inputs), new RegExp(secret, 'i'));
  const crowd = (n: number) =>
    input(chat(['hi']), {
      candidates: Array.from({ length: n }, (_, i) => ({
        candidate: candidate({ id: `m${i}` }),
        rates: cheap,
      })),
      reference: candidate({ id: 'm0' }),
    });
  assert.notEqual(stored(crowd(candidatesKeptMax)).inputs, undefined);
  assert.equal(stored(crowd(candidatesKeptMax + 1)).inputs, undefined);
});
