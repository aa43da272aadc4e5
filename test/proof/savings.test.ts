import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { runYumen } from '../support/run-cli.ts';
import { startYumen, type TestGateway } from '../support/start-yumen.ts';
import { questionOf, verdictFor } from '../support/three-ends.ts';

const good = 'It stands at the western gate.';
const asked = 240;
const scripts = ['money', 'quality', 'certificates'];

/** Half of what the small model says is wrong, a tenth of what the middle one says. */
const wrongIn = (text: string, every: number) => {
  const [number] = /number (\d+)/.exec(text)!.slice(1);
  return Number(number) % every === 0 ? 'No idea, sorry.' : good;
};

describe('what was saved, net, and who can recompute it', () => {
  let ends: FakeUpstream[];
  let yumen: TestGateway;
  const file = (name: string) => join(yumen.folder, name);

  before(async () => {
    ends = await Promise.all(
      [1, 2, 3, 4].map(() => startFakeUpstream({ dialect: 'openai-chat', script: { text: good } })),
    );
    const [small, middle, dear, judge] = ends as [FakeUpstream, FakeUpstream, FakeUpstream, FakeUpstream];
    small.setScript(({ body }) => ({ text: wrongIn(JSON.stringify(body), 2) }));
    middle.setScript(({ body }) => ({ text: wrongIn(JSON.stringify(body), 10) }));
    dear.setScript(({ body }) =>
      JSON.stringify(body).includes('broken') ? { status: 400 } : { text: good },
    );
    judge.setScript(({ body }) => ({ text: verdictFor(good, body) }));
    yumen = await startYumen(`
providers:
  - { id: small, vendor: openai-compatible, base_url: "${small.baseUrl}" }
  - { id: middle, vendor: openai-compatible, base_url: "${middle.baseUrl}" }
  - { id: dear, vendor: openai-compatible, base_url: "${dear.baseUrl}" }
  - { id: judge, vendor: openai-compatible, base_url: "${judge.baseUrl}" }
deployments:
  - { model: llama-3.1-8b-instruct, provider: small, price: { input: 0.05, output: 0.08 } }
  - { model: qwen2.5-72b-instruct, provider: middle, price: { input: 0.4, output: 0.9 } }
  - { model: gpt-4o, provider: dear, price: { input: 10, output: 40 } }
  - { model: claude-sonnet-4, provider: judge, price: { input: 1, output: 1 } }
routes:
  auto:
    reference: dear/gpt-4o
    candidates: [small/llama-3.1-8b-instruct, middle/qwen2.5-72b-instruct]
    mode: certified
    target: { quality: 0.9 }
    proof: { judges: [judge/claude-sonnet-4], share_max: 1, share_certified: 1, unit: request, learn_pairs: 50 }
  side:
    reference: dear/gpt-4o
    candidates: [middle/qwen2.5-72b-instruct]
    mode: assist
    target: { quality: 0.9 }
`);
    for (let i = 1; i <= asked; i++) await send('auto', i);
    for (let i = 1; i <= 10; i++) await send('side', i);
    await send('dear/gpt-4o', 1);
    await send('side', 2, ' broken ');
    await settled();
  });
  after(async () => {
    await yumen.close();
    await Promise.all(ends.map((one) => one.close()));
  });

  async function send(model: string, number: number, more = ''): Promise<void> {
    const content = questionOf(number, more);
    const response = await yumen.post('/v1/chat/completions', {
      model,
      messages: [{ role: 'user', content }],
      user: `user-${number % 90}`,
    });
    await response.arrayBuffer();
  }

  async function settled(): Promise<void> {
    for (let wait = 0; wait < 400; wait++) {
      const { counts } = (await yumen.api('/api/v1/routes/auto/proof')).body;
      if (counts.waiting === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    assert.fail('pairs are still being made');
  }

  const report = (...args: string[]) =>
    runYumen(['report', '--data-dir', join(yumen.folder, 'data'), ...args], yumen.folder);

  function recompute(name: string, page: string) {
    const script = join(import.meta.dirname, `../../docs/recompute-${name}.mjs`);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', script, page, join(yumen.folder, 'data')],
      { encoding: 'utf8', timeout: 30_000 },
    );
    return { status, stdout, stderr };
  }

  test('money adds up: what was spent is the ledger’s, proof counts against what was saved, and nothing is in two places', async () => {
    const { body } = await yumen.api('/api/v1/savings');
    const { total, rows, routes } = body;
    assert.equal(total.requests, asked + 12);
    assert.equal(total.compared_requests, asked + 10);
    assert.equal(total.unrouted_requests, 1);
    assert.equal(total.failed_requests, 1);
    assert.ok(BigInt(total.proof_nano_usd) > 0n);
    assert.ok(
      BigInt(total.judges_nano_usd) > 0n && BigInt(total.judges_nano_usd) < BigInt(total.proof_nano_usd),
    );
    const spent = await yumen.api('/api/v1/report?by=route');
    const ofReport = spent.body.rows.reduce(
      (all: bigint, row: { cost_nano_usd: string }) => all + BigInt(row.cost_nano_usd),
      0n,
    );
    assert.equal(`${ofReport}`, total.spent_nano_usd);
    for (const name of Object.keys(total).filter(
      (one) => /requests|nano_usd$/.test(one) && !/single|mix/.test(one),
    )) {
      const sum = rows.reduce((all: bigint, row: { [name: string]: string }) => all + BigInt(row[name]!), 0n);
      assert.equal(`${sum}`, `${total[name]}`, name);
    }
    const net =
      BigInt(total.warm_reference_nano_usd) -
      BigInt(total.compared_cost_nano_usd) -
      BigInt(total.proof_nano_usd);
    assert.equal(`${net}`, total.net_warm_reference_nano_usd);
    const auto = routes.find((one: { route: string }) => one.route === 'auto');
    assert.ok(auto.pairs > 100);
    const [small, middle] = ['small/llama-3.1-8b-instruct', 'middle/qwen2.5-72b-instruct'].map((name) =>
      auto.candidates.find(({ candidate }: { candidate: string }) => candidate === name),
    );
    assert.ok(Math.abs(small.quality - 0.5) < 3 * small.quality_margin, `${small.quality}`);
    assert.ok(Math.abs(middle.quality - 0.9) < 3 * middle.quality_margin, `${middle.quality}`);
    const side = rows.find(({ group }: { group: string }) => group === 'side');
    assert.equal(side.random_mix_nano_usd, null, 'without pairs there is no mix of equal quality');
  });

  test('it comes as CSV too, by team, key and day', async () => {
    for (const by of ['project', 'key', 'day', 'model']) {
      const response = await fetch(`${yumen.url}/api/v1/savings?by=${by}&format=csv`, {
        headers: { authorization: `Bearer ${yumen.key}` },
      });
      assert.match(response.headers.get('content-type')!, /text\/csv/);
      const lines = (await response.text()).trim().split('\r\n');
      assert.equal(lines[0]!.split(',')[0], by);
      assert.ok(lines.length >= 2);
      for (const line of lines) assert.equal(line.split(',').length, lines[0]!.split(',').length);
    }
  });

  test('the signed page is genuine, and shows when anything in it is changed', async () => {
    for (const lang of ['en', 'zh']) {
      const page = file(`${lang}.html`);
      const made = await report('--html', page, '--lang', lang);
      assert.equal(made.code, 0, made.err);
      const genuine = await report('--verify', page, '--public-key', file('data/report-signing.pub.pem'));
      assert.equal(genuine.code, 0, genuine.out);
      const text = readFileSync(page, 'utf8');
      const changed = file('changed.html');
      for (const [from, to] of [
        [/\$0\.\d/, '$9.9'],
        [/"requests":\d/, '"requests":9'],
        [/<\/h1>/, ' of a friend</h1>'],
      ] as const) {
        assert.match(text, from);
        writeFileSync(changed, text.replace(from, to));
        assert.equal((await report('--verify', changed)).code, 1, String(from));
      }
    }
    assert.equal((await report('--verify', file('yumen.yaml'))).code, 1);
  });

  test('every figure is recomputed from the ledger by three scripts of at most 50 lines, and a changed one is found', async () => {
    const page = file('month.html');
    assert.equal((await report('--html', page)).code, 0);
    const { data } = JSON.parse(/id="yumen-report">([^<]*)/.exec(readFileSync(page, 'utf8'))![1]!);
    assert.ok(data.routes.some((one: { random_mix: unknown }) => one.random_mix !== null));
    assert.ok(data.certificates.length > 0, 'a certificate is among what is recomputed');
    for (const name of scripts) {
      const lines = readFileSync(
        join(import.meta.dirname, `../../docs/recompute-${name}.mjs`),
        'utf8',
      ).trim();
      assert.ok(lines.split('\n').filter((line) => line !== '').length <= 50, name);
      const { status, stdout, stderr } = recompute(name, page);
      assert.equal(status, 0, `${name}: ${stdout}${stderr}`);
    }
    for (const [name, change] of [
      ['money', (of: typeof data) => (of.by.day[0].judges_nano_usd += '0')],
      ['money', (of: typeof data) => (of.total.net_random_mix_nano_usd = '1')],
      ['money', (of: typeof data) => (of.by.key[0].best_single_margin_nano_usd += '1')],
      ['quality', (of: typeof data) => (of.routes[0].quality += 0.00001)],
      ['quality', (of: typeof data) => (of.routes[0].candidates[0].cost_ratio_margin += 0.00001)],
      ['certificates', (of: typeof data) => (of.certificates[0].observed.loss += 0.00001)],
      ['certificates', (of: typeof data) => (of.certificates[0].issued.loss_bound -= 0.01)],
    ] as const) {
      const copy = structuredClone(data);
      change(copy);
      writeFileSync(file('other.html'), `id="yumen-report">${JSON.stringify({ data: copy })}<`);
      const { status, stdout } = recompute(name, file('other.html'));
      assert.equal(status, 1, `${name} ${change}: ${stdout}`);
    }
  });

  test('a figure of the ledger that was changed behind its back is found too', async () => {
    const page = file('before.html');
    assert.equal((await report('--html', page)).code, 0);
    await yumen.stop();
    const db = new DatabaseSync(join(yumen.folder, 'data/yumen.sqlite'));
    db.exec(
      `UPDATE request_records SET record = json_set(record, '$.costNano', 1) WHERE id = (SELECT id FROM requests WHERE route = 'auto' AND service IS NULL LIMIT 1)`,
    );
    db.close();
    assert.equal(recompute('money', page).status, 1);
  });
});
