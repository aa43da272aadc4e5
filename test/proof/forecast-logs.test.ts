import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { captureRecords } from '../../src/proof/forecast/logs/captures.ts';
import { logFormats } from '../../src/proof/forecast/logs/list.ts';
import { type ReadLog, readLogs, readRecords } from '../../src/proof/forecast/logs/read-log.ts';
import {
  csvSplitter,
  lineSplitter,
  objectSplitter,
  type Splitter,
} from '../../src/proof/forecast/logs/records.ts';
import { Reservoir } from '../../src/proof/forecast/logs/reservoir.ts';
import type { Capture } from '../../src/proof/pairs/pair.ts';
import type { ProofStore } from '../../src/proof/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'yumen-logs-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const chat = (content: string) => ({ model: 'gpt-4o', messages: [{ role: 'user', content }] });
const completion = (content: string) => ({
  id: 'c1',
  object: 'chat.completion',
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 12, completion_tokens: 34, total_tokens: 46 },
});

let files = 0;
async function read(
  content: string | Buffer,
  options: { limit?: number; format?: string } = {},
): Promise<ReadLog> {
  files += 1;
  const file = join(folder, `log-${files}`);
  writeFileSync(file, content);
  return readLogs([file], {
    limit: options.limit ?? 100,
    format: logFormats.find(({ id }) => id === options.format),
    random: () => 0.5,
  });
}

const lines = (...values: unknown[]): string =>
  `${values.map((value) => JSON.stringify(value)).join('\n')}\n`;
const askOf = (log: ReadLog, at = 0): unknown =>
  (log.entries[at]!.body['messages'] as { content: unknown }[]).at(-1)?.content;
const csvCell = (value: string): string => `"${value.replaceAll('"', '""')}"`;

test('request lines are read with their answers, in any of their spellings', async () => {
  const log = await read(
    lines(
      {
        request: chat('你好，请翻译这段话'),
        response: completion('Hello'),
        timestamp: '2026-01-02T03:04:05Z',
      },
      { body: chat('こんにちは'), response: completion('hi'), created_at: 1_760_000_000 },
      { ...chat('안녕하세요') },
    ),
  );
  assert.equal(log.requests, 3);
  assert.deepEqual(
    [0, 1, 2].map((at) => askOf(log, at)),
    ['你好，请翻译这段话', 'こんにちは', '안녕하세요'],
  );
  const [first, second, third] = log.entries;
  assert.equal(first!.outputTokens, 34);
  assert.equal(first!.inputTokens, 12);
  assert.equal(first!.atMs, Date.parse('2026-01-02T03:04:05Z'));
  assert.equal(second!.atMs, 1_760_000_000_000);
  assert.equal(third!.answer, undefined);
  assert.equal(third!.model, 'gpt-4o');
});

test('batch output is joined to batch input by its custom id', async () => {
  const log = await read(
    lines(
      { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: chat('one') },
      { custom_id: 'b', method: 'POST', url: '/v1/chat/completions', body: chat('two') },
      { id: 'batch_1', custom_id: 'b', response: { status_code: 200, body: completion('2') }, error: null },
      { id: 'batch_2', custom_id: 'a', response: { status_code: 400, body: { error: {} } }, error: null },
    ),
  );
  assert.equal(log.requests, 2);
  assert.equal(log.entries.find(({ id }) => id === 'b')!.outputTokens, 34);
  assert.equal(log.entries.find(({ id }) => id === 'a')!.answer, undefined);
  assert.equal(log.others.get('the call failed'), 1);
});

test('the last message of a fine-tuning example is its answer, not part of the request', async () => {
  const messages = [
    { role: 'user', content: 'What is 1 + 1?' },
    { role: 'assistant', content: '2' },
  ];
  const log = await read(lines({ messages }));
  assert.deepEqual(log.entries[0]!.body['messages'], messages.slice(0, 1));
  assert.deepEqual(log.entries[0]!.answer?.parts, [{ type: 'text', text: '2' }]);
});

