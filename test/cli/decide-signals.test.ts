import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCli } from '../../src/cli/program.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import type { Json } from '../support/start-yumen.ts';

const upstream = await startFakeUpstream({ dialect: 'openai-chat', script: { text: '0' } });
const folder = mkdtempSync(join(tmpdir(), 'yumen-decide-'));
after(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Long and hard, so that whatever the artefact has learned, the lesser model is expected to do worse. */
const prompt = Array.from(
  { length: 12 },
  (_, i) =>
    `Step ${i + 1}: prove that the group of order ${91 + 2 * i} has a normal subgroup, derive its index, and justify why the theorem of Sylow applies here.`,
).join(' ');

function configure(usdPerQuality: number): void {
  writeFileSync(
    join(folder, 'yumen.yaml'),
    `
providers:
  - { id: openai, vendor: openai, api_key: k, base_url: "${upstream.baseUrl}" }
routes:
  auto:
    reference: gpt-4o
    candidates: [gpt-4o, gpt-4o-mini]
    mode: assist
    target: { usd_per_quality: ${usdPerQuality} }
    cascade: { checks: false }
    signals: { judge: { model: gpt-4o-mini, deadline_ms: 10000 } }
`,
  );
}

async function decided(...more: string[]): Promise<{ decision: Json; err: string }> {
  let [out, err] = ['', ''];
  await runCli(['decide', prompt, '--json', ...more], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    exitCode: (code) => assert.equal(code, 0, err),
    env: { YUMEN_PROBE_ENGINES: 'false' },
    cwd: folder,
  });
  return { decision: JSON.parse(out), err };
}

test('yumen decide asks signals only where it is told to, and says what that cost', async () => {
  configure(1);
  const { decision: first } = await decided();
  const of = (id: string): Json => first.candidates.find((one: Json) => one.candidate === id);
  const [reference, cheap] = [of('openai/gpt-4o'), of('openai/gpt-4o-mini')];
  const saved = reference.expected_cost_usd - cheap.expected_cost_usd;
  assert.ok(saved > 0 && cheap.loss.mean > 0, 'the cheap one is expected to be cheaper and worse');
  // Just dear enough for quality that the cheap one is still worth it.
  configure((0.98 * saved) / cheap.loss.mean);

  const { decision: alone } = await decided();
  assert.equal(alone.plan[0], 'openai/gpt-4o-mini');
  assert.equal(alone.signals, null);
  assert.equal(upstream.requests.length, 0);

  const { decision, err } = await decided('--ask-signals');
  assert.equal(upstream.requests.length, 1);
  assert.equal(decision.plan[0], 'openai/gpt-4o');
  assert.equal(decision.signals.changed, true);
  assert.match(err, /openai\/gpt-4o-mini was asked: \$0\.0000/);
});
