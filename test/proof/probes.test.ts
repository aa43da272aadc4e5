import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import type { RequestRecord } from '../../src/ledger/index.ts';
import { probePrompts } from '../../src/proof/drift/probe-prompts.ts';
import { type ProbeRound, probeFinding } from '../../src/proof/drift/probe-test.ts';
import { Prober } from '../../src/proof/drift/prober.ts';
import { startFourModels } from '../support/four-models.ts';

const prompts = probePrompts.length;
const alpha = 0.03;

/** A model that says its usual answer, or another one by chance. */
function round(model: number, varies: number, random: () => number, tokens = 10): ProbeRound {
  return {
    texts: Array.from({ length: prompts }, (_, i) =>
      random() < varies ? `other ${Math.floor(random() * 3)}` : `answer ${i} of ${i % 2 === 0 ? model : 0}`,
    ),
    inputTokens: Array.from({ length: prompts }, (_, i) => tokens + i),
  };
}

describe('whether a candidate is still who it was', () => {
  const rate = (newest: (random: () => number) => ProbeRound, varies: number) => {
    const random = createRandom(8);
    let found = 0;
    for (let run = 0; run < 1000; run++) {
      const baseline = { first: round(1, varies, random), second: round(1, varies, random) };
      if (probeFinding(baseline, newest(random), alpha)?.what === 'answers') found += 1;
    }
    return found / 1000;
  };

  test('the same model is hardly ever taken for another, however much it varies', () => {
    for (const varies of [0, 0.1, 0.4, 0.8])
      assert.ok(rate((random) => round(1, varies, random), varies) <= alpha + 0.01, `${varies}`);
  });

  test('another model is found although it answers half of the questions alike', () => {
    assert.equal(
      rate((random) => round(2, 0, random), 0),
      1,
    );
    assert.ok(rate((random) => round(2, 0.2, random), 0.2) > 0.8);
  });

  test('texts that are counted otherwise say so at once; answers that are missing say nothing', () => {
    const random = createRandom(1);
    const baseline = { first: round(1, 0, random), second: round(1, 0, random) };
    assert.equal(probeFinding(baseline, round(1, 0, random, 14), 1e-9)?.what, 'tokens');
    const silent = {
      texts: new Array(prompts).fill(undefined),
      inputTokens: new Array(prompts).fill(undefined),
    };
    assert.equal(probeFinding(baseline, silent, alpha), undefined);
  });
});

test('candidates are asked when they are due; one that was exchanged is told, and its calls are in the ledger', async () => {
  const models = await startFourModels();
  try {
    const { gateway } = models.yumen;
    const stored = new Map<string, string>();
    const records: RequestRecord[] = [];
    let nowMs = 1_000_000;
    const prober = new Prober({
      deps: {
        ...gateway,
        clock: { ...gateway.clock, nowMs: () => nowMs, monotonicMs: () => gateway.clock.monotonicMs() },
      },
      learned: {
        put: async (name, value) => void stored.set(name, value),
        get: async (name) => stored.get(name),
      },
      cancellation: { cancelled: false, onCancel: () => {} },
      record: async (record) => void records.push(record),
    });
    const snapshot = gateway.snapshot();
    const route = snapshot.routes.get('auto')!;
    const probe = () => prober.probe(route, 1000, snapshot);
    const calls = () => models.a.requests.length;
    assert.deepEqual((await probe())?.changes, []);
    assert.equal(calls(), 2 * prompts, 'two rounds for the first time');
    assert.equal(await probe(), undefined, 'nothing is due');
    nowMs += 2000;
    const again = await probe();
    assert.deepEqual(again?.changes, []);
    assert.ok(again!.costNano > 0);
    models.a.setScript({ text: 'Something else.' });
    nowMs += 2000;
    const changed = await probe();
    assert.deepEqual(
      changed?.changes.map(({ candidate, what }) => [candidate, what]),
      [['a/model-a', 'answers']],
    );
    nowMs += 2000;
    assert.deepEqual((await probe())?.changes, [], 'it is told once');
    for (const { service, attempts, route: name } of records) {
      assert.equal(service, 'proof');
      assert.equal(name, 'auto');
      assert.ok(attempts.every(({ role }) => role === 'shadow'));
    }
    models.b.setScript({ error: { message: 'gone' }, status: 500 });
    nowMs += 2000;
    assert.deepEqual((await probe())?.changes, [], 'who says nothing has not changed');
  } finally {
    await models.close();
  }
});