test('LiteLLM rows give the body that the proxy stored, and what was spent', async () => {
  const row = {
    request_id: 'chatcmpl-1',
    call_type: 'acompletion',
    spend: 0.0125,
    prompt_tokens: 100,
    completion_tokens: 20,
    startTime: '2026-02-03 04:05:06.789',
    model: 'openai/gpt-4o',
    end_user: 'u1',
    messages: {},
    response: completion('ok'),
    proxy_server_request: chat('hello'),
  };
  const log = await read(JSON.stringify([row, { ...row, call_type: 'aembedding' }], undefined, 2));
  const [entry] = log.entries;
  assert.equal(log.requests, 1);
  assert.equal(askOf(log), 'hello');
  assert.equal(entry!.costUsd, 0.0125);
  assert.equal(entry!.outputTokens, 20);
  assert.equal(entry!.atMs, Date.parse('2026-02-03T04:05:06.789Z'));
  assert.equal(entry!.model, 'openai/gpt-4o');
  assert.equal(log.others.get('a call of kind aembedding'), 1);
});

test('LiteLLM rows as CSV hold JSON in their cells; rows without a prompt are told', async () => {
  const header =
    'request_id,call_type,spend,prompt_tokens,completion_tokens,startTime,model,messages,response';
  const messages = JSON.stringify([{ role: 'user', content: 'a "quoted", and\nbroken 行' }]);
  const csv = `${header}\r\nr1,completion,0.5,7,9,2026-01-01 00:00:00,gpt-4o,${csvCell(messages)},${csvCell('{}')}\r\nr2,completion,0.5,7,9,2026-01-01 00:00:00,gpt-4o,{},{}\r\n`;
  const log = await read(csv);
  assert.equal(askOf(log), 'a "quoted", and\nbroken 行');
  assert.equal(log.entries[0]!.costUsd, 0.5);
  assert.equal(log.bad.count, 1);
  assert.equal(log.bad.first[0]!.line, 3);
  assert.match(log.bad.first[0]!.why, /store_prompts_in_spend_logs/);
});

test('Langfuse generations are read in the spelling of the API and of the storage export; spans are not requests', async () => {
  const log = await read(
    lines(
      {
        id: 'o1',
        traceId: 't1',
        type: 'GENERATION',
        startTime: '2026-03-01T00:00:00.000Z',
        model: 'gpt-4o',
        modelParameters: { max_tokens: '50' },
        input: [{ role: 'user', content: 'summarise' }],
        output: { role: 'assistant', content: 'short' },
        usageDetails: { input: 10, input_cached_tokens: 5, output: 7, output_reasoning_tokens: 3, total: 25 },
        calculatedTotalCost: 0.01,
      },
      {
        id: 'o2',
        trace_id: 't2',
        type: 'GENERATION',
        start_time: '2026-03-01 00:00:00.000000',
        provided_model_name: 'gpt-4o',
        input: JSON.stringify({ messages: [{ role: 'user', content: '总结' }] }),
        output: JSON.stringify('简短'),
        usage_details: { input: 4, output: 2 },
        total_cost: '0.002',
      },
      { id: 'o3', traceId: 't1', type: 'SPAN', input: 'x' },
    ),
  );
  assert.deepEqual(
    log.entries.map(({ inputTokens, outputTokens, costUsd, model, session }) => [
      inputTokens,
      outputTokens,
      costUsd,
      model,
      session,
    ]),
    [
      [15, 10, 0.01, 'gpt-4o', 't1'],
      [4, 2, 0.002, 'gpt-4o', 't2'],
    ],
  );
  assert.equal(log.entries[0]!.body['max_tokens'], 50);
  assert.equal(askOf(log, 1), '总结');
  assert.equal(log.others.get('an observation of type SPAN'), 1);
});

