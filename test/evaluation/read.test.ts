import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { OutcomesFileError, readOutcomes } from '../../src/evaluation/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'yumen-outcomes-'));

function fileOf(name: string, lines: unknown[]): string {
  const file = join(folder, name);
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}

const row = { id: 'a', source: 's', lang: 'en', prompt: 'hi', outcomes: { m: { score: 1, cost_usd: 0 } } };

test('plain and gzip files read alike; a cost of zero is a cost', async () => {
  for (const name of ['plain.jsonl', 'packed.jsonl.gz']) {
    const { rows } = await readOutcomes(fileOf(name, [row, '', row]));
    assert.equal(rows.length, 2);
    assert.deepEqual(rows[0]!.outcomes.get('m'), {
      score: 1,
      costUsd: 0,
      inTokens: undefined,
      outTokens: undefined,
      answer: undefined,
    });
  }
});

test('messages stand for a prompt: the newest user text', async () => {
  const messages = [
    { role: 'user', content: 'first' },
    { role: 'assistant', content: 'answer' },
    { role: 'user', content: [{ type: 'text', text: 'second' }] },
  ];
  const { rows } = await readOutcomes(fileOf('messages.jsonl', [{ ...row, prompt: undefined, messages }]));
  assert.equal(rows[0]!.prompt, 'second');
});

test('a missing cost comes from the prices when tokens are known, and is never 0', async () => {
  const outcomes = {
    priced: { score: 0.5, in_tokens: 1000, out_tokens: 500 },
    tokenless: { score: 0.5 },
    unlisted: { score: 0.5, in_tokens: 1, out_tokens: 1 },
  };
  const prices = new Map([
    ['priced', { input: 2, output: 4 }],
    ['tokenless', { input: 2, output: 4 }],
  ]);
  const { rows } = await readOutcomes(fileOf('prices.jsonl', [{ ...row, outcomes }]), prices);
  assert.equal(rows[0]!.outcomes.get('priced')!.costUsd, 0.004);
  assert.equal(rows[0]!.outcomes.get('tokenless')!.costUsd, undefined);
  assert.equal(rows[0]!.outcomes.get('unlisted')!.costUsd, undefined);
});

test('contaminated rows are counted, not read', async () => {
  const file = await readOutcomes(fileOf('contaminated.jsonl', [row, { ...row, contaminated: true }]));
  assert.deepEqual([file.rows.length, file.contaminated], [1, 1]);
});

test('what cannot be used is refused with the line and what would make it right', async () => {
  const cases: [unknown[], RegExp][] = [
    [[row, 'not json'], /line 2: not JSON/],
    [[{ ...row, prompt: 5 }], /line 1: needs `prompt`/],
    [[{ ...row, outcomes: [] }], /line 1: needs `outcomes`/],
    [[{ ...row, outcomes: { m: { score: 2 } } }], /score of m must be a number from 0 to 1/],
    [[''], /no usable row/],
  ];
  for (const [i, [lines, message]] of cases.entries()) {
    await assert.rejects(readOutcomes(fileOf(`bad${i}.jsonl`, lines)), (error: Error) => {
      assert.ok(error instanceof OutcomesFileError);
      assert.match(error.message, message);
      return true;
    });
  }
  await assert.rejects(readOutcomes(join(folder, 'absent.jsonl.gz')), /there is no such file/);
  const cut = fileOf('cut.jsonl.gz', [row]);
  writeFileSync(cut, gzipSync(JSON.stringify(row)).subarray(0, 20));
  await assert.rejects(readOutcomes(cut), /damaged or cut short/);
});
