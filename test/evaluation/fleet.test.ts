import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { asksOf, recordedTools } from '../../bench/fleet/asks.ts';
import { type CompareOptions, compareTask } from '../../bench/fleet/compare.ts';
import { foldedParts } from '../../bench/fleet/predictors.ts';
import { priceOf } from '../../bench/fleet/prices.ts';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import type { OutcomeRow } from '../../src/evaluation/outcomes/outcome.ts';
import { readOutcomes } from '../../src/evaluation/outcomes/read.ts';

const options: CompareOptions = { shares: [0.98], qualityTargets: [], atOnce: 1, asksBefore: 20 };

/**
 * Sums to do. `hardness`: how many points of a hundred a cheap model's chance falls with each number in the ask; wrong answers differ from model
 * to model.
 */
function madeRows(n: number, seed: number, hardness: number): OutcomeRow[] {
  const random = createRandom(seed);
  return Array.from({ length: n }, (_, i) => {
    const terms = 2 + Math.floor(random() * 12);
    const numbers = Array.from({ length: terms }, () => 1 + Math.floor(random() * 90));
    const total = numbers.reduce((sum, one) => sum + one, 0);
    const prompt = `Case ${i}: a shop sells ${numbers.join(' apples, then ')} apples. How many apples does it sell?`;
    const inTokens = 30 + 6 * terms;
    const outcomeOf = (right: number, input: number, output: number) => {
      const score = random() < right ? 1 : 0;
      const outTokens = Math.round((20 + 10 * terms) * (0.7 + 0.6 * random()));
      const answer = String(score === 1 ? total : total + 1 + Math.floor(random() * 9));
      const costUsd = (inTokens * input + outTokens * output) / 1e6;
      return { score, costUsd, inTokens, outTokens, answer };
    };
    const easier = (hardness / 100) * (7 - terms);
    const outcomes = new Map([
      ['made-small', outcomeOf(0.77 + easier, 0.1, 0.4)],
      ['made-other', outcomeOf(0.73 + easier, 0.12, 0.3)],
      ['made-large', outcomeOf(0.97, 3, 15)],
    ]);
    return { id: `made:${i}`, source: 'made', sub: undefined, lang: 'en', prompt, outcomes };
  });
}

async function assertEqual(
  rows: readonly OutcomeRow[],
  { file, models, votes }: { file: string; models: string[]; votes: boolean },
  asked: CompareOptions = options,
  path?: string,
): Promise<void> {
  const { asks } = asksOf(rows, models.at(-1)!, path === undefined ? () => [] : recordedTools(path));
  const named = { name: file, rows: asks.map((ask) => ask.row) };
  const parts = foldedParts(named, models, votes, 2);
  const { at, reference } = await compareTask({ id: file, file, asks, models, votes, parts }, asked);
  assert.equal(at.length, asked.shares.length + (votes ? 0 : asked.qualityTargets.length));
  for (const { target, offline, gateway } of at) {
    const about = `${JSON.stringify(target)}: ${JSON.stringify({ gateway, reference })}`;
    assert.ok(Math.abs(gateway.quality - offline.quality) / reference.quality <= 0.01, about);
    assert.ok(Math.abs(gateway.usd - offline.usd) / reference.usd <= 0.01, about);
    // Equal is worth nothing where there was nothing to decide.
    if ('usd_per_quality' in target) assert.ok(gateway.usd < 0.97 * reference.usd, about);
  }
}

describe('recorded outcomes replayed through the gateway', () => {
  it('a pair comes to what the offline engine says', async () => {
    const task = { file: 'made', models: ['made-small', 'made-large'], votes: false };
    await assertEqual(madeRows(120, 1, 5), task, { ...options, qualityTargets: [0.9] });
  });

  it('recorded tool calls do too', async (t) => {
    const path = fileURLToPath(new URL('../../../shared/data/routing/bfcl.jsonl.gz', import.meta.url));
    if (!existsSync(path)) return t.skip('the recorded outcomes are not on this machine');
    const models = ['claude-3-haiku-20240307', 'claude-3-5-sonnet-20240620'];
    const { rows } = await readOutcomes(path);
    const some = rows.filter((_, i) => i % 4 === 0);
    await assertEqual(some, { file: 'bfcl', models, votes: false }, options, path);
  });
});

describe('prices of recorded models', () => {
  it('are read off the costs where two rates give every one of them', () => {
    const { input, output, errorUsd } = priceOf(madeRows(40, 3, 5), 'made-large');
    assert.deepEqual([input, output], [3, 15]);
    assert.ok(errorUsd < 1e-9);
  });

  it('go with made-up tokens where recorded ones do not give the costs, to a thousandth of the mean', () => {
    const rows = madeRows(40, 4, 5).map((row) => {
      const own = row.outcomes.get('made-large')!;
      return { ...row, outcomes: new Map([['x', { ...own, costUsd: own.costUsd! ** 1.3 }]]) };
    });
    const { input, errorUsd, tokens } = priceOf(rows, 'x');
    const mean = rows.reduce((sum, row) => sum + row.outcomes.get('x')!.costUsd!, 0) / rows.length;
    assert.equal(input, 0);
    assert.equal(tokens(rows[0]!).inputTokens, 0);
    assert.ok(errorUsd < mean / 1000, String(errorUsd / mean));
  });
});
