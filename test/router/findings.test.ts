import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../src/catalog/index.ts';
import { decide, loadShippedPredictor, type PricedCandidate } from '../../src/router/index.ts';
import { candidate, chat, cheap, input, strong } from './fixtures.ts';

const predictor = loadShippedPredictor();
const atMs = Date.UTC(2026, 10, 3, 12);

function checked(finding: Pick<Finding, 'capability' | 'value'>, effort: 'default' | 'off' | 'high') {
  const { capability, value } = finding;
  const plain = candidate({ id: 'checked', capabilities: { tools: capability !== 'tools' } });
  const findings = [
    { deployment: plain.id, calledAs: 'there', capability, value, evidence: 'so it was', atMs },
  ];
  const id = effort === 'default' ? plain.id : `${plain.id}#${effort}`;
  const known = { ...plain, id, effort, deployment: { ...plain.deployment, findings } };
  return { candidate: known, rates: cheap } satisfies PricedCandidate;
}

function exclusion(lacking: PricedCandidate, request = chat(['Hello'])) {
  const decision = decide(input(request, { candidates: [strong, lacking] }), predictor);
  return decision.excluded.find((each) => each.candidate === lacking.candidate.id);
}

test('an exclusion names the check that found it, with its date', () => {
  const withTools = chat(['Hello'], { tools: [{ name: 'look', parameters: { type: 'object' } }] });
  const found = exclusion(checked({ capability: 'tools', value: false }, 'default'), withTools);
  assert.equal(found?.rule, 'capability.tools');
  assert.match(found?.why ?? '', /\(doctor, 2026-11-03: so it was\)/);
});

test('thinking that cannot be switched off keeps #off from being chosen, and nothing else', () => {
  const finding = { capability: 'thinking-off', value: false } as const;
  assert.equal(exclusion(checked(finding, 'off'))?.rule, 'capability.thinking-off');
  assert.equal(exclusion(checked(finding, 'high')), undefined);
  assert.equal(exclusion(checked(finding, 'default')), undefined);
});

test('thinking that cannot be switched on keeps away efforts, and requests that want thinking', () => {
  const finding = { capability: 'thinking-on', value: false } as const;
  assert.equal(exclusion(checked(finding, 'high'))?.rule, 'capability.thinking-on');
  assert.equal(exclusion(checked(finding, 'off')), undefined);
  assert.equal(exclusion(checked(finding, 'default')), undefined);
  const thinking = chat(['Hello'], { reasoning: { enabled: true } });
  assert.equal(exclusion(checked(finding, 'default'), thinking)?.rule, 'capability.thinking-on');
});

test('a check that found an ability excludes nothing', () => {
  assert.equal(exclusion(checked({ capability: 'thinking-off', value: true }, 'off')), undefined);
});
