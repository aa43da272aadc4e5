import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type DecideInput,
  decide,
  inputsOf,
  isUndecided,
  loadShippedPredictor,
  type Predictor,
  replay,
  type SignalOffer,
} from '../../src/router/index.ts';
import { chat, input, strong, system, toolCall, toolResult, weak } from './fixtures.ts';

const shipped = loadShippedPredictor();

/** A predictor that expects this loss of the weak candidate, whatever is asked. */
function expecting(loss: number, half = 0.05): Predictor {
  return {
    ...shipped,
    predict: (_, reference, models) =>
      models.map((model) => {
        const isReference = model.id === reference.id;
        const mean = isReference ? 0 : loss;
        const width = isReference ? 0 : half;
        return {
          quality: { mean: 0.85 - mean, low: 0.8 - mean, high: 0.9 - mean },
          loss: { mean, low: mean - width, high: mean + width },
          evidence: 10,
          evidenceCell: 'chat × en',
          contributions: [],
          ability: { value: isReference ? 2 : 0, sd: 0, source: 'outcomes', known: undefined },
        };
      }),
  };
}

const ask = chat(['Why did the treaty fail, and would a different clause have saved it?']);
/** With a price of quality the expected loss is what counts. */
const valued = (more: Partial<DecideInput> = {}): DecideInput =>
  input(ask, {
    candidates: [strong, weak],
    target: { kind: 'usd-per-quality', value: 0.1 },
    expectedOutputTokens: 500,
    ...more,
  });
const judge: SignalOffer = { name: 'judge', costNano: 30_000 };
const embedding: SignalOffer = { name: 'embedding', costNano: 1_000 };

const saved = (given: DecideInput): number => {
  const [dear, cheap] = decide(given, expecting(0)).candidates.map(({ cost }) => cost!.totalNano / 1e9);
  return dear! - cheap!;
};
/** The expected loss at which the weak candidate is worth just what it saves. */
const even = saved(valued()) / 0.1;

const doubt = (given: DecideInput, predictor: Predictor, offers: SignalOffer[]) =>
  isUndecided(given, decide(given, predictor), offers, predictor);

test('near the point where both are worth the same a judge could change the choice, away from it not', () => {
  const near = doubt(valued(), expecting(even * 0.8), [judge]);
  assert.equal(near.undecided, true);
  assert.ok(near.undecided);
  assert.equal(near.choice, 'p/weak');
  assert.deepEqual(near.others, ['p/strong']);
  assert.deepEqual(doubt(valued(), expecting(0.9), [judge]), { undecided: false, why: 'settled' });
  assert.deepEqual(doubt(valued(), expecting(-0.2), [judge]), { undecided: false, why: 'settled' });
});

test('only signals that could change the choice are named', () => {
  // The interval is so narrow that what an embedding may take of it changes nothing.
  const narrow = doubt(valued(), expecting(even * 0.8, 0.0001), [embedding, judge]);
  assert.ok(narrow.undecided);
  assert.deepEqual(narrow.signals, [judge]);
  const wide = doubt(valued(), expecting(even * 0.8, 0.2), [embedding, judge]);
  assert.ok(wide.undecided);
  assert.deepEqual(wide.signals, [embedding, judge]);
});

test('a signal that costs about what it may gain is not worth asking', () => {
  const dear: SignalOffer = { name: 'judge', costNano: 1e9 };
  assert.deepEqual(doubt(valued(), expecting(even * 0.8), [dear]), { undecided: false, why: 'cheap' });
});

test('without offers nothing is undecided', () => {
  assert.deepEqual(doubt(valued(), expecting(even), []), { undecided: false, why: 'settled' });
});

