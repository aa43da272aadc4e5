import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import {
  gateOf,
  type ProofHook,
  type ProvedRequest,
  type RouteStance,
  saysNothing,
} from '../../src/gateway/index.ts';
import type { RequestRecord } from '../../src/ledger/index.ts';
import { completePair, type DrawnRequest } from '../../src/proof/desk/complete-pair.ts';
import type { ChatAnswer } from '../../src/protocol/index.ts';
import { checkPlan, counter, type FourModels, startFourModels } from '../support/four-models.ts';
import { testKey } from '../support/start-yumen.ts';

const path = '/v1/chat/completions';
const ask = { model: 'auto', messages: [{ role: 'user', content: 'How many is six times seven?' }] };
const nobodyLeaves = { cancelled: false, onCancel() {} };

interface Heard {
  begun: ProvedRequest;
  record: RequestRecord | undefined;
  answer: ChatAnswer | undefined;
}

const textOf = (answer: ChatAnswer | undefined): string | undefined =>
  answer?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');

describe('whoever proves a route', () => {
  let models: FourModels;
  let heard: Heard[] = [];
  let stance: RouteStance | undefined;
  let wantsAnswer = true;

  const hook: ProofHook = {
    stance: () => stance,
    begins(begun) {
      const one: Heard = { begun, record: undefined, answer: undefined };
      heard.push(one);
      return {
        wantsAnswer,
        over(record, answer) {
          assert.equal(one.record, undefined, 'a request is over once');
          one.record = record;
          one.answer = answer;
        },
      };
    },
  };

  before(async () => {
    models = await startFourModels('{ checks: true }', '', hook);
  });
  after(() => models.close());
  beforeEach(() => {
    for (const name of ['a', 'b', 'c', 'r'] as const) models[name].setScript({ text: '42' });
    models.yumen.force(undefined);
    heard = [];
    stance = undefined;
    wantsAnswer = true;
  });

  const serve = async (body: object = ask, headers: { [name: string]: string } = {}): Promise<Heard> => {
    const response = await models.yumen.post(path, body, headers);
    await response.text();
    const [one] = heard;
    assert.ok(one?.record, 'it hears of the request, and of its end before the last byte leaves');
    return one;
  };

  test('hears of each request of the route with its decision, its record and its answer', async () => {
    const { begun, record, answer } = await serve();
    assert.equal(begun.route.name, 'auto');
    assert.equal(begun.decision.id, record!.decision!.id);
    assert.equal(begun.requestId, record!.id);
    assert.equal(textOf(answer), '42');
  });

  test('is given streams put together, where it wants them', async () => {
    const streamed = { ...ask, stream: true };
    models.r.setScript({ text: 'The answer is forty-two.' });
    assert.equal(textOf((await serve(streamed)).answer), 'The answer is forty-two.');
    heard = [];
    wantsAnswer = false;
    assert.equal((await serve(streamed)).answer, undefined);
  });

  test('hears of requests that fail, and not of models that were named', async () => {
    for (const name of ['a', 'b', 'c', 'r'] as const) models[name].setScript({ status: 400 });
    const { record, answer } = await serve();
    assert.equal(record!.outcome, 'failed');
    assert.equal(answer, undefined);
    heard = [];
    await (await models.yumen.post(path, { ...ask, model: 'model-r' })).text();
    assert.deepEqual(heard, []);
  });

  test('says how the route decides, and a ladder is noted in the decision', async () => {
    stance = { mode: 'observe', ladder: { policy: 'pol_1', allowances: [-1e9, 1e9] } };
    const { record } = await serve();
    assert.equal(record!.decision!.mode, 'observe');
    assert.equal(record!.deployment, 'r/model-r');
    assert.equal(record!.decision!.ladder!.policy, 'pol_1');
    assert.equal(record!.decision!.ladder!.steps[0]!.candidate, 'r/model-r');
  });

  test('a request that asks for more quality than the route promises is outside of what was certified', async () => {
    stance = { mode: 'certified', ladder: { policy: 'pol_1', allowances: [1e9], rung: 0 } };
    const usual = (await serve()).record!.decision!;
    assert.deepEqual([usual.mode, usual.reason, usual.quality], ['certified', 'certified-rung', 'certified']);
    heard = [];
    const stricter = (await serve(ask, { 'x-yumen-target': '0.999' })).record!.decision!;
    assert.equal(stricter.mode, 'assist');
    assert.equal(stricter.ladder, undefined);
    assert.notEqual(stricter.quality, 'certified');
  });

  const drawn = async (wanted: string[], body: object = ask): Promise<DrawnRequest> => {
    const { begun, record, answer } = await serve(body);
    const candidates = begun.route.candidates.filter(({ id }) => wanted.includes(id));
    return { ...begun, record: record!, answer: answer!, wanted: candidates };
  };

  test('has the others asked what they would have answered; the client’s answer is not asked for again', async () => {
    const request = await drawn(['a/model-a', 'b/model-b']);
    const calls = counter(models);
    models.a.setScript({ text: '41', outputTokens: 7 });
    models.b.setScript({ status: 400 });
    const pair = await completePair(request, models.yumen.gateway, nobodyLeaves);
    assert.ok(!('incomplete' in pair));
    assert.deepEqual(calls(), { a: 1, b: 1, c: 0, r: 0 });
    const [reference, a, b] = pair.answers;
    assert.deepEqual([reference!.answer.candidate, reference!.answer.served], ['r/model-r', true]);
    assert.deepEqual([textOf(a!.text), a!.answer.served, a!.answer.faults], ['41', false, []]);
    assert.equal(a!.answer.outputTokens, 7);
    assert.deepEqual([b!.answer.outcome, b!.answer.faults, b!.text], ['failed', ['failed'], undefined]);
    assert.deepEqual(pair.records.map(({ role, deployment }) => [role, deployment]).sort(), [
      ['shadow', 'a/model-a'],
      ['shadow', 'b/model-b'],
    ]);
  });

  test('the reference is asked where a cheaper model served, also for a stream', async () => {
    stance = { mode: 'certified', ladder: { policy: 'pol_1', allowances: [1e9], rung: 0 } };
    const request = await drawn([], { ...ask, stream: true });
    const served = request.record.attempts.at(-1)!.deployment;
    assert.notEqual(served, 'r/model-r');
    models.r.setScript({ text: 'forty-two' });
    const wanted = request.route.candidates.filter(({ id }) => id === served);
    const pair = await completePair({ ...request, wanted }, models.yumen.gateway, nobodyLeaves);
    assert.ok(!('incomplete' in pair));
    assert.deepEqual(
      pair.answers.map(({ answer, text }) => [answer.candidate, answer.served, textOf(text)]),
      [
        ['r/model-r', false, 'forty-two'],
        [served, true, '42'],
      ],
    );
  });

  test('an answer that failed a check was never given out, and its pair says so', async () => {
    models.yumen.force({ plan: checkPlan('a/model-a', 'r/model-r') });
    models.a.setScript({ text: '' });
    const request = await drawn(['a/model-a']);
    assert.equal(textOf(request.answer), '42');
    const calls = counter(models);
    const pair = await completePair(request, models.yumen.gateway, nobodyLeaves);
    assert.ok(!('incomplete' in pair));
    assert.deepEqual(calls(), { a: 0, b: 0, c: 0, r: 0 });
    assert.deepEqual(pair.answers[1]!.answer.faults, ['empty']);
  });

  test('without the reference’s answer, and for keys that may not call a model, there is no pair', async () => {
    stance = { mode: 'certified', ladder: { policy: 'pol_1', allowances: [1e9], rung: 0 } };
    const request = await drawn(['a/model-a']);
    models.r.setScript({ status: 400 });
    const failed = await completePair(request, models.yumen.gateway, nobodyLeaves);
    assert.ok('incomplete' in failed && failed.incomplete === 'reference-failed');
    assert.equal(failed.records.at(-1)!.outcome, 'failed', 'the call is on record all the same');
    const principal = models.yumen.gateway.identity.authenticate({ authorization: `Bearer ${testKey}` });
    const limited = { ...principal, models: ['something-else'] };
    const calls = counter(models);
    const { route, snapshot } = request;
    const gate = gateOf({ principal: limited, route, wishes: saysNothing, snapshot }, models.yumen.gateway);
    const refused = await completePair({ ...request, gate }, models.yumen.gateway, nobodyLeaves);
    assert.deepEqual(refused, { incomplete: 'not-allowed', records: [] });
    assert.deepEqual(calls(), { a: 0, b: 0, c: 0, r: 0 }, 'and nobody has seen the request');
  });
});
