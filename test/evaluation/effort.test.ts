import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalModels } from '../../src/evaluation/known-models.ts';
import { ourRouter } from '../../src/evaluation/routers/ours.ts';
import { fitPredictor } from '../../src/evaluation/training/fit.ts';
import { trainingRow } from '../../src/evaluation/training/row.ts';
import { createPredictor, loadShippedPredictor, readAsk } from '../../src/router/index.ts';
import {
  type Ask,
  answersTo,
  bigModel,
  compare,
  learnFrom,
  type Trial,
  truthOf,
  tryAll,
  untaught,
  type World,
  worlds,
  writtenAsks,
} from '../router/effort-simulation.ts';

const shipped = loadShippedPredictor();
const world = (name: string): World => worlds.find((each) => each.name === name)!;

/** Trials over draws of a truth: on the prior alone, or after so many labelled asks of one's own. */
function trialsOf(name: string, lambdaUsd: number, ownRows: number): Trial[] {
  const trials: Trial[] = [];
  for (let draw = 0; draw < 3; draw++) {
    const asks = writtenAsks(200 + ownRows, 50 + draw);
    const truth = truthOf(world(name), [bigModel], 900 + draw);
    const tested: Ask[] = asks.slice(0, 200);
    const answers = answersTo(tested, truth);
    const learned = ownRows === 0 ? untaught(shipped) : learnFrom(asks.slice(200), truth);
    trials.push(...tryAll(tested, answers, [bigModel], lambdaUsd, learned));
  }
  return trials;
}

test('where thinking helps in some kinds of work only, picking it per request beats both ways alone', () => {
  // On the prior alone it is hardly worse than the better way; with outcomes of one's own it is better.
  const before = compare(trialsOf('prior right', 0.2, 0), 0.2).gainPoints;
  assert.ok(before > -1, `${before} points`);
  const { gainPoints, savedAtEqualQuality } = compare(trialsOf('prior right', 0.2, 400), 0.2);
  assert.ok(gainPoints > 0.5, `${gainPoints} points`);
  assert.ok(savedAtEqualQuality! > 0.2, `${savedAtEqualQuality} saved`);
});

test('outcomes of one’s own correct an assumption that is wrong', () => {
  const code = (ownRows: number) => compare(trialsOf('wrong sign for code', 0.5, ownRows), 0.5).gainPoints;
  assert.ok(code(400) > code(0) && code(400) > 0.5, `${code(0)} to ${code(400)}`);
  const nothing = compare(trialsOf('helps nowhere', 0.2, 400), 0.2).gainPoints;
  assert.ok(nothing > -0.5, `${nothing}`);
});

/** Thinking helps in maths alone; of other kinds of work there are no rows. */
function mathsRows(prefix: string) {
  const canonical = canonicalModels();
  return writtenAsks(640, 3)
    .filter(({ task }) => task === 'maths' || task === 'lookup')
    .map(({ text, task }, i) => {
      const outcome = (right: boolean) => ({
        score: right ? 1 : 0,
        costUsd: undefined,
        inTokens: undefined,
        outTokens: undefined,
      });
      const outcomes = new Map([
        [`${prefix}#off`, outcome(task === 'lookup' ? i % 10 > 1 : i % 10 > 5)],
        [`${prefix}#high`, outcome(i % 10 > 1)],
      ]);
      const row = { id: `${i}`, source: 'own', sub: undefined, lang: 'en', prompt: text, outcomes };
      return trainingRow('own', row, canonical);
    });
}

test('an outcomes file names presets in any spelling of the model, and both the fit and the prediction find them', () => {
  const canonical = canonicalModels();
  assert.equal(canonical('Vendor/GPT-4o-2024-08-06#High'), 'gpt-4o#high');
  assert.equal(canonical('gpt-4o#default'), 'gpt-4o');
  assert.equal(canonical('gpt-4o#medium'), 'gpt-4o#medium');

  const rows = mathsRows('Lab/My_Hybrid');
  const parameters = fitPredictor(rows);
  assert.deepEqual([...parameters.models.keys()], ['my-hybrid#high', 'my-hybrid#off']);
  const predictor = createPredictor(parameters);
  const model = { id: 'my-hybrid', aliases: [], scores: [] };
  const lossOf = (text: string) => {
    const { task, language, vector } = readAsk(text);
    const request = { task, language, ask: predictor.read(vector) };
    const [off] = predictor.predict(request, predictor.withEffort(model, 'high'), [
      predictor.withEffort(model, 'off'),
    ]);
    return off!;
  };
  // Unlike the other asks of maths, which are longer: what thinking does in a kind of work holds there too.
  const maths = lossOf('There are 12 rivers and each holds 7 parts. How many parts are there in total?');
  const lookup = lossOf('What is the name of the oldest known river number 41?');
  assert.ok(maths.evidence === 80 && maths.loss.mean > 0.15, `${maths.loss.mean}`);
  assert.ok(lookup.loss.mean < maths.loss.mean - 0.1, `${lookup.loss.mean}`);
  // Of code there is no row: thinking is expected to do what it does there elsewhere.
  const code = lossOf('Implement a python function that sorts rivers by age (as a list). Return def only.');
  assert.equal(code.evidence, 0);
  assert.ok(code.loss.mean > lookup.loss.mean && code.loss.mean < maths.loss.mean, `${code.loss.mean}`);
});

test('offline evaluation routes between presets of one model', () => {
  const training = mathsRows('my-hybrid');
  const prompts = { rows: training.map((one) => ({ training: one })) };
  const fitted = ourRouter.fit(prompts as never, ['my-hybrid#high', 'my-hybrid#off'], { seed: 1 });
  const gap = (task: string) => {
    const row = training.find((one) => one.task === task)!;
    const [high, off] = fitted.quality({ training: row } as never, 0);
    return high! - off!;
  };
  assert.ok(gap('maths') > gap('lookup') + 0.1, `${gap('maths')} ${gap('lookup')}`);
});