test('Helicone records are read as JSON lines, as its array without commas, and as its doubly escaped CSV', async () => {
  const record = {
    request_id: 'h1',
    response_id: 'h2',
    response_status: 200,
    request_created_at: '2026-04-01T00:00:00Z',
    request_body: chat('write a "poem"'),
    response_body: completion('a poem'),
    prompt_tokens: 5,
    completion_tokens: 6,
    costUSD: 0.03,
  };
  const asLines = await read(lines(record, { ...record, response_status: 500 }));
  assert.equal(askOf(asLines), 'write a "poem"');
  assert.equal(asLines.entries[0]!.costUsd, 0.03);
  assert.equal(asLines.others.get('the call failed'), 1);

  const asArray = await read(
    `[\n${JSON.stringify(record, undefined, 2)}\n${JSON.stringify(record, undefined, 2)}\n]`,
  );
  assert.equal(asArray.requests, 2);

  const body = JSON.stringify(chat('plain ask')).replaceAll('"', '""').replaceAll('"', '""');
  const csv = `response_id,response_status,request_created_at,request_body,model,prompt_tokens,completion_tokens,cost_usd\nh2,200,2026-04-01,"${body}",gpt-4o,5,6,0.04\n`;
  const asCsv = await read(csv);
  assert.equal(askOf(asCsv), 'plain ask');
  assert.equal(asCsv.entries[0]!.costUsd, 0.04);
});

test('captures of our own gateway are read with the answer that was given', async () => {
  const answer = {
    id: 'a',
    model: 'm',
    parts: [{ type: 'text', text: '4' }],
    finish: { unified: 'stop' },
    usage: undefined,
  };
  const log = await read(
    lines({
      requestId: 'req_1',
      route: 'auto',
      dialect: 'openai-chat',
      atMs: 1_760_000_000_000,
      expiresAtMs: 1,
      request: JSON.stringify(chat('2 + 2?')),
      answers: { 'openai/gpt-4o': JSON.stringify(answer) },
    }),
  );
  assert.equal(log.entries[0]!.id, 'req_1');
  assert.equal(log.entries[0]!.model, 'openai/gpt-4o');
  assert.deepEqual(log.entries[0]!.answer?.parts, answer.parts);
  assert.equal(askOf(log), '2 + 2?');
});

test('Anthropic and Responses bodies keep their dialects', async () => {
  const log = await read(
    lines(
      {
        request: {
          model: 'claude-sonnet-4-5',
          system: 'Be brief.',
          max_tokens: 9,
          messages: [{ role: 'user', content: 'hi' }],
        },
      },
      { request: { model: 'gpt-4o', input: 'hi' } },
    ),
  );
  assert.deepEqual(
    log.entries.map(({ dialect }) => dialect),
    ['anthropic-messages', 'openai-responses'],
  );
});

test('gzip is known by its first bytes, whatever the file is called', async () => {
  const log = await read(gzipSync(lines(chat('压缩'))));
  assert.equal(askOf(log), '压缩');
});

test('bad lines are counted and told by line; a log without any request is refused with the reason', async () => {
  const log = await read(`not json\n${lines(chat('fine'))}{"a":1}\n[1]\n`);
  assert.equal(log.requests, 1);
  assert.equal(log.bad.count, 3);
  assert.deepEqual(
    log.bad.first.map(({ line }) => line),
    [1, 3, 4],
  );
  await assert.rejects(
    read('{"foo": 1}\n', { format: 'openai' }),
    /No request could be read\. .*line 1: it has no `request` or `body`/,
  );
  await assert.rejects(read(''), /The files are empty/);
  await assert.rejects(
    readLogs([join(folder, 'nowhere')], { limit: 1, random: Math.random }),
    /nowhere: there is no such file/,
  );
});

test('a damaged gzip file is refused and says so', async () => {
  const whole = gzipSync(lines(...Array.from({ length: 50 }, (_, i) => chat(`ask ${i} ${Math.sin(i)}`))));
  await assert.rejects(read(whole.subarray(0, whole.length / 2)), /damaged or cut short/);
});

