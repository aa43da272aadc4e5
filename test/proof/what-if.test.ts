import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { runYumen } from '../support/run-cli.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

const good = 'It stands at the western gate.';
const asked = 60;

describe('what another configuration would have meant', () => {
  let ends: FakeUpstream[];
  let yumen: TestGateway;

  /** The same pool but for what is said. */
  const config = ({
    mode = 'observe',
    target = '{ usd_per_quality: 0.0001 }',
    reference = 10,
    candidates = '[cheap/qwen2.5-72b-instruct]',
    proof = 'proof: { judges: [judge/claude-sonnet-4], share_max: 1 }',
    extra = '',
  } = {}) => `
providers:
  - { id: cheap, vendor: openai-compatible, base_url: "${ends[0]!.baseUrl}", region: sg-dc1 }
  - { id: dear, vendor: openai-compatible, base_url: "${ends[1]!.baseUrl}", region: us-dc1 }
  - { id: judge, vendor: openai-compatible, base_url: "${ends[2]!.baseUrl}" }
deployments:
  - { model: qwen2.5-72b-instruct, provider: cheap, price: { input: 0.1, output: 0.2 } }
  - { model: gpt-4o, provider: dear, price: { input: ${reference}, output: ${4 * reference} } }
  - { model: claude-sonnet-4, provider: judge, price: { input: 1, output: 1 } }
${extra}
routes:
  auto:
    reference: dear/gpt-4o
    candidates: ${candidates}
    mode: ${mode}
    target: ${target}
    ${proof}
`;

  before(async () => {
    ends = await Promise.all(
      [1, 2, 3].map(() => startFakeUpstream({ dialect: 'openai-chat', script: { text: good } })),
    );
    // Wrong in one of four, and the judge sees it.
    ends[0]!.setScript(({ body }) => ({
      text: Number(/number (\d+)/.exec(JSON.stringify(body))?.[1]) % 4 === 0 ? 'No idea.' : good,
    }));
    ends[2]!.setScript(({ body }) => {
      const text = JSON.stringify(body);
      return {
        text:
          text.indexOf('<first-') < text.indexOf(good) && text.indexOf(good) < text.indexOf('</first-')
            ? 'FIRST'
            : 'SECOND',
      };
    });
    yumen = await startYumen(config({ target: '{ quality: 0.9 }' }));
    for (let i = 1; i <= asked; i++) {
      const messages = [{ role: 'user', content: `Where does the gate number ${i} stand?` }];
      await (await yumen.post('/v1/chat/completions', { model: 'auto', messages })).arrayBuffer();
    }
    for (let wait = 0; wait < 200; wait++) {
      if ((await yumen.api('/api/v1/routes/auto/proof')).body.counts.waiting === 0) break;
      await new Promise((done) => setTimeout(done, 20));
    }
  });
  after(async () => {
    await yumen.close();
    await Promise.all(ends.map((one) => one.close()));
  });

  const ask = async (text: string, more = {}) =>
    yumen.api('/api/v1/what-if', {
      method: 'POST',
      body: JSON.stringify({ config: text, route: 'auto', ...more }),
    });

  const counted = (rows: Json[], name: string) => rows.find((one) => one.name === name);

  test('the same configuration changes nothing', async () => {
    const { status, body } = await ask(config({ target: '{ quality: 0.9 }' }));
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.decisions, asked);
    assert.equal(body.changed, 0);
    assert.equal(body.cost_ratio.value, 1);
    assert.deepEqual(body.moved, []);
    assert.equal(body.measured_loss.after.value, 0);
  });

  test('switched on it moves requests: cost, loss as the pairs show it, and where they are processed', async () => {
    const calls = ends.map(({ requests }) => requests.length);
    const { body } = await ask(config({ mode: 'assist' }));
    assert.equal(body.changed, asked);
    assert.ok(body.cost_ratio.value < 0.05, `${body.cost_ratio.value}`);
    assert.ok(body.expected_loss.after > body.expected_loss.before);
    const { measured_loss } = body;
    assert.equal(measured_loss.pairs, asked);
    assert.equal(measured_loss.not_covered, 0);
    assert.ok(Math.abs(measured_loss.after.value - 0.25) < 0.01, `${measured_loss.after.value}`);
    assert.ok(measured_loss.after.margin > 0);
    assert.deepEqual(counted(body.processing, 'us-dc1'), { name: 'us-dc1', before: asked, after: 0 });
    assert.deepEqual(body.moved, [{ from: 'us-dc1', to: 'sg-dc1', requests: asked }]);
    assert.deepEqual(counted(body.origin, 'CN'), { name: 'CN', before: 0, after: asked });
    assert.deepEqual(
      ends.map(({ requests }) => requests.length),
      calls,
      'nothing is called',
    );
  });

  test('another price table changes what the same decisions cost', async () => {
    const { body } = await ask(config({ target: '{ quality: 0.9 }', reference: 5 }));
    assert.equal(body.changed, 0);
    assert.ok(Math.abs(body.cost_ratio.value - 0.5) < 0.01, `${body.cost_ratio.value}`);
  });

  test('a pool with a newcomer is weighed by what is known of it, and pairs say that they know nothing of it', async () => {
    const extra =
      '  - { model: llama-3.1-8b-instruct, provider: cheap, price: { input: 0.01, output: 0.01 } }';
    const { body } = await ask(
      config({
        mode: 'assist',
        candidates: '[cheap/llama-3.1-8b-instruct]',
        target: '{ usd_per_quality: 0.00001 }',
        extra,
      }),
    );
    const first = body.answers.filter((one: Json) => one.name.startsWith('cheap/llama-3.1-8b-instruct'));
    assert.equal(first[0]?.after, asked, JSON.stringify(body));
    assert.equal(body.measured_loss.not_covered, asked);
    assert.equal(body.measured_loss.after, null);
  });

  test('what cannot be asked is refused with the field at fault', async () => {
    const wrong = await ask(config({ mode: 'sideways' }));
    assert.equal(wrong.status, 400);
    assert.match(wrong.body.error.message, /routes\.auto\.mode/);
    const none = await ask(config(), { route: 'other' });
    assert.equal(none.status, 400);
    assert.match(none.body.error.message, /it has auto/);
    assert.equal((await ask('{]')).status, 400);
  });

  test('the command line says the same', async () => {
    const path = join(yumen.folder, 'next.yaml');
    writeFileSync(path, config({ mode: 'assist' }));
    const run = (...args: string[]) =>
      runYumen(['what-if', path, '--data-dir', join(yumen.folder, 'data'), ...args], yumen.folder);
    const result = await run();
    assert.equal(result.code, 0, result.err);
    assert.match(result.out, new RegExp(`of ${asked} decisions ${asked} would have gone elsewhere`));
    assert.match(result.out, /measured loss {2}0\.00 ± 0\.00 → 25\.00 ± \d/);
    assert.match(result.out, /60 would leave us-dc1 for sg-dc1/);
    const { out } = await run('--json', '--since', '1h');
    assert.equal(JSON.parse(out).changed, asked);
  });
});
