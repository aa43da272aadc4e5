import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decide,
  loadShippedPredictor,
  planId,
  type ReasonCode,
  type SessionState,
} from '../../src/router/index.ts';
import {
  candidate,
  chat,
  cheap,
  dear,
  input,
  near,
  rates,
  strong,
  system,
  toolCall,
  toolResult,
  weak,
} from './fixtures.ts';

const predictor = loadShippedPredictor();

/** A conversation that this deployment answered last. */
const sessionAt = (deployment: string, tokens = 10): SessionState => ({
  home: { candidate: deployment, deployment, userTurns: 1 },
  warm: [{ deployment, tokens, atMs: 1_700_000_000_000 }],
  calls: 1,
  gapMs: undefined,
});

const translate = chat(['Translate to French: good morning.']);
const prove = chat(['Why did the treaty fail, and would a different clause have saved it?']);

test('a checkable task goes to the cheap model that is close in ability', () => {
  const decision = decide(input(translate), predictor);
  assert.equal(decision.reason, 'checkable-task');
  assert.deepEqual(decision.plan.slice(0, 2), ['p/near', 'p/strong']);
  assert.equal(decision.quality, 'uncertified');
  assert.equal(decision.explanation.runnerUp, 'p/strong');
});

test('a checkable task stays when the cheap model is of another class, of unknown ability, or tools are offered', () => {
  const only = (other: typeof near) => decide(input(translate, { candidates: [strong, other] }), predictor);
  assert.equal(only(weak).plan[0], 'p/strong');
  const unknown = { candidate: candidate({ id: 'nobody-knows' }), rates: cheap };
  assert.equal(only(unknown).plan[0], 'p/strong');
  const withTools = chat(['Translate to French: good morning.'], {
    tools: [{ name: 'look', parameters: { type: 'object' } }],
  });
  assert.equal(decide(input(withTools), predictor).plan[0], 'p/strong');
});

test('an open question stays with the reference, and the explanation says how little is known', () => {
  const decision = decide(input(prove, { candidates: [strong, near] }), predictor);
  assert.equal(decision.reason, 'little-evidence');
  assert.equal(decision.plan[0], 'p/strong');
  assert.match(decision.explanation.sentence, /too little evidence/);
  assert.match(decision.explanation.flip ?? '', /quality target of 0\.\d+/);
});

test('what the explanation says would flip the choice flips it', () => {
  const before = decide(input(prove, { candidates: [strong, near] }), predictor);
  const value = Number(/quality target of (0\.\d+)/.exec(before.explanation.flip!)![1]);
  const after = decide(
    input(prove, { candidates: [strong, near], target: { kind: 'quality', value } }),
    predictor,
  );
  assert.equal(after.plan[0], 'p/near');
  assert.equal(after.reason, 'cheaper-within-loss');
  const cheapBefore = decide(input(translate, { candidates: [strong, near] }), predictor);
  const above = Number(/quality target of (0\.\d+)/.exec(cheapBefore.explanation.flip!)![1]);
  const back = decide(
    input(translate, { candidates: [strong, near], target: { kind: 'quality', value: above } }),
    predictor,
  );
  assert.equal(back.plan[0], 'p/strong');
});

test('an unknown price is never preferred, and an unknown price of the reference ends the comparison', () => {
  const priceless = { ...near, rates: undefined };
  const decision = decide(input(translate, { candidates: [strong, priceless] }), predictor);
  assert.equal(decision.reason, 'price-unknown');
  assert.equal(decision.plan[0], 'p/strong');
  assert.equal(decision.candidates[1]!.cost, undefined);
  const blind = decide(input(translate, { candidates: [{ ...strong, rates: undefined }, near] }), predictor);
  assert.equal(blind.reason, 'price-unknown');
});

test('the reference stays when it is the cheapest or alone', () => {
  const dearer = { ...near, rates: rates(50, 90) };
  assert.equal(
    decide(input(translate, { candidates: [strong, dearer] }), predictor).reason,
    'reference-cheapest',
  );
  assert.equal(decide(input(translate, { candidates: [strong] }), predictor).reason, 'single-candidate');
});

test('observe sends everything to the reference and records what it would have done', () => {
  const decision = decide(input(translate, { mode: 'observe' }), predictor);
  assert.equal(decision.plan[0], 'p/strong');
  assert.equal(decision.preferred, 'p/near');
  assert.equal(decision.reason, 'observe');
  assert.match(decision.explanation.sentence, /only observes/);
});

test('without a certified rung certified decides as assist, uncertified, and says why', () => {
  const decision = decide(input(translate, { mode: 'certified' }), predictor);
  assert.equal(decision.plan[0], 'p/near');
  assert.equal(decision.quality, 'uncertified');
  assert.match(decision.explanation.sentence, /certificate does not speak of this request/);
});

