import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  calledAs,
  createCatalog,
  type Deployment,
  type DeploymentSettings,
  type Finding,
} from '../../src/catalog/index.ts';
import { createProvider } from '../../src/providers/index.ts';

const nowMs = Date.UTC(2026, 10, 30);
const days = 86_400_000;

const stated = { tools: true, parallel_tools: true, json_schema: true, image_input: true };

interface Place {
  baseUrl?: string;
  settings?: Partial<DeploymentSettings>;
}

/** The deployment `p/m` as a catalogue has it that knows these findings. */
function found(findings: (deployment: Deployment) => Finding[], place: Place = {}): Deployment {
  const provider = createProvider({
    id: 'p',
    vendor: 'vllm',
    baseUrl: place.baseUrl ?? 'http://127.0.0.1:8000/v1',
  });
  const settings = { model: 'm', provider: 'p', capabilities: stated, context_tokens: 32_768 };
  const deployments = [{ ...settings, ...place.settings }];
  const plain = createCatalog({ providers: [provider], deployments }).findDeployment('p/m')!;
  const rows = findings(plain);
  const known = createCatalog({ providers: [provider], deployments, findings: { rows, nowMs } });
  return known.findDeployment('p/m')!;
}

function says(
  capability: Finding['capability'],
  value: Finding['value'],
  change: Partial<Finding> = {},
): (deployment: Deployment) => Finding[] {
  return (deployment) => [
    {
      deployment: deployment.id,
      calledAs: calledAs(deployment),
      capability,
      value,
      evidence: 'so it was',
      atMs: nowMs - days,
      ...change,
    },
  ];
}

describe('what doctor found of a deployment', () => {
  test('takes away what is claimed and not there', () => {
    assert.equal(found(says('json-schema', false)).model.capabilities.jsonSchema, false);
    assert.equal(found(says('image-input', false)).model.capabilities.imageInput, false);
    const { tools, parallelTools } = found(says('tools', false)).model.capabilities;
    assert.deepEqual([tools, parallelTools], [false, false]);
    assert.equal(found(says('context-tokens', 4096)).model.contextTokens, 4096);
  });

  test('adds nothing, unless the configuration follows it', () => {
    const settings = { capabilities: {} };
    assert.equal(found(says('tools', true), { settings }).model.capabilities.tools, false);
    assert.equal(found(says('context-tokens', 131_072)).model.contextTokens, 32_768);
    const follow = { settings: { ...settings, findings: 'follow' } } as const;
    assert.equal(found(says('tools', true), follow).model.capabilities.tools, true);
    assert.equal(found(says('context-tokens', 131_072), follow).model.contextTokens, 131_072);
    assert.equal(found(says('context-tokens', true)).model.contextTokens, 32_768);
    assert.equal(found(says('context-tokens', true), follow).model.contextTokens, 32_768);
    const ignore = { settings: { findings: 'ignore' } } as const;
    assert.equal(found(says('tools', false), ignore).model.capabilities.tools, true);
  });

  test('counts for 30 days', () => {
    const at = (atMs: number) => found(says('tools', false, { atMs })).model.capabilities.tools;
    assert.equal(at(nowMs - 30 * days), false);
    assert.equal(at(nowMs - 30 * days - 1), true);
  });

  test('is void once the deployment has another address or another name', () => {
    const before = found(() => []);
    const old = () => says('tools', false)(before);
    assert.equal(found(old).model.capabilities.tools, false);
    assert.equal(found(old, { baseUrl: 'http://10.0.0.5:8000/v1' }).model.capabilities.tools, true);
    assert.equal(found(old, { settings: { name: 'm-2' } }).model.capabilities.tools, true);
    assert.equal(
      found(says('tools', false, { deployment: 'p/other' })).model.capabilities.tools,
      true,
      'what was said of another deployment',
    );
  });

  test('never makes a configured effort an error: thinking stays as it is claimed, and the finding is beside it', () => {
    const deployment = found(says('thinking-off', false), {
      settings: { capabilities: { ...stated, reasoning: 'optional' } },
    });
    assert.equal(deployment.model.capabilities.reasoning, 'optional');
    assert.equal(deployment.findings?.[0]?.capability, 'thinking-off');
  });
});
