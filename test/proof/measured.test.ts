import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type MeasuredPair, measureRoute } from '../../src/proof/savings/measured.ts';
import { rowFigures } from '../../src/proof/savings/report-data.ts';
import { savingsRow } from '../../src/proof/savings/rows.ts';
import { savingsCsv } from '../../src/proof/savings/savings-csv.ts';

/** Park and Miller. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const losses = { cheap: 0.2, served: 0.05 };
const costRatio = 0.1;

/** A month: sessions of up to five turns that fail together, drawn with a probability that depends on how hard they are. */
function month(random: () => number): MeasuredPair[] {
  const pairs: MeasuredPair[] = [];
  for (let session = 0; session < 400; session++) {
    const hard = random() < 0.25;
    const propensity = hard ? 0.8 : 0.3;
    const fails = random() < 0.8;
    for (let turn = 0; turn < 1 + Math.floor(random() * 5); turn++) {
      const cost = 1000 * (0.5 + random());
      const [served, isDrawn] = [random() < 0.25, random() < propensity];
      if (!isDrawn) continue;
      const loss = hard && fails ? 1 : 0;
      pairs.push({
        session: `s${session}`,
        weight: 1 / propensity,
        reference: { costNano: 10 * cost },
        servedLoss: served ? loss : 0,
        candidates: [{ candidate: 'cheap', loss, costNano: cost }],
      });
    }
  }
  return pairs;
}

describe('what pairs say of a route', () => {
  test('intervals at 95 % hold the truth about as often as they say, although sessions fail as a whole and the hard are drawn more often', () => {
    const random = randoms(7);
    const runs = 400;
    const held = { quality: 0, candidate: 0, cost: 0, mix: 0 };
    const share = losses.served / losses.cheap;
    const truth = 1 - share * (1 - costRatio);
    for (let run = 0; run < runs; run++) {
      const { quality, candidates, randomMix } = measureRoute(month(random), undefined);
      const [cheap] = candidates;
      const within = (one: { value: number; margin: number }, value: number) =>
        Number(Math.abs(one.value - value) <= one.margin);
      held.quality += within(quality!, 1 - losses.served);
      held.candidate += within(cheap!.quality, 1 - losses.cheap);
      held.cost += Number(Math.abs(cheap!.costRatio.value - costRatio) < 1e-3);
      held.mix += within(randomMix!.factor, truth);
    }
    for (const name of ['quality', 'candidate', 'mix'] as const)
      assert.ok(held[name] / runs > 0.91 && held[name] / runs < 0.985, `${name} ${held[name] / runs}`);
    assert.equal(held.cost, runs);
  });

  test('the best single model keeps the target, else it is the reference; a mix of a model without losses is that model', () => {
    const pairs = month(randoms(3));
    assert.equal(measureRoute(pairs, 0.9).bestSingle.candidate, undefined);
    assert.equal(measureRoute(pairs, 0.6).bestSingle.candidate, 'cheap');
    const lossless = pairs.map((pair) => ({
      ...pair,
      servedLoss: 0,
      candidates: pair.candidates.map((one) => ({ ...one, loss: 0 })),
    }));
    assert.deepEqual(measureRoute(lossless, undefined).randomMix?.share, 1);
    assert.equal(measureRoute(pairs.slice(0, 20), 0.6).randomMix, undefined, 'too few pairs say nothing');
  });
});

describe('savings as CSV', () => {
  test('a group that a spreadsheet would calculate is text, quotes are doubled', () => {
    const row = (group: string) => ({ ...rowFigures(savingsRow(undefined, [], new Map())), group });
    const csv = savingsCsv([row('=HYPERLINK("x")'), row('a,b')], 'project').split('\r\n');
    assert.ok(csv[1]!.startsWith(`"'=HYPERLINK(""x"")",0,`));
    assert.ok(csv[2]!.startsWith('"a,b",0,'));
  });
});