test('a named model keeps the operator’s order', () => {
  const decision = decide(input(translate, { mode: 'named', candidates: [strong, weak, near] }), predictor);
  assert.deepEqual(decision.plan, ['p/strong', 'p/weak', 'p/near']);
  assert.equal(decision.reason, 'named-model');
});

test('each capability that is missing excludes a candidate, with a rule and what would help', () => {
  const image = { type: 'image' as const, source: { kind: 'url' as const, url: 'http://x/y.png' } };
  const document = {
    type: 'document' as const,
    source: { kind: 'base64' as const, mediaType: 'application/pdf', data: 'AA' },
  };
  const cases: [string, ReturnType<typeof chat>, Parameters<typeof candidate>[0]][] = [
    [
      'capability.image-input',
      chat([{ role: 'user', parts: [image] }]),
      { id: 'x', capabilities: { imageInput: false } },
    ],
    [
      'capability.document-input',
      chat([{ role: 'user', parts: [document] }]),
      { id: 'x', capabilities: { documentInput: false } },
    ],
    [
      'capability.tools',
      chat(['a'], { tools: [{ name: 't', parameters: {} }] }),
      { id: 'x', capabilities: { tools: false } },
    ],
    [
      'capability.json-schema',
      chat(['a'], { responseFormat: { type: 'json-schema', name: 'n', schema: {} } }),
      { id: 'x', capabilities: { jsonSchema: false } },
    ],
    [
      'capability.reasoning',
      chat(['a'], { reasoning: { effort: 'high' } }),
      { id: 'x', capabilities: { reasoning: 'none' } },
    ],
    [
      'capability.output-limit',
      chat(['a'], { sampling: { maxOutputTokens: 9000 } }),
      { id: 'x', outputTokensMax: 8000 },
    ],
    ['capability.context', chat(['word '.repeat(20_000)]), { id: 'x', contextTokens: 8000 }],
  ];
  for (const [rule, request, spec] of cases) {
    const lacking = { candidate: candidate({ mmlu: 88, ...spec }), rates: cheap };
    const decision = decide(input(request, { candidates: [strong, lacking] }), predictor);
    assert.deepEqual(
      decision.excluded.map((exclusion) => [exclusion.candidate, exclusion.rule]),
      [['p/x', rule]],
    );
    assert.ok(!decision.plan.includes('p/x'));
    assert.match(decision.excluded[0]!.why, /;|,/);
  }
});

test('what policy refused stays out and is kept in the record', () => {
  const refused = {
    candidate: 'p/near',
    stage: 'policy' as const,
    rule: 'policy.residency',
    why: 'not in the EU',
  };
  const decision = decide(input(translate, { candidates: [strong], excluded: [refused] }), predictor);
  assert.deepEqual(decision.excluded, [refused]);
  assert.deepEqual(decision.plan, ['p/strong']);
});

test('an open tool loop stays with the deployment that began it, or with the reference when that is not known', () => {
  const loop = chat(['Find it.', toolCall('c'), toolResult('c')]);
  const known = decide(input(loop, { session: sessionAt('p/weak') }), predictor);
  assert.deepEqual(known.plan, ['p/weak']);
  assert.equal(known.reason, 'tool-loop-lock');
  assert.equal(known.excluded[0]!.rule, 'capability.tool-loop');
  const unknown = decide(input(loop), predictor);
  assert.deepEqual(unknown.plan, ['p/strong']);
  const signed = chat([
    'a',
    { role: 'assistant', parts: [{ type: 'reasoning', text: 'h', signature: 's' }] },
    'b',
  ]);
  const bound = decide(input(signed, { session: sessionAt('p/near') }), predictor);
  assert.deepEqual([bound.plan, bound.reason], [['p/near'], 'session-lock']);
});

test('health rules a deployment out, unless nobody would be left', () => {
  const down = [{ deployment: 'p/strong', why: 'its circuit is open' }];
  const decision = decide(input(prove, { candidates: [strong, near], unavailable: down }), predictor);
  assert.deepEqual(decision.plan, ['p/near']);
  assert.equal(decision.reason, 'reference-unavailable');
  assert.equal(decision.excluded[0]!.rule, 'health.unavailable');
  const all = decide(input(prove, { candidates: [strong], unavailable: down }), predictor);
  assert.deepEqual(all.plan, ['p/strong']);
});

test('nobody who can serve gives an empty plan that says why', () => {
  const blind = { candidate: candidate({ id: 'x', capabilities: { tools: false } }), rates: cheap };
  const request = chat(['a'], { tools: [{ name: 't', parameters: {} }] });
  const decision = decide(input(request, { candidates: [blind], reference: blind.candidate }), predictor);
  assert.deepEqual([decision.plan, decision.reason], [[], 'no-candidate']);
  assert.match(decision.explanation.sentence, /does not call tools/);
});

