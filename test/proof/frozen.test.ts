import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ProvedRequest } from '../../src/gateway/index.ts';
import type { RequestRecord } from '../../src/ledger/index.ts';
import { isCovered, teachersOf } from '../../src/proof/desk/population.ts';
import { lessonsOf } from '../../src/proof/desk/teaching.ts';
import { changedParts, fingerprintOf } from '../../src/proof/lifecycle/fingerprint.ts';
import { frozenKnowledge } from '../../src/proof/lifecycle/frozen-knowledge.ts';
import type { Pair } from '../../src/proof/pairs/pair.ts';
import { type FourModels, startFourModels } from '../support/four-models.ts';

const ask = { model: 'auto', messages: [{ role: 'user', content: 'How many is six times seven?' }] };

describe('what is frozen of a route, and whom evidence may be drawn from', () => {
  let models: FourModels;
  let begun: ProvedRequest[] = [];
  let records: RequestRecord[] = [];

  before(async () => {
    models = await startFourModels('{ checks: true }', '', {
      stance: () => undefined,
      begins(request) {
        begun.push(request);
        return { wantsAnswer: false, over: (record) => void records.push(record) };
      },
    });
  });
  after(() => models.close());

  const serve = async (body: object = ask, headers: { [name: string]: string } = {}) => {
    begun = [];
    records = [];
    await (await models.yumen.post('/v1/chat/completions', body, headers)).text();
    return { request: begun[0]!, record: records[0]! };
  };

  const parts = () => {
    const snapshot = models.yumen.gateway.snapshot();
    const route = snapshot.routes.get('auto')!;
    return {
      route,
      snapshot,
      version: '1',
      quality: 0.98,
      allowances: [1, 2],
      own: undefined,
      lengths: undefined,
      graders: [],
      unit: 'request' as const,
    };
  };

  test('a fingerprint stays while nothing that decides changes, and names the part that does', () => {
    const before = fingerprintOf(parts());
    assert.deepEqual(changedParts(before, fingerprintOf(parts())), []);
    const { route } = parts();
    const fewer = { ...route, candidates: route.candidates.slice(1) };
    const changed = (more: object) => changedParts(before, fingerprintOf({ ...parts(), ...more }));
    assert.deepEqual(changed({ quality: 0.99 }), ['target']);
    assert.deepEqual(changed({ allowances: [1, 3] }), ['thresholds']);
    assert.deepEqual(changed({ version: '2' }), ['version']);
    assert.deepEqual(changed({ unit: 'session' }), ['unit']);
    assert.deepEqual(changed({ own: '{}' }), ['own outcomes']);
    assert.ok(changed({ route: fewer }).includes('candidates'));
    const dearer = structuredClone(route.reference.deployment.prices);
    dearer[0]!.input = (dearer[0]!.input as number) + 1;
    const priced = { ...route.reference, deployment: { ...route.reference.deployment, prices: dearer } };
    const repriced = {
      ...route,
      reference: priced,
      candidates: route.candidates.map((one) => (one.id === priced.id ? priced : one)),
    };
    assert.deepEqual(changed({ route: repriced }), ['prices']);
  });

  test('what was learned is frozen as it was, and what cannot be read is no knowledge', () => {
    const { lengths, outcomes, snapshot } = models.yumen.gateway;
    const { predictor } = snapshot();
    const own = JSON.stringify(outcomes.own.state());
    const frozen = frozenKnowledge({ own, lengths: JSON.stringify(lengths.state()) }, predictor);
    assert.ok(frozen?.own);
    assert.equal(frozenKnowledge({ own: undefined, lengths: undefined }, predictor)?.own, undefined);
    assert.equal(frozenKnowledge({ own: '{"version":99}', lengths: undefined }, predictor), undefined);
    assert.equal(frozenKnowledge({ own: undefined, lengths: 'torn{' }, predictor), undefined);
  });

  test('a free choice is covered; who forbids storing, wants several answers or is bound to a model is not', async () => {
    assert.equal(isCovered((await serve()).request), true);
    assert.equal(isCovered((await serve(ask, { 'x-yumen-no-store': 'true' })).request), false);
    assert.equal(isCovered((await serve({ ...ask, n: 2 })).request), false);
    const loop = {
      ...ask,
      tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
      messages: [
        ...ask.messages,
        {
          role: 'assistant',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'found' },
      ],
    };
    assert.equal(isCovered((await serve(loop)).request), false);
  });

  test('cheaper candidates take turns in teaching, and the preferred one always does', async () => {
    const { decision } = (await serve()).request;
    const turns = [0, 1, 2, 3].map((turn) => teachersOf(decision, turn));
    for (const teachers of turns) {
      assert.equal(new Set(teachers).size, 2);
      assert.ok(!teachers.includes('r/model-r'), 'the reference is in every pair anyway');
    }
    assert.ok(new Set(turns.flat()).size === 3, 'in time everybody is asked');
    const unpriced = {
      ...decision,
      candidates: decision.candidates.map((one) => ({ ...one, cost: undefined })),
    };
    assert.deepEqual(teachersOf(unpriced, 0), []);
  });

  test('a pair teaches how good each answer was, and moves what is expected of the models', async () => {
    const { record } = await serve();
    const grades = (loss: number | undefined): Pair['answers'] =>
      [
        { candidate: 'r/model-r', loss: 0 },
        { candidate: 'a/model-a', loss },
      ].map((one) => ({ ...one }) as Pair['answers'][number]);
    const lessons = (loss: number | undefined) =>
      lessonsOf({ reference: 'r/model-r', answers: grades(loss) } as Pair, record, 5);
    const scores = (loss: number) => lessons(loss).map(({ score }) => score);
    assert.deepEqual(scores(1), [1, 0]);
    assert.deepEqual(scores(0), [1, 1]);
    assert.deepEqual(scores(-1), [0, 1]);
    assert.deepEqual(lessons(undefined), [], 'without a grade there is nothing to learn');
    const taken = await models.yumen.gateway.outcomes.take(lessons(1));
    assert.equal(taken.added, 2);
    assert.equal(models.yumen.gateway.outcomes.own.rows, 2);
  });
});
