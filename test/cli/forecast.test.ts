import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { runCli } from '../../src/cli/program.ts';
import { forecastJsonSchema } from '../../src/proof/index.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import type { Json } from '../support/start-yumen.ts';

// Who is asked decides the reply: a judge, or a model.
const upstream = await startFakeUpstream({
  dialect: 'openai-chat',
  script: (request) => {
    const body = request.body as { model: string; messages: { content: string }[] };
    const text = JSON.stringify(body.messages);
    if (!text.includes('<first-')) return { text: `${body.model} says so` };
    // The judge finds the reference better on every third ask, whichever comes first.
    const number = Number(/number (\d+)/.exec(text)?.[1] ?? 0);
    if (number % 3 !== 0) return { text: 'TIE' };
    return { text: text.indexOf('gpt-4o says') < text.indexOf('gpt-4o-mini says') ? 'FIRST' : 'SECOND' };
  },
});
const folder = mkdtempSync(join(tmpdir(), 'yumen-forecast-'));
after(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

writeFileSync(
  join(folder, 'yumen.yaml'),
  `
providers:
  - { id: openai, vendor: openai, api_key: k, base_url: "${upstream.baseUrl}" }
  - { id: deepseek, vendor: deepseek, api_key: k, base_url: "${upstream.baseUrl}" }
routes:
  auto:
    reference: gpt-4o
    candidates: [gpt-4o, gpt-4o-mini]
    mode: observe
    target: { quality: 0.9 }
`,
);

const asks = [
  'Translate number',
  '请解释第 number',
  '次の数を説明して number',
  '이 숫자를 설명해 number',
  'Prove a theorem about number',
];
const dayMs = 86_400_000;

function log(name: string, n: number, answered = true): string {
  const records = Array.from({ length: n }, (_, i) => ({
    id: `r${i}`,
    timestamp: new Date(1_760_000_000_000 + (i * 10 * dayMs) / n).toISOString(),
    request: { model: 'gpt-4o', messages: [{ role: 'user', content: `${asks[i % asks.length]} ${i}` }] },
    ...(answered && {
      response: {
        id: 'c',
        model: 'gpt-4o',
        choices: [
          { index: 0, message: { role: 'assistant', content: `gpt-4o says ${i}` }, finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 20, completion_tokens: 200 + (i % 7) * 40, total_tokens: 220 },
      },
    }),
  }));
  writeFileSync(join(folder, name), `${records.map((each) => JSON.stringify(each)).join('\n')}\n`);
  return name;
}

async function forecast(...args: string[]): Promise<{ out: string; err: string; code: number }> {
  let [out, err, code] = ['', '', 0];
  await runCli(['forecast', ...args], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    exitCode: (given) => {
      code = given;
    },
    env: { YUMEN_PROBE_ENGINES: 'false' },
    cwd: folder,
  });
  return { out, err, code };
}

async function json(...args: string[]): Promise<Json> {
  const { out, err, code } = await forecast(...args, '--json');
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

test('without --run nothing is called, the report says that it rests on priors, and its JSON is as the schema says', async () => {
  const file = log('plain.jsonl', 60);
  const before = upstream.requests.length;
  const report = await json(file, '--route', 'auto');
  assert.equal(upstream.requests.length, before);
  const validate = new Ajv2020({ strict: false }).compile(forecastJsonSchema() as object);
  const isValid: boolean = validate({ ...report });
  assert.ok(isValid, JSON.stringify(validate.errors));
  assert.equal(report.basis, 'priors');
  assert.equal(report.log.requests, 60);
  assert.equal(report.route.reference, 'openai/gpt-4o');
  // Ten days of 60 requests are 180 in a month, but for the last tenth of a day.
  assert.ok(Math.abs(report.next_requests - 183) <= 1, String(report.next_requests));
  assert.equal(report.today.unpriced, 0);
  assert.ok(Math.abs(report.today.cost_usd - report.route.reference_cost_usd) < 1e-9);
  const last = report.curve.at(-1);
  assert.equal(last.cheap_share, 1);
  assert.ok(
    last.saving.mean > 0.5 && last.saving.low < last.saving.mean && last.saving.high > last.saving.mean,
  );
  for (const one of report.curve) assert.ok(one.quality.low < one.quality.high);
  assert.ok(report.missing.some((each: string) => each.includes('rests on priors')));
  for (const language of ['zh', 'ja', 'ko'])
    assert.ok(
      report.missing.some((each: string) => each.includes(`«${language}»`)),
      language,
    );
  assert.ok(!JSON.stringify(report).includes('theorem'), 'no text of a request is in the report');
  const { out } = await forecast(file);
  assert.match(out, /Nothing was called: this rests on priors/);
  assert.match(out, /random mix saves/);
});

test('models are named without a route, a log without answers is told, and the plot is written', async () => {
  const file = log('unanswered.jsonl', 30, false);
  const report = await json(
    file,
    '--reference',
    'gpt-4o',
    '--candidates',
    'gpt-4o-mini,deepseek-chat',
    '--svg',
    'plot.svg',
  );
  assert.ok(report.missing.some((each: string) => each.includes('no answers with token counts')));
  assert.equal(report.today.priced, 0);
  assert.equal(report.route.candidates.length, 2);
  assert.match(readFileSync(join(folder, 'plot.svg'), 'utf8'), /^<svg/);
});

test('what is wrong with the command or the log is said, and nothing is called', async () => {
  const file = log('some.jsonl', 30);
  const before = upstream.requests.length;
  const cases: [string[], number, RegExp][] = [
    [['nowhere.jsonl'], 1, /no such file/],
    [[file, '--route', 'other'], 2, /no route «other»: name one of auto/],
    [[file, '--reference', 'gpt-4o'], 2, /--reference and --candidates together/],
    [
      [file, '--reference', 'gpt-4o', '--candidates', 'gpt-4o-minni'],
      2,
      /There is no model «gpt-4o-minni» here: did you mean/,
    ],
    [[file, '--run'], 2, /say how much it may spend with --budget/],
    [[file, '--run', '--budget', '1'], 2, /name models of other families/],
    [[file, '--budget', '1'], 2, /belong to --run/],
    [[file, '--run', '--budget', '1', '--judge', 'deepseek-chat'], 2, /say --yes/],
    [[file, '--run', '--budget', '0.0000001', '--judge', 'deepseek-chat', '--yes'], 1, /pays for fewer than/],
    [[file, '--limit', '3'], 2, /whole number from 20/],
  ];
  for (const [args, wanted, message] of cases) {
    const { code, err } = await forecast(...args);
    assert.equal(code, wanted, err);
    assert.match(err, message);
  }
  assert.equal(upstream.requests.length, before);
});

test('with --run a sample is called and judged in both orders, kept to go on from, and narrows the interval', async () => {
  const file = log('run.jsonl', 200);
  const priors = await json(file);
  const before = upstream.requests.length;
  const args = [
    file,
    '--run',
    '--budget',
    '5',
    '--pairs',
    '60',
    '--judge',
    'deepseek-chat',
    '--yes',
    '--resume',
    'pairs.jsonl',
  ];
  const judged = await json(...args);
  // The reference's answers are in the log: each of 60 takes one call of the candidate and two of the judge.
  assert.equal(upstream.requests.length - before, 180);
  assert.equal(judged.basis, 'judged');
  assert.equal(judged.judged.usable, 60);
  assert.ok(judged.judged.spent_usd > 0 && judged.judged.spent_usd < 5);
  assert.match(judged.judged.judges[0], /^deepseek\//);
  const widthOf = ({ curve }: Json): number => curve.at(-1).quality.high - curve.at(-1).quality.low;
  assert.ok(widthOf(judged) < widthOf(priors));
  // One in three loses: quality 2/3 at everything cheap.
  const { quality } = judged.curve.at(-1);
  assert.ok(quality.low < 2 / 3 && quality.high > 2 / 3, JSON.stringify(quality));
  const kept = readFileSync(join(folder, 'pairs.jsonl'), 'utf8');
  assert.equal(kept.trim().split('\n').length, 60);
  assert.ok(!kept.includes('says'), 'no text is kept');

  // Half of the file, its last line cut short: the rest is called again, and the result is the same.
  writeFileSync(join(folder, 'pairs.jsonl'), kept.slice(0, kept.length / 2));
  const from = upstream.requests.length;
  const resumed = await json(...args);
  const again = upstream.requests.length - from;
  assert.ok(again >= 87 && again <= 99, String(again));
  assert.deepEqual(
    resumed.curve.map((one: Json) => one.quality.mean.toFixed(9)),
    judged.curve.map((one: Json) => one.quality.mean.toFixed(9)),
  );
});

test('a run stops where the budget ends and says so; one in which nothing can be judged is an error', async () => {
  const file = log('budget.jsonl', 200);
  const whole = await json(
    file,
    '--run',
    '--budget',
    '5',
    '--pairs',
    '100',
    '--judge',
    'deepseek-chat',
    '--yes',
  );
  const cost = whole.judged.spent_usd / 100;
  // The estimate of a pair is above what it costs here, so fewer than the budget would pay for are drawn.
  const { err } = await forecast(
    file,
    '--run',
    '--budget',
    '5',
    '--pairs',
    '100',
    '--judge',
    'deepseek-chat',
    '--yes',
  );
  const expected = Number(/about \$([\d.]+)/.exec(err)![1]) / 100;
  assert.ok(expected > 0 && cost > 0);
  const less = await json(
    file,
    '--run',
    '--budget',
    String(30 * expected),
    '--pairs',
    '100',
    '--judge',
    'deepseek-chat',
    '--yes',
  );
  assert.ok(less.judged.drawn >= 28 && less.judged.drawn <= 31, String(less.judged.drawn));
  assert.ok(less.judged.spent_usd <= 30 * expected);

  upstream.setScript(() => ({ status: 401, error: { message: 'no such key' } }));
  const { code, err: said } = await forecast(
    file,
    '--run',
    '--budget',
    '5',
    '--pairs',
    '40',
    '--judge',
    'deepseek-chat',
    '--yes',
  );
  assert.equal(code, 1);
  assert.match(said, /Only 0 requests could be judged/);
  assert.ok(!existsSync(join(folder, 'undefined')));
});

test('the published schema is the one that is printed', () => {
  const published = readFileSync(new URL('../../docs/forecast.schema.json', import.meta.url), 'utf8');
  assert.deepEqual(JSON.parse(published), forecastJsonSchema());
});

test('texts that a gateway has captured are a log too: its data folder is read, by route', async () => {
  const { openSqliteStore } = await import('../../src/storage/index.ts');
  const dataFolder = join(folder, 'captured');
  const store = await openSqliteStore({ dataFolder });
  for (let i = 0; i < 60; i++) {
    const id = `req_${String(i).padStart(8, '0')}`;
    const messages = [{ role: 'user', content: `${asks[i % asks.length]} ${i}` }];
    const answer = {
      id: 'c',
      model: 'gpt-4o',
      parts: [{ type: 'text', text: 'As said.' }],
      finish: { unified: 'stop' },
      usage: { inputTokens: 20, outputTokens: 200 },
    };
    await store.proof.putCapture({
      requestId: id,
      route: i < 50 ? 'auto' : 'other',
      pairId: undefined,
      dialect: 'openai-chat',
      atMs: 1_760_000_000_000 + i * dayMs,
      expiresAtMs: 9_999_999_999_999,
      request: JSON.stringify({ model: 'auto', messages }),
      answers: { 'openai/gpt-4o': JSON.stringify(answer) },
    });
  }
  await store.close();
  const { code, out, err } = await forecast(dataFolder, '--json');
  assert.equal(code, 0, err);
  assert.equal(JSON.parse(out).log.requests, 50);
  assert.equal((await forecast(dataFolder, log('more.jsonl', 30))).code, 2);
});
