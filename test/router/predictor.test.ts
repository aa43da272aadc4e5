import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Artefact,
  abilityRank,
  decodeArtefact,
  encodeArtefact,
  loadShippedPredictor,
  readAsk,
} from '../../src/router/index.ts';
import type { PredictionRequest } from '../../src/router/predictor/predictor.ts';
import { candidate } from './fixtures.ts';

const file = new URL('../../src/router/artefact/default.json', import.meta.url);
const shipped = (): Artefact => JSON.parse(readFileSync(file, 'utf8')) as Artefact;
const predictor = loadShippedPredictor();
const model = (id: string, mmlu?: number) => candidate({ id, mmlu }).deployment.model;
const strong = model('strong', 88);
const weak = model('weak', 60);

function asked(text: string): PredictionRequest {
  const reading = readAsk(text);
  return { ...reading, ask: predictor.read(reading.vector) };
}

test('the shipped artefact is small, says what it was made of, and holds no text', () => {
  const text = readFileSync(file, 'utf8');
  assert.ok(text.length < 1_000_000);
  const { provenance, evidence } = shipped();
  assert.deepEqual(Object.keys(provenance.dataSets).sort(), [
    'core24',
    'mmlu_pro',
    'routellm',
    'ulab_llmrouter',
  ]);
  for (const set of Object.values(provenance.dataSets)) assert.ok(set.licence !== '' && set.rows > 0);
  for (const language of ['zh', 'ja', 'ko']) assert.equal(evidence.languages[language], undefined);
  assert.ok(!/eggs per day|Answer:|\[PYTHON\]/.test(text));
});

test('an artefact survives decoding and encoding, and damage is noticed', () => {
  const artefact = shipped();
  const parameters = decodeArtefact(artefact);
  const models = new Map(Object.keys(artefact.models).map((id) => [id, parameters.models.get(id)!]));
  const again = encodeArtefact(
    { ...parameters, models },
    { provenance: artefact.provenance, measured: artefact.measured },
  );
  assert.deepEqual(again.models, artefact.models);
  assert.throws(() => decodeArtefact({ ...artefact, benchmarks: {} }), /damaged/);
  assert.throws(() => decodeArtefact({ ...artefact, format: 99 }), /format 99/);
  assert.throws(() => decodeArtefact('nonsense'), /Not a router artefact/);
});

test('an abler model is expected to lose less, a weaker one more, where nothing else is known', () => {
  const ask = asked('今天天气怎么样？');
  const [near, far] = predictor.predict(ask, strong, [model('near', 86), weak]);
  assert.ok(near!.loss.mean > 0 && near!.loss.mean < far!.loss.mean);
});

test('intervals are wider without evidence: another language, an unknown model', () => {
  const width = (text: string, id: string, mmlu?: number) => {
    const { loss } = predictor.predict(asked(text), strong, [model(id, mmlu)])[0]!;
    return loss.high - loss.low;
  };
  const english = 'Explain why the treaty failed and compare it with the later one.';
  assert.ok(width('请解释条约失败的原因并与后来的条约比较。', 'x', 86) > width(english, 'x', 86));
  assert.ok(width(english, 'nothing-published') > width(english, 'x', 86));
  const known = predictor.predict(asked(english), strong, [model('gpt-4o-mini'), model('x', 76.7)]);
  assert.ok(known[0]!.ability.source === 'outcomes' && known[1]!.ability.source === 'scores');
});

test('evidence is counted per model, work and language, and says so in words', () => {
  const [mini, other] = predictor.predict(asked('Solve the equation 3x + 5 = 20.'), strong, [
    model('gpt-4o-mini'),
    model('x', 80),
  ]);
  assert.ok(mini!.evidence > 500);
  assert.match(mini!.evidenceCell, /maths × en: \d+ rows of this model/);
  assert.equal(other!.evidence, 0);
  assert.match(other!.evidenceCell, /of other models; ability from published scores/);
  const [japanese] = predictor.predict(asked('なぜ空は青いのですか。'), strong, [model('gpt-4o-mini')]);
  assert.match(japanese!.evidenceCell, /no rows in this language/);
});

test('the reference loses nothing against itself', () => {
  const [own] = predictor.predict(asked('hello'), strong, [strong]);
  assert.deepEqual(own!.loss, { mean: 0, low: 0, high: 0 });
});

test('estimates are finite and ordered, contributions few and labelled, for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 500 }), (text) => {
      for (const { loss, quality, contributions } of predictor.predict(asked(text), strong, [strong, weak])) {
        for (const { low, mean, high } of [loss, quality]) {
          assert.ok(Number.isFinite(mean) && low <= mean && mean <= high);
        }
        assert.ok(quality.low >= 0 && quality.high <= 1 && contributions.length <= 6);
        for (const { label, effect } of contributions) assert.ok(label !== '' && Number.isFinite(effect));
      }
    }),
  );
});

test('models rank by ability', () => {
  const ranked = abilityRank(predictor, [weak, strong, model('gpt-4o-mini')]);
  assert.equal(ranked.at(-1)!.id, 'weak');
  assert.equal(ranked[0]!.id, 'strong');
});
