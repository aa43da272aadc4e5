import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadShippedPredictor } from '../../src/router/index.ts';
import { type OwnAsk, OwnOutcomes, ownModelsMax } from '../../src/router/predictor/own/own-outcomes.ts';
import { judgeTrust, withOwn } from '../../src/router/predictor/own/reading.ts';
import { logistic, logit } from '../../src/router/predictor/parameters.ts';
import { prepareAsk } from '../../src/router/predictor/score.ts';
import {
  anyAsk,
  apgrOf,
  learnPair,
  meanOf,
  predicted,
  shippedShares,
  strong,
  TrueShares,
  weak,
} from './own-simulation.ts';
import { type RandomSource, randomSource } from './random-source.ts';

const predictor = loadShippedPredictor();
const { parameters } = predictor;
const asksOf = (count: number, random: RandomSource) =>
  Array.from({ length: count }, () => anyAsk(parameters, random));
const gainOf = ([reference, other]: [number, number]) => reference - other;

/** What was learned of pairs whose answers are right by `truth`, in order. */
function taught(
  count: number,
  truth: (asked: OwnAsk) => [number, number],
  random: RandomSource,
): OwnOutcomes {
  const own = new OwnOutcomes(predictor);
  for (const asked of asksOf(count, random)) learnPair(own, asked, truth(asked), random);
  return own;
}

