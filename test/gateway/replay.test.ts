import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { runCli } from '../../src/cli/program.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

const path = '/v1/chat/completions';
const user = (content: string) => ({ role: 'user', content });
const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }];

describe('decisions that were recorded are made again', () => {
  let upstream: FakeUpstream;
  let yumen: TestGateway;
  let folder: string;

  const config = (factor = 1): string => `
providers:
  - { id: openai, vendor: openai, api_key: sk-upstream, base_url: "${upstream.baseUrl}" }
deployments:
  - { model: gpt-4o, provider: openai, price: { input: ${2.5 * factor}, output: ${10 * factor}, cache_read: ${1.25 * factor} } }
  - { model: llama-3.1-70b-instruct, provider: openai, price: { input: ${0.1 / factor}, output: ${0.2 / factor} } }
  - { model: qwen2.5-32b-instruct, provider: openai, price: { input: ${0.15 / factor}, output: ${0.3 / factor} } }
  - { model: llama-3.1-8b-instruct, provider: openai, price: { input: ${0.02 / factor}, output: ${0.03 / factor} } }
routes:
  auto: { reference: gpt-4o, candidates: [llama-3.1-70b-instruct, qwen2.5-32b-instruct, llama-3.1-8b-instruct], mode: assist }
  votes: { reference: gpt-4o, candidates: [llama-3.1-70b-instruct, qwen2.5-32b-instruct], mode: assist, target: { usd_per_quality: 0.001 }, cascade: { checks: true, votes: true } }
  budget: { reference: gpt-4o, candidates: [llama-3.1-8b-instruct], mode: assist, target: { budget_usd_per_day: 0.0001 } }
  capped: { reference: gpt-4o, candidates: [llama-3.1-8b-instruct], mode: assist, upgrade_share_max: 0.2 }
  watched: { reference: gpt-4o, candidates: [llama-3.1-8b-instruct], mode: observe }
`;

  before(async () => {
    upstream = await startFakeUpstream({ dialect: 'openai-chat', script: { text: '240' } });
    yumen = await startYumen(config());
    folder = yumen.folder;
    await traffic();
  });
  after(async () => {
    await yumen.stop();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function send(body: Json, headers: { [name: string]: string } = {}): Promise<Response> {
    const response = await yumen.post(path, body, headers);
    await response.text();
    return response;
  }

  /** What may be decided on a day: asks of many kinds, a conversation with a tool loop, caps, cascades, streams, a key that may not call all. */
  async function traffic(): Promise<void> {
    const asks = [
      'Translate to French: good morning.',
      'A train covers 120 km in 1.5 hours. How many km does it cover in 4 hours?',
      'Why did the treaty fail, and would a different clause have saved it?',
      '请把这句话翻译成英文：今天天气很好。',
    ];
    for (const model of ['auto', 'votes', 'budget', 'capped', 'watched', 'llama-3.1-8b-instruct'])
      for (const ask of asks) await send({ model, messages: [user(`${ask} (${model})`)] });
    for (let n = 0; n < 20; n++)
      await send({ model: 'capped', messages: [user(`Prove that ${n} + 1 > ${n}.`)] });
    await send({ model: 'auto', messages: [user(asks[0]!)], stream: true });
    await send({ model: 'auto', messages: [user(asks[1]!)], 'x-ignored': 1 }, { 'x-yumen-target': '0.6' });
    const session = { 'x-yumen-session': 'a-conversation' };
    const talk: Json[] = [user(`${asks[2]} ${'And the context of it all. '.repeat(200)}`)];
    await send({ model: 'auto', messages: talk, tools }, session);
    const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } };
    talk.push({ role: 'assistant', content: null, tool_calls: [call] });
    talk.push({ role: 'tool', tool_call_id: 'c1', content: 'found' });
    await send({ model: 'auto', messages: talk, tools }, session);
    talk.push({ role: 'assistant', content: '240' }, user('Translate that to French.'));
    await send({ model: 'auto', messages: talk }, session);
    const narrow = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'narrow', models: ['llama-3.1-8b-instruct', 'watched'] }),
    });
    const mine = { authorization: `Bearer ${narrow.body.secret}` };
    for (const model of ['watched', 'llama-3.1-8b-instruct', 'gpt-4o'])
      await send({ model, messages: [user('hi')] }, mine);
  }

  /** All records with a decision, whole. */
  async function decided(): Promise<Json[]> {
    const { body } = await yumen.api('/api/v1/requests?limit=500');
    const ids = body.data.filter((one: Json) => one.decision_id !== null).map((one: Json) => one.id);
    return Promise.all(ids.map(async (id: string) => (await yumen.api(`/api/v1/requests/${id}`)).body));
  }

  const replay = (id: string, body: Json, headers = {}) =>
    yumen.api(`/api/v1/decisions/${id}/replay`, { method: 'POST', headers, body: JSON.stringify(body) });

  async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const result = { code: 0, out: '', err: '' };
    await runCli(['replay', ...args, '--data-dir', join(folder, 'data')], {
      out: (text) => {
        result.out += text;
      },
      err: (text) => {
        result.err += text;
      },
      exitCode: (code) => {
        result.code = code;
      },
      env: { YUMEN_PROBE_ENGINES: 'false' },
      cwd: folder,
    });
    return result;
  }

  test('each one over the API gives what the record holds', async () => {
    const records = await decided();
    assert.ok(records.length > 45);
    const reasons = new Set(records.map(({ decision }) => decision.reason));
    for (const reason of ['named-model', 'tool-loop-lock']) assert.ok(reasons.has(reason), reason);
    assert.ok(records.some(({ decision }) => decision.cascades.length > 0));
    for (const { id, decision } of records) {
      const { status, body } = await replay(decision.id, {});
      assert.equal(status, 200, JSON.stringify(body));
      assert.deepEqual(body.differences, []);
      assert.deepEqual([body.same, body.note, body.request_id, body.what_if], [true, null, id, null]);
      assert.deepEqual(body.decision, decision);
    }
  });

  test('no body, the id of the request, and what another target would have led to', async () => {
    const one = (await decided()).find(
      ({ decision, route }) =>
        route === 'auto' && decision.preferred === 'openai/gpt-4o' && decision.candidates.length > 1,
    );
    const bare = await fetch(`${yumen.url}/api/v1/decisions/${one.id}/replay`, {
      method: 'POST',
      headers: { authorization: `Bearer ${yumen.key}` },
    });
    assert.equal(((await bare.json()) as Json).decision_id, one.decision.id);
    const { body } = await replay(one.decision.id, { target: { usd_per_quality: 0 } });
    assert.equal(body.same, true);
    assert.equal(body.what_if.before.answer, one.decision.preferred);
    assert.notEqual(body.what_if.after.answer, one.decision.preferred);
    assert.ok(body.what_if.after.expected_cost_usd < body.what_if.before.expected_cost_usd);
    assert.equal(body.what_if.decision.target.kind, 'usd-per-quality');
  });

  test('what cannot be asked is refused with what would make it right', async () => {
    const [{ decision }] = (await decided()) as [Json];
    for (const wrong of [
      { target: { quality: 0.2 } },
      { target: { quality: 0.9, usd_per_quality: 1 } },
      { artifact: 'own' },
    ])
      assert.equal((await replay(decision.id, wrong)).status, 400, JSON.stringify(wrong));
    const absent = await replay('dec_absent', {});
    assert.deepEqual([absent.status, absent.body.error.code], [404, 'not_found']);
    const other = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'other' }),
    });
    const foreign = await replay(decision.id, {}, { authorization: `Bearer ${other.body.secret}` });
    assert.deepEqual([foreign.status, foreign.body], [404, absent.body]);
  });

  test('after a restart with other prices, from the prices of then', async () => {
    const before = await decided();
    await yumen.stop();
    yumen = await startYumen(config(3), folder);
    for (const { decision } of before) {
      const { body } = await replay(decision.id, {});
      assert.deepEqual([body.same, body.differences], [true, []], decision.id);
    }
    const { id } = (await yumen.api('/api/v1/requests?limit=500')).body.data.at(-1);
    const response = await send({ model: 'auto', messages: [user('Translate to French: good evening.')] });
    assert.notEqual(response.headers.get('x-request-id'), id);
  });

  test('the command replays single decisions and a stretch of time beside a running gateway', async () => {
    const records = await decided();
    const [{ decision }] = records as [Json];
    const one = await cli(decision.id);
    assert.equal(one.code, 0, one.err);
    assert.ok(one.out.startsWith(`${decision.id}  same  ${decision.explanation.sentence}`));
    const all = await cli('--since', '1h');
    assert.equal(all.code, 0);
    assert.equal(all.out, `${records.length} replayed: ${records.length} same, 0 different\n`);
    const other = JSON.parse((await cli('--since', '1h', '--route', 'auto', '--lambda', '0', '--json')).out);
    const auto = records.filter(({ route }) => route === 'auto');
    assert.equal(other.replayed, auto.length);
    assert.ok(other.what_if.changed > 0);
    assert.ok(other.what_if.after.expected_cost_usd < other.what_if.before.expected_cost_usd);
    const answers: Json[] = Object.values(other.what_if.answers);
    for (const side of ['before', 'after'])
      assert.equal(
        answers.reduce((sum, counts) => sum + counts[side], 0),
        auto.length,
      );
    const limited = await cli('--since', '1h', '--limit', '3', '--target', '0.9');
    assert.match(limited.out, /^3 replayed: 3 same/);
    assert.match(limited.out, /expected cost .* → /);
  });

  test('the command says what is wrong with how it was asked', async () => {
    for (const [args, code, said] of [
      [[], 2, /--since/],
      [['dec_1', '--since', '1h'], 2, /--since/],
      [['--since', 'yesterday'], 2, /24h/],
      [['--since', '1h', '--target', '0.9', '--lambda', '1'], 2, /not both/],
      [['dec_absent'], 1, /no decision or request dec_absent/],
    ] as [string[], number, RegExp][]) {
      const result = await cli(...args);
      assert.equal(result.code, code, args.join(' '));
      assert.match(result.err, said);
    }
  });

  test('a record without what its decision was made of says so, and a changed one is found out', async () => {
    const [first, second] = (await decided()) as [Json, Json];
    await yumen.stop();
    const db = new DatabaseSync(join(folder, 'data', 'yumen.sqlite'));
    db.prepare(`UPDATE request_records SET record = json_remove(record, '$.inputs') WHERE id = ?`).run(
      first.id,
    );
    db.prepare(
      `UPDATE request_records SET record = json_set(record, '$.decision.lambda', 9) WHERE id = ?`,
    ).run(second.id);
    db.close();
    const window = await cli('--since', '1h');
    assert.equal(window.code, 1);
    assert.match(window.out, /1 different\n1 were recorded without/);
    assert.match(window.out, /lambda: 9 → /);
    yumen = await startYumen(config(), folder);
    const old = await replay(first.decision.id, {});
    assert.deepEqual([old.status, old.body.error.code], [400, 'invalid_request']);
    assert.match(old.body.error.message, /without what it was made of/);
    const changed = (await replay(second.decision.id, {})).body;
    assert.deepEqual([changed.same, changed.differences[0].field], [false, 'lambda']);
  });

  test('an artefact of another version is kept and used again; without it, what the loaded one decides is told apart', async () => {
    const { decision } = (await decided())[3];
    const artefacts = join(folder, 'data', 'artefacts');
    const [file] = (await readdir(artefacts)) as [string];
    assert.equal(file, `${decision.artefact}.json`);
    // The decision is made to name another artefact, which is the shipped one by another name.
    const other = 'made-elsewhere';
    await yumen.stop();
    const db = new DatabaseSync(join(folder, 'data', 'yumen.sqlite'));
    db.prepare(
      `UPDATE request_records SET record = json_set(record, '$.decision.artefact', ?) WHERE record LIKE '%' || ? || '%'`,
    ).run(other, decision.id);
    db.close();
    const renamed = JSON.stringify({
      ...JSON.parse(await readFile(join(artefacts, file), 'utf8')),
      id: other,
    });
    await writeFile(join(artefacts, `${other}.json`), renamed);
    yumen = await startYumen(config(), folder);
    const kept = (await replay(decision.id, {})).body;
    assert.deepEqual([kept.same, kept.note, kept.artefact.replayed_with], [true, null, other]);
    const loaded = (await replay(decision.id, { artefact: 'loaded' })).body;
    assert.deepEqual(loaded.artefact, {
      made_with: other,
      replayed_with: decision.artefact,
      wording_read: true,
    });
    assert.deepEqual(
      loaded.differences.map(({ field }: Json) => field),
      ['artefact'],
    );
    assert.match(loaded.note, new RegExp(`^Made with artefact ${other}; loaded is ${decision.artefact}`));
    await rm(join(artefacts, `${other}.json`));
    await yumen.stop();
    yumen = await startYumen(config(), folder);
    const lost = (await replay(decision.id, {})).body;
    assert.equal(lost.same, false);
    assert.equal(lost.artefact.wording_read, false);
    assert.match(lost.note, /not kept here or not readable by this version; .*wording of the ask left out/);
  });
});
