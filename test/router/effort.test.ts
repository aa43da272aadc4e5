import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Candidate } from '../../src/catalog/index.ts';
import {
  createPredictor,
  type DecideInput,
  decide,
  inputsOf,
  lengthLimit,
  lengthQuestion,
  loadShippedPredictor,
  type ModelParameters,
  OutputLengths,
  readAsk,
  replay,
  splitPreset,
} from '../../src/router/index.ts';
import { presets } from '../../src/router/predictor/effort.ts';
import { candidate, chat, input, rates, read } from './fixtures.ts';

const predictor = loadShippedPredictor();
const plain = candidate({ id: 'hybrid', outputTokensMax: 32_000 });
const scored = {
  ...plain.deployment.model,
  scores: [{ benchmark: 'GPQA Diamond', value: 75, source: 'test', asOf: '2026-01-01' }],
};
const preset = (effort: 'off' | 'low' | 'high'): Candidate => ({
  id: `p/hybrid#${effort}`,
  deployment: { ...plain.deployment, model: scored },
  effort,
});

const texts = {
  maths: 'How many integers between 1 and 300 are divisible by 7 but not by 5? Show the value of each sum.',
  code: 'Implement a python function that merges two sorted lists and returns (one) sorted list.',
  translate: 'Translate into French: the train leaves at noon.',
  lookup: 'What is the capital of Mongolia?',
};
type Text = keyof typeof texts;

function lossOf(text: string, effort: 'off' | 'low' | 'high', by = predictor) {
  const { task, language, vector } = readAsk(text);
  const reference = by.withEffort(scored, 'high');
  return by.predict({ task, language, ask: by.read(vector) }, reference, [by.withEffort(scored, effort)])[0]!;
}

/** A request at a price of quality; the model thinking is the reference. */
function asked(text: string, lambdaUsd: number, more: Partial<DecideInput> = {}): DecideInput {
  const request = chat([text]);
  const { shape } = read(request);
  const lengths = new OutputLengths();
  return input(request, {
    reference: preset('high'),
    candidates: presets.map((effort) => ({
      candidate: preset(effort),
      rates: rates(0.5, 2),
      expectedOutputTokens: lengths.expected(lengthQuestion(preset(effort), shape)),
    })),
    target: { kind: 'usd-per-quality', value: lambdaUsd },
    ...more,
  });
}