describe('own outcomes', () => {
  test('that bear the shipped predictor out hardly change its ranking: their noise is not learned', () => {
    const falls = [1, 2, 3].map((seed) => {
      const random = randomSource(seed);
      const asShipped = (asked: OwnAsk) => shippedShares(predictor, asked);
      const own = taught(500, asShipped, random);
      const tested = asksOf(300, random);
      const gain = tested.map((asked) => gainOf(asShipped(asked)));
      return (
        apgrOf(gain, gain) -
        apgrOf(
          tested.map((asked) => predicted(predictor, own, asked).loss.mean),
          gain,
        )
      );
    });
    assert.ok(meanOf(falls) < 0.03, `${falls}`);
  });

  test('in which both models are right by the toss of a coin take the gap away', () => {
    const random = randomSource(4);
    const own = taught(600, () => [0.5, 0.5], random);
    const tested = asksOf(300, random);
    const sizeOf = (losses: number[]) => Math.sqrt(meanOf(losses.map((loss) => loss ** 2)));
    const before = sizeOf(tested.map((asked) => gainOf(shippedShares(predictor, asked))));
    const losses = tested.map((asked) => predicted(predictor, own, asked).loss.mean);
    assert.ok(Math.abs(meanOf(losses)) < 0.06, `${meanOf(losses)}`);
    assert.ok(sizeOf(losses) < 0.6 * before, `${before} → ${sizeOf(losses)}`);
  });

  test('show that a model is a logit worse than it was taken to be, as exactly as so many outcomes can', () => {
    for (const count of [100, 400]) {
      const offs = Array.from({ length: 10 }, (_, seed) => {
        const random = randomSource(50 + seed);
        const truth = new TrueShares(predictor, { constants: [0, -1], featureSd: 0 }, random);
        const own = taught(count, (asked) => truth.of(asked), random);
        const tested = asksOf(60, random);
        const off = (loss: (asked: OwnAsk) => number) =>
          meanOf(tested.map((asked) => loss(asked) - gainOf(truth.of(asked))));
        assert.ok(off((asked) => gainOf(shippedShares(predictor, asked))) < -0.1);
        return off((asked) => predicted(predictor, own, asked).loss.mean);
      });
      const sampling = Math.sqrt((0.2 + 0.22) / count);
      const size = Math.sqrt(meanOf(offs.map((off) => off ** 2)));
      assert.ok(size < 1.5 * sampling && Math.abs(meanOf(offs)) < 0.7 * sampling, `${offs}`);
    }
  });

  test('that say the opposite of the shipped predictor win in the end', () => {
    /** Where the gap is expected to be wide it is narrow. */
    const reversed = (asked: OwnAsk): [number, number] => {
      const [reference, other] = shippedShares(predictor, asked);
      const middle = (reference + other) / 2;
      const half = (0.4 - (reference - other)) / 2;
      const within = (share: number) => Math.max(0.02, Math.min(0.98, share));
      return [within(middle + half), within(middle - half)];
    };
    const rankings = [0, 1500].map((count) => {
      const random = randomSource(7);
      const own = taught(count, reversed, random);
      const tested = asksOf(300, random);
      const losses = tested.map((asked) => predicted(predictor, own, asked).loss.mean);
      return apgrOf(
        losses,
        tested.map((asked) => gainOf(reversed(asked))),
      );
    });
    assert.ok(rankings[0]! < 0.4 && rankings[1]! > 0.5, `${rankings}`);
  });

  test('narrow the interval, which goes on to hold the mean of a group 95 times in 100', () => {
    const widths: number[] = [];
    for (const count of [0, 20, 200]) {
      let inside = 0;
      let width = 0;
      const installations = 40;
      for (let seed = 0; seed < installations; seed++) {
        const random = randomSource(100 + seed);
        const constants: [number, number] = [0.5 * random.normal(), 0.7 * random.normal()];
        const truth = new TrueShares(predictor, { constants, featureSd: 0.05 }, random);
        const own = taught(count, (asked) => truth.of(asked), random);
        const tested = asksOf(30, random);
        const losses = tested.map((asked) => predicted(predictor, own, asked).loss);
        const actual = meanOf(tested.map((asked) => gainOf(truth.of(asked))));
        if (
          meanOf(losses.map(({ low }) => low)) <= actual &&
          actual <= meanOf(losses.map(({ high }) => high))
        )
          inside += 1;
        width += meanOf(losses.map(({ low, high }) => high - low)) / installations;
      }
      assert.ok(inside / installations >= 0.95, `${count}: ${inside} of ${installations}`);
      widths.push(width);
    }
    assert.ok(widths[1]! < 0.85 * widths[0]! && widths[2]! < 0.65 * widths[0]!, `${widths}`);
  });

  test('come to the same, one at a time, as the likeliest weights for all of them at once', () => {
    const random = randomSource(11);
    const own = new OwnOutcomes(predictor);
    const truth = new TrueShares(predictor, { constants: [-0.5, 0], featureSd: 0.05 }, random);
    const rows = asksOf(60, random).map((asked) => {
      const [share] = truth.of(asked);
      const score = random.uniform() < share ? 1 : 0;
      own.learn({ ...asked, reference: strong, model: strong, score });
      return { asked, score, shipped: logit(shippedShares(predictor, asked)[0]) };
    });
    // Gradient ascent on the penalised likelihood, with the cell as one more constant.
    const features = rows.map(({ asked }) => {
      const { structural, embedding } = prepareAsk(asked.ask, parameters);
      return [...structural, ...embedding, 1];
    });
    const prior = features[0]!.map(
      (_, i, { length }) => (i === 0 ? 0.7 : i === length - 1 ? 0.3 : 0.05) ** 2,
    );
    const weights = prior.map(() => 0);
    for (let step = 0; step < 3000; step++) {
      const gradient = weights.map((weight, i) => -weight / prior[i]!);
      rows.forEach(({ score, shipped }, r) => {
        const x = features[r]!;
        const error = score - logistic(shipped + x.reduce((sum, value, i) => sum + value * weights[i]!, 0));
        for (let i = 0; i < x.length; i++) gradient[i]! += error * x[i]!;
      });
      for (let i = 0; i < weights.length; i++) weights[i]! += 0.02 * prior[i]! * gradient[i]!;
    }
    const pairs = rows.map(({ asked }, r) => [
      own.read(asked, [strong])![strong.id]!.logits,
      features[r]!.reduce((sum, value, i) => sum + value * weights[i]!, 0),
    ]);
    const off = Math.sqrt(meanOf(pairs.map(([one, all]) => (one! - all!) ** 2)));
    const size = Math.sqrt(meanOf(pairs.map(([, all]) => all! ** 2)));
    assert.ok(off < 0.06 * size, `${off} of ${size}`);
  });

  test('of one model alone count, and leave what is known of others as it was', () => {
    const random = randomSource(12);
    const own = new OwnOutcomes(predictor);
    for (const asked of asksOf(100, random))
      own.learn({ ...asked, reference: strong, model: weak, score: 0 });
    const asked = anyAsk(parameters, random);
    const models = [strong, weak, { ...weak, effort: 'high' as const }];
    const shipped = predictor.predict(asked, strong, models);
    const learned = withOwn(shipped, models, own.read(asked, models)!, parameters.calibration);
    assert.deepEqual([learned[0], learned[2]], [shipped[0], shipped[2]]);
    assert.ok(learned[1]!.loss.mean > shipped[1]!.loss.mean);
    assert.equal(own.read(asked, [strong]), undefined);
  });

  test('of another kind of work and language say less of an ask than those of its own', () => {
    const own = new OwnOutcomes(predictor);
    const random = randomSource(13);
    for (const asked of asksOf(100, random))
      own.learn({ ...asked, reference: strong, model: weak, score: 0 });
    const asked = anyAsk(parameters, random);
    const here = own.read(asked, [weak])![weak.id]!;
    const elsewhere = own.read({ ...asked, task: 'code', language: 'zh' }, [weak])![weak.id]!;
    assert.ok(here.logits < elsewhere.logits && here.variance < elsewhere.variance);
    assert.deepEqual([here.rows, here.cellRows, elsewhere.rows, elsewhere.cellRows], [100, 100, 100, 0]);
  });

  test('teach what signals mean, from nothing, and a judge is then no longer assumed to be right', () => {
    const random = randomSource(14);
    const own = new OwnOutcomes(predictor);
    const embeddingOf = (sign: number) => Array.from({ length: 32 }, () => sign / Math.sqrt(32));
    for (const asked of asksOf(300, random)) {
      const sign = random.uniform() < 0.5 ? 1 : -1;
      // This judge rates the wrong way round.
      const signals = { embedding: embeddingOf(sign), judge: [sign > 0 ? 0.1 : 0.9] };
      own.learn({ ...asked, signals, reference: strong, model: weak, score: sign > 0 ? 1 : 0 });
    }
    const asked = anyAsk(parameters, random);
    const logits = (signals: OwnAsk['signals']) => own.read({ ...asked, signals }, [weak])![weak.id]!.logits;
    const plain = logits(undefined);
    assert.ok(logits({ embedding: embeddingOf(1) }) > plain + 0.3);
    assert.ok(logits({ judge: [0.9] }) < plain - 0.2);
    assert.equal(logits({ judge: [0.5] }), plain);
    assert.ok(judgeTrust(weak, own.read(asked, [weak])) < 0.3);
    assert.equal(judgeTrust(weak, undefined), 1);
    // Signals of a wrong shape are as none.
    assert.equal(logits({ judge: [Number.NaN], embedding: [1] }), plain);
  });

  test('of long ago give way: a model that was changed is known anew', () => {
    const random = randomSource(15);
    const own = new OwnOutcomes(predictor);
    const asked = anyAsk(parameters, random);
    const give = (score: number, count: number) => {
      for (let i = 0; i < count; i++) own.learn({ ...asked, reference: strong, model: weak, score });
      return predicted(predictor, own, asked).quality.mean;
    };
    const good = give(1, 400);
    const bad = give(0, 800);
    assert.ok(good > 0.9 && bad < 0.4, `${good} → ${bad}`);
  });

  test('are kept and restored with the same readings, and refused where damaged or of another artefact', () => {
    const random = randomSource(16);
    const own = taught(40, () => [0.9, 0.3], random);
    const signals = { judge: [0.8] };
    own.learn({ ...anyAsk(parameters, random), signals, reference: strong, model: weak, score: 0.5 });
    const state = JSON.parse(JSON.stringify(own.state()));
    const restored = new OwnOutcomes(predictor);
    assert.equal(restored.restore(state), true);
    const asked = { ...anyAsk(parameters, random), signals };
    const [before, after] = [own, restored].map((one) => one.read(asked, [weak])![weak.id]!);
    assert.ok(Math.abs(before!.logits - after!.logits) < 1e-5);
    assert.deepEqual({ ...after, ...before }, before);
    assert.deepEqual(restored.models(), own.models());
    for (const damaged of [
      undefined,
      null,
      7,
      { ...state, version: 2 },
      { ...state, artefact: 'other' },
      { ...state, models: [['m', {}]] },
      { ...state, models: [['m', { ...state.models[0][1], mean: 'AAAA' }]] },
      { ...state, models: [['m', { ...state.models[0][1], rows: -1 }]] },
    ]) {
      assert.equal(restored.restore(damaged), false);
      assert.equal(restored.rows, own.rows);
    }
  });

  test('are remembered of so many models, and the one unheard of for longest is forgotten', () => {
    const random = randomSource(17);
    const own = new OwnOutcomes(predictor);
    const asked = anyAsk(parameters, random);
    for (let m = 0; m <= ownModelsMax; m++) {
      own.learn({ ...asked, reference: strong, model: { ...weak, id: `m${m}` }, score: 1 });
      own.learn({ ...asked, reference: strong, model: { ...weak, id: 'm0' }, score: 1 });
    }
    const known = own.models().map(({ model }) => model);
    assert.equal(known.length, ownModelsMax);
    assert.deepEqual([known.includes('m0'), known.includes('m1')], [true, false]);
  });

  test('appear as one part of the loss, and all parts still add up to it', () => {
    const random = randomSource(19);
    const own = taught(60, () => [0.9, 0.4], random);
    for (const asked of asksOf(50, random)) {
      const { loss, contributions, quality } = predicted(predictor, own, asked);
      const sum = contributions.reduce((total, { effect }) => total + effect, 0);
      assert.ok(Math.abs(sum - loss.mean) < 1e-9 || Math.abs(loss.mean) === 1);
      assert.equal(contributions.filter(({ feature }) => feature === 'own-outcomes').length, 1);
      for (const { low, mean, high } of [loss, quality]) assert.ok(low <= mean && mean <= high);
    }
  });

  test('that are none are passed over', () => {
    const own = new OwnOutcomes(predictor);
    const asked = anyAsk(parameters, randomSource(18));
    const outcome = { ...asked, reference: strong, model: weak };
    for (const score of [Number.NaN, -0.1, 1.1]) assert.equal(own.learn({ ...outcome, score }), false);
    const short = { ...asked.ask, structural: asked.ask.structural.slice(1) };
    assert.equal(own.learn({ ...outcome, ask: short, score: 1 }), false);
    assert.equal(own.rows, 0);
  });
});