test('a reference that the catalogue does not know, and a named model, are not judged by it', () => {
  const request = chat(['a'], { tools: [{ name: 't', parameters: {} }] });
  const own = {
    candidate: candidate({ id: 'x', capabilities: { tools: false }, unlisted: true }),
    rates: cheap,
  };
  const unlisted = decide(input(request, { candidates: [own], reference: own.candidate }), predictor);
  assert.deepEqual(unlisted.plan, ['p/x']);
  const listed = { candidate: candidate({ id: 'y', capabilities: { tools: false } }), rates: cheap };
  const named = input(request, { candidates: [listed], reference: listed.candidate, mode: 'named' });
  assert.deepEqual(decide(named, predictor).plan, ['p/y']);
});

test('a warm prefix is priced at the cache rate', () => {
  const cached = { candidate: strong.candidate, rates: { ...dear, cacheRead: 1_000_000 } };
  const long = chat([system('context '.repeat(2000)), 'hi']);
  const cost = (session?: SessionState) =>
    decide(input(long, { candidates: [cached, near], session }), predictor).candidates[0]!.cost!;
  const cold = cost();
  const warm = cost(sessionAt('p/strong', 1200));
  assert.equal(cold.cachedInputNano, 0);
  assert.equal(warm.cachedInputNano, 1200 * 1000);
  assert.equal(cold.totalNano - warm.totalNano, 1200 * 9000);
});

test('a price of quality decides by what the loss would cost', () => {
  const at = (value: number) =>
    decide(
      input(prove, { candidates: [strong, weak], target: { kind: 'usd-per-quality', value } }),
      predictor,
    );
  assert.equal(at(0.000_001).plan[0], 'p/weak');
  assert.equal(at(1000).plan[0], 'p/strong');
  assert.equal(at(1000).lambda, 1000);
});

test('a budget without a controller is treated as a quality target, and says so', () => {
  const decision = decide(input(prove, { target: { kind: 'budget-per-day', value: 50 } }), predictor);
  assert.match(decision.explanation.sentence, /not paced/);
});

test('the same inputs give the same decision', () => {
  const once = decide(input(prove), predictor);
  assert.deepEqual(decide(input(prove), loadShippedPredictor()), once);
  assert.deepEqual(decide(structuredClone(input(prove)), predictor), once);
});

test('a fault inside leaves the reference in charge', () => {
  const broken = {
    ...predictor,
    predict: () => {
      throw new Error('boom');
    },
  };
  const decision = decide(input(prove), broken);
  assert.deepEqual([decision.plan, decision.reason], [['p/strong'], 'router-failed' satisfies ReasonCode]);
});

test('no explanation quotes the prompt', () => {
  const secret = 'Translate xylophonequartz to French, zebrafish.';
  const text = JSON.stringify(decide(input(chat([secret])), predictor));
  assert.ok(!text.includes('xylophone') && !text.includes('zebrafish'));
});

test('a key over its cap on upgrades trades as if quality were worth less, and the decision says so', () => {
  const wanted = input(prove, {
    candidates: [strong, weak],
    target: { kind: 'usd-per-quality', value: 1000 },
  });
  assert.equal(decide(wanted, predictor).plan[0], 'p/strong');
  const capped = decide({ ...wanted, capped: { share: 0.8, max: 0.5, lambdaFactor: 0 } }, predictor);
  assert.equal(capped.plan[0], 'p/weak');
  assert.equal(capped.lambda, 0);
  assert.deepEqual(capped.capped, { share: 0.8, max: 0.5, lambdaFactor: 0 });
  assert.match(capped.explanation.sentence, /80 % upgrades \(at most 50 %\)/);
});

test('a chosen cheap answer is looked at where the route allows checks, and its reference answers after it', () => {
  const decision = decide(
    input(translate, { candidates: [strong, near], cascade: { checks: true, votes: false } }),
    predictor,
  );
  assert.deepEqual(decision.plan.slice(0, 2), ['p/near', 'p/strong']);
  assert.equal(decision.reason, 'checkable-task');
  assert.equal(decision.cascade && planId(decision.cascade.plan), 'p/near>p/strong');
  assert.equal(decision.cascade?.terms.lambdaUsd, decision.lambda);
});

test('a vote is chosen where agreement makes cheap answers good enough, and only where answers can be compared', () => {
  const fair = { ...near, candidate: candidate({ id: 'fair', mmlu: 86 }) };
  const asked = (comparison: 'choice' | 'text', votes: boolean) =>
    decide(
      input(prove, {
        candidates: [strong, near, fair],
        target: { kind: 'quality', value: 0.6 },
        cascade: { checks: false, votes },
        comparison,
      }),
      predictor,
    );
  assert.equal(asked('text', true).cascade, undefined);
  assert.equal(asked('choice', false).cascade, undefined);
  const weighed = asked('choice', true);
  assert.ok((weighed.cascades ?? []).length > 0);
  for (const { cost, escalation, quality } of weighed.cascades ?? []) {
    assert.ok(cost !== undefined && cost.totalNano >= cost.escalationNano);
    assert.ok(escalation >= 0 && escalation <= 1 && quality.low <= quality.mean);
  }
});