test('a record longer than the bound is dropped without being kept, and the next one is read', () => {
  for (const [make, long, good] of [
    [lineSplitter, `{"a":"${'x'.repeat(100)}"}`, '{"b":1}'],
    [objectSplitter, `{"a":"${'x'.repeat(100)}"}`, '{"b":1}'],
  ] as const) {
    const records = split(make(50), [long.slice(0, 40), `${long.slice(40)}\n`, `${good}\n`]);
    assert.deepEqual(
      records.map(({ text }) => text),
      [undefined, good],
    );
  }
  const csv = split(csvSplitter(50), [`a,b\n"${'x'.repeat(100)}",1\n`, '"ok",2\n']);
  assert.deepEqual(
    csv.map(({ text }) => text),
    [undefined, '{"a":"ok","b":"2"}'],
  );
});

test('records come out the same however the text is cut into chunks', () => {
  const value = fc.record(
    { a: fc.string(), b: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }) },
    { noNullPrototype: true },
  );
  const cuts = fc.array(fc.nat(200), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), cuts, fc.boolean(), (values, at, pretty) => {
      const whole = JSON.stringify(values, undefined, pretty ? 2 : 0);
      const found = split(objectSplitter(), chunksOf(whole, at)).map(({ text }) => JSON.parse(text!));
      assert.deepEqual(found, values);
      const asLines = values.map((each) => JSON.stringify(each)).join('\n');
      assert.deepEqual(
        split(lineSplitter(), chunksOf(asLines, at)).map(({ text }) => JSON.parse(text!)),
        values,
      );
      const rows = values.map(({ a }) => `${csvCell(`${a}.`)},z`);
      const csv = split(csvSplitter(), chunksOf(`x,y\n${rows.join('\n')}`, at)).map(
        ({ text }) => JSON.parse(text!).x,
      );
      assert.deepEqual(
        csv,
        values.map(({ a }) => `${a}.`),
      );
    }),
    { numRuns: 200 },
  );
});

test('the sample is uniform, no larger than asked for, and smaller where texts are large', () => {
  let state = 7;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const hits = new Array<number>(20).fill(0);
  for (let run = 0; run < 4000; run++) {
    const kept = new Reservoir<number>(5, random);
    for (let i = 0; i < 20; i++) kept.add(i, 1);
    assert.equal(kept.items().length, 5);
    for (const item of kept.items()) hits[item]! += 1;
  }
  // Each is kept with 1/4: 1,000 of 4,000, with a standard deviation of 27.
  for (const count of hits) assert.ok(Math.abs(count - 1000) < 140, String(hits));
  const small = new Reservoir<number>(100, random, 50);
  for (let i = 0; i < 100; i++) small.add(i, 10);
  assert.equal(small.items().length, 5);
  assert.equal(small.seen, 100);
});

function split(splitter: Splitter, chunks: readonly string[]) {
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

function chunksOf(text: string, at: readonly number[]): string[] {
  const points = [...new Set(at.map((each) => Math.min(each, text.length)))].sort((a, b) => a - b);
  return [0, ...points].map((from, i) => text.slice(from, points[i] ?? text.length));
}

test('captures of a data folder are read page by page', async () => {
  const captures = Array.from(
    { length: 450 },
    (_, i): Capture => ({
      requestId: `req_${i}`,
      route: 'auto',
      pairId: undefined,
      dialect: 'openai-chat',
      atMs: 1_760_000_000_000 + i,
      expiresAtMs: 0,
      request: JSON.stringify(chat(`ask ${i}`)),
      answers: {},
    }),
  );
  const store: Pick<ProofStore, 'captures'> = {
    captures: async ({ cursor, limit, fromMs, toMs }) => {
      const within = captures.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
      const from = Number(cursor ?? 0);
      const next = from + limit;
      return {
        captures: within.slice(from, next),
        nextCursor: next < within.length ? String(next) : undefined,
      };
    },
  };
  const records = captureRecords(store, { fromMs: 1_760_000_000_010, toMs: 1_760_000_001_000 });
  const log = await readRecords(records, 'captures', { limit: 1000, random: Math.random });
  assert.equal(log.requests, 440);
  assert.equal(log.entries[0]!.id, 'req_10');
});