test('locks, loops of tools, named models and calls about a conversation never ask', () => {
  const predictor = expecting(even * 0.8);
  const fixed = { undecided: false, why: 'fixed' };
  assert.deepEqual(doubt(valued({ mode: 'named' }), predictor, [judge]), fixed);
  assert.deepEqual(doubt(valued({ candidates: [strong] }), predictor, [judge]), fixed);
  const readings = [
    chat(['look it up', toolCall('1'), toolResult('1')]),
    chat([system('Generate a concise, 3-5 word title for this conversation.'), 'Why did the treaty fail?']),
    chat(['']),
  ];
  for (const request of readings) {
    const given = { ...valued(), reading: input(request).reading };
    assert.deepEqual(doubt(given, predictor, [judge]), fixed, JSON.stringify(request.messages.at(-1)));
  }
});

test('a route that observes is asked about as if it chose', () => {
  const given = valued({ mode: 'observe' });
  assert.equal(decide(given, expecting(even * 0.8)).reason, 'observe');
  assert.equal(doubt(given, expecting(even * 0.8), [judge]).undecided, true);
});

test('asking changes nothing by itself, and the same input gives the same verdict', () => {
  const given = valued();
  const predictor = expecting(even * 0.8);
  const before = JSON.stringify(decide(given, predictor));
  const one = doubt(given, predictor, [judge, embedding]);
  assert.deepEqual(doubt(given, predictor, [judge, embedding]), one);
  assert.equal(JSON.stringify(decide(given, predictor)), before);
});

test('a rating changes the choice, and the decision says who was asked, how long it took and what would have been', () => {
  const predictor = expecting(even * 0.8);
  const asked = { waitedMs: 412.4, costNano: 30_000, without: 'p/weak' };
  const note = { name: 'judge', deployment: 'p/small', outcome: 'answered', durationMs: 412 } as const;
  const told = decide(valued({ signals: { judge: [0.05] }, asked: { ...asked, asked: [note] } }), predictor);
  assert.equal(told.plan[0], 'p/strong');
  assert.equal(told.signals?.changed, true);
  assert.match(
    told.explanation.sentence,
    /a judge was asked \(412 ms\): without it p\/weak would have answered/,
  );
  const cheap = told.candidates.find(({ candidate }) => candidate === 'p/weak')!;
  assert.ok(cheap.contributions.some(({ feature, effect }) => feature === 'judge' && effect > 0));

  const high = decide(valued({ signals: { judge: [0.9] }, asked: { ...asked, asked: [note] } }), predictor);
  assert.equal(high.plan[0], 'p/weak');
  assert.match(high.explanation.sentence, /which changed nothing/);

  const late = decide(
    valued({ signals: {}, asked: { ...asked, asked: [{ ...note, outcome: 'late' }] } }),
    predictor,
  );
  assert.equal(late.plan[0], 'p/weak');
  assert.match(late.explanation.sentence, /undecided, and a judge was late \(412 ms\)/);
});

test('what own outcomes make of a rating counts, not the assumption alone', () => {
  const predictor = expecting(even * 0.8);
  const given = valued();
  const blind = isUndecided(given, decide(given, predictor), [judge], predictor, () => given);
  assert.deepEqual(blind, { undecided: false, why: 'settled' }, 'a judge whose ratings mean nothing here');
});

test('a decision that signals were asked for is the same when it is made again from what is kept, without asking', () => {
  const predictor = expecting(even * 0.8);
  const given = valued({
    signals: { judge: [0.05], embedding: Array.from({ length: 32 }, (_, i) => Math.sin(i) / 4) },
    asked: {
      asked: [{ name: 'judge', deployment: 'p/small', outcome: 'answered', durationMs: 412.25 }],
      without: 'p/weak',
      waitedMs: 412.4,
      costNano: 30_000,
    },
  });
  const decision = decide(given, predictor);
  const inputs = inputsOf(given, predictor.read(given.reading.vector));
  const kept = JSON.parse(JSON.stringify({ decision, inputs }));
  const replayed = replay(kept.decision, kept.inputs, { predictor, readsWording: true });
  assert.deepEqual(replayed?.differences, []);
  assert.equal(replayed?.decision.plan[0], 'p/strong');
});