describe('how much a model thinks', () => {
  test('a name is taken apart at the last #, and only a preset is one', () => {
    const cases: [string, string, string | undefined][] = [
      ['Qwen/Qwen3-32B#High', 'Qwen/Qwen3-32B', 'high'],
      ['qwen3-32b', 'qwen3-32b', undefined],
      ['qwen3-32b#default', 'qwen3-32b', undefined],
      ['a#b#off', 'a#b', 'off'],
      ['a#medium', 'a#medium', undefined],
    ];
    for (const [name, model, effort] of cases)
      assert.deepEqual(splitPreset(name), { model, preset: effort }, name);
  });

  test('without thinking much is lost in maths, less in code, next to nothing in lookups and translations', () => {
    for (const task of Object.keys(texts) as Text[]) assert.equal(readAsk(texts[task]).task, task);
    const lost = (task: Text) => lossOf(texts[task], 'off').loss.mean;
    assert.ok(lost('maths') > 0.08, String(lost('maths')));
    assert.ok(lost('maths') > lost('code') && lost('code') > lost('lookup'));
    assert.ok(Math.abs(lost('translate')) < 0.03, String(lost('translate')));
  });

  test('little thinking lies between none and full thinking, which is what the published score was of', () => {
    const low = lossOf(texts.maths, 'low').loss.mean;
    assert.ok(low > 0 && low < lossOf(texts.maths, 'off').loss.mean);
    const bare = lossOf(texts.maths, 'off');
    const { task, language, vector } = readAsk(texts.maths);
    const alone = predictor.predict({ task, language, ask: predictor.read(vector) }, scored, [
      predictor.withEffort(scored, 'high'),
    ])[0]!;
    assert.ok(Math.abs(alone.loss.mean) < 1e-9);
    assert.ok(bare.loss.low < bare.loss.mean && bare.loss.mean < bare.loss.high);
    assert.match(bare.evidenceCell, /the effect of thinking from published pairs/);
  });

  test('outcomes of the very preset count before those of the bare name, and these before scores', () => {
    const known = (name: string, ability: number): [string, ModelParameters] => [
      name,
      {
        ...predictor.parameters.models.values().next().value!,
        names: [name],
        ability,
        head: undefined,
        cells: new Map(),
      },
    ];
    const abilityWith = (...models: [string, ModelParameters][]) => {
      const by = createPredictor({ ...predictor.parameters, models: new Map(models) });
      return lossOf(texts.translate, 'off', by).ability;
    };
    const own = abilityWith(known('hybrid', 1), known('hybrid#off', 0.3));
    assert.equal(own.value, 0.3);
    const bare = abilityWith(known('hybrid', 1));
    assert.ok(bare.source === 'outcomes' && bare.value < 1 && bare.value > 0.8, String(bare.value));
    const other = abilityWith(known('hybrid#high', 1));
    assert.ok(other.source === 'outcomes' && other.value < bare.value);
    assert.equal(abilityWith().source, 'scores');
  });

  test('the weights of a preset are folded once: its view of a model is one object', () => {
    assert.equal(predictor.withEffort(scored, 'off'), predictor.withEffort(scored, 'off'));
    assert.notEqual(predictor.withEffort(scored, 'off'), predictor.withEffort(scored, 'high'));
    assert.equal(predictor.withEffort(scored, 'default'), scored);
  });

  test('any ask has finite estimates in order, for each preset', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.constantFrom(...presets), (text, effort) => {
        for (const { mean, low, high } of [lossOf(text, effort).loss, lossOf(text, effort).quality]) {
          assert.ok(low <= mean && mean <= high);
          assert.ok(Number.isFinite(mean));
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('effort in a decision', () => {
  test('at one price of quality maths is thought about and a translation is not, and the sentence says so', () => {
    const lambdaUsd = 0.08;
    const maths = decide(asked(texts.maths, lambdaUsd), predictor);
    assert.notEqual(maths.plan[0], 'p/hybrid#off');
    const french = decide(asked(texts.translate, lambdaUsd), predictor);
    assert.equal(french.plan[0], 'p/hybrid#off');
    assert.match(french.explanation.sentence, /Thinking off is enough: p\/hybrid#high would (gain|lose) \d/);
    const dear = decide(asked(texts.maths, 10), predictor);
    assert.equal(dear.plan[0], 'p/hybrid#high');
    assert.match(dear.explanation.sentence, /the reference/);
  });

  test('little thinking pays where none would lose more than it saves', () => {
    const two = asked(texts.maths, 0.08);
    const offered = two.candidates.filter(({ candidate: { effort } }) => effort !== 'high');
    const big = {
      candidate: candidate({ id: 'big', mmlu: 90 }),
      rates: rates(50, 100),
      expectedOutputTokens: 3000,
    };
    const decision = decide(
      {
        ...two,
        reference: big.candidate,
        candidates: [big, ...offered],
        target: { kind: 'usd-per-quality', value: 0.08 },
      },
      predictor,
    );
    assert.equal(decision.plan[0], 'p/hybrid#low');
    assert.match(
      decision.explanation.sentence,
      /Thinking pays here: p\/hybrid#off would lose \d+\.\d points and save \$/,
    );
  });

  test('the dearer quality is, the more is thought', () => {
    for (const text of Object.values(texts)) {
      let last = -1;
      for (const lambdaUsd of [0.001, 0.01, 0.03, 0.1, 0.3, 1, 10]) {
        const chosen = decide(asked(text, lambdaUsd), predictor).plan[0]!;
        const place = presets.findIndex((each) => chosen.endsWith(`#${each}`));
        assert.ok(place >= last, `${text} at ${lambdaUsd}`);
        last = place;
      }
    }
  });

  test('thinking that would use up the output limit is no answer, whatever quality costs; a replay knows of it', () => {
    const free = asked(texts.maths, 10);
    const lengths = new OutputLengths();
    const { shape } = read(chat([texts.maths]));
    const cutAt = (effort: 'off' | 'low' | 'high', limit: number) =>
      lengths.cutShare(lengthQuestion(preset(effort), shape), limit);
    assert.ok(cutAt('high', 300) > 0.8 && cutAt('high', 300) > cutAt('low', 300));
    assert.ok(cutAt('high', 32_000) < 0.05);
    const tight: DecideInput = {
      ...free,
      candidates: free.candidates.map((one) => {
        const { effort } = one.candidate;
        return effort === 'off' ? one : { ...one, cutShare: cutAt(effort as 'low' | 'high', 300) };
      }),
    };
    const decision = decide(tight, predictor);
    assert.equal(decision.plan[0], 'p/hybrid#off');
    const off = decision.candidates.find((each) => each.candidate === 'p/hybrid#off')!;
    assert.ok(off.loss.mean < -0.3);
    assert.equal(off.contributions[0]?.feature, 'output-limit');
    const ask = predictor.read(tight.reading.vector);
    const again = JSON.parse(JSON.stringify({ decision, inputs: inputsOf({ ...tight, ask }, ask) }));
    const replayed = replay(again.decision, again.inputs, { predictor, readsWording: true });
    assert.deepEqual(replayed?.differences, []);
  });
});

describe('how long thinking makes an answer', () => {
  const shape = read(chat([texts.translate])).shape;
  const mathsShape = read(chat([texts.maths])).shape;

  test('before anything was seen thinking multiplies a maths answer more than a translation', () => {
    const lengths = new OutputLengths();
    const times = (about: typeof shape) =>
      lengths.expected(lengthQuestion(preset('high'), about)) /
      lengths.expected(lengthQuestion(preset('off'), about));
    assert.ok(times(mathsShape) > 8 && times(shape) < 4, `${times(mathsShape)} ${times(shape)}`);
  });

  test('what thinking adds is learned by kind of work, and what is learned of one preset leaves answers without thinking alone', () => {
    const lengths = new OutputLengths();
    const before = lengths.expected(lengthQuestion(preset('off'), shape));
    for (let i = 0; i < 400; i++) {
      lengths.observe({ ...lengthQuestion(preset('high'), mathsShape), tokens: 9000, whole: true });
      lengths.observe({ ...lengthQuestion(preset('high'), shape), tokens: 400, whole: true });
      lengths.observe({ ...lengthQuestion(preset('off'), mathsShape), tokens: 300, whole: true });
      lengths.observe({ ...lengthQuestion(preset('off'), shape), tokens: before, whole: true });
    }
    const near = (actual: number, expected: number) =>
      assert.ok(Math.abs(actual - expected) < 0.15 * expected, `${actual} is not near ${expected}`);
    near(lengths.expected(lengthQuestion(preset('high'), mathsShape)), 9000);
    near(lengths.expected(lengthQuestion(preset('high'), shape)), 400);
    near(lengths.expected(lengthQuestion(preset('off'), mathsShape)), 300);
    near(lengths.expected(lengthQuestion(preset('off'), shape)), before);
    const restored = new OutputLengths();
    assert.ok(restored.restore(JSON.parse(JSON.stringify(lengths.state()))));
    near(restored.expected(lengthQuestion(preset('high'), shape)), 400);
  });

  test('a chance to be cut falls with the limit, from 1 to 0', () => {
    const lengths = new OutputLengths();
    const question = lengthQuestion(preset('high'), mathsShape);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 1_000_000 }), (a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        const cut = lengths.cutShare(question, less);
        assert.ok(cut >= 0 && cut <= 1 && cut >= lengths.cutShare(question, more) - 1e-6);
      }),
    );
    assert.equal(lengthLimit(preset('high'), mathsShape), 32_000);
  });
});
