import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import * as evalCommand from '../../src/cli/commands/eval.ts';
import * as trainCommand from '../../src/cli/commands/train.ts';
import { CommandError } from '../../src/cli/io.ts';

const folder = mkdtempSync(join(tmpdir(), 'yumen-command-'));

async function run(...args: string[]): Promise<{ out: string; err: string }> {
  const heard = { out: '', err: '' };
  const io = {
    out: (text: string) => {
      heard.out += text;
    },
    err: (text: string) => {
      heard.err += text;
    },
    exitCode: () => {},
    env: {},
    cwd: folder,
  };
  const program = new Command().exitOverride().configureOutput({ writeErr: io.err, writeOut: io.out });
  evalCommand.register(program, io);
  trainCommand.register(program, io);
  for (const command of program.commands) command.exitOverride();
  await program.parseAsync(args, { from: 'user' });
  return heard;
}

const lines = Array.from({ length: 120 }, (_, i) => ({
  id: `r${i}`,
  source: i % 2 === 0 ? 'gsm' : 'crux',
  lang: 'en',
  prompt: i % 2 === 0 ? `Solve the equation ${i} + x = 200.` : `Who wrote the book number ${i}?`,
  outcomes: {
    'gpt-4o': { score: i % 7 === 0 ? 0 : 1, in_tokens: 50, out_tokens: 100 },
    'qwen2-7b': { score: i % 2 === 0 ? 0 : 1, in_tokens: 50, out_tokens: 100 },
  },
}));
const text = lines.map((line) => JSON.stringify(line)).join('\n');
writeFileSync(join(folder, 'core24.jsonl'), text);
writeFileSync(join(folder, 'prices.json'), JSON.stringify({ 'gpt-4o': [2.5, 10], 'qwen2-7b': [0.1, 0.1] }));
writeFileSync(
  join(folder, 'tasks.json'),
  JSON.stringify({ pools: [{ id: 'p', file: 'core24', use: 'train' }] }),
);
const pair = ['--reference', 'gpt-4o', '--candidates', 'qwen2-7b', '--bootstrap', '50'];

test('eval --json prints one document: rows with their intervals, n and excluded', async () => {
  const { out } = await run('eval', 'core24.jsonl', ...pair, '--prices', 'prices.json', '--json');
  const result = JSON.parse(out) as {
    rows: { name: string; ci: object; save: object }[];
    n: number;
    excluded: number;
  };
  assert.deepEqual([result.n, result.excluded], [120, 0]);
  assert.deepEqual(
    result.rows.map((row) => row.name),
    ['always-cheap', 'always-reference', 'random', 'ours', 'oracle'],
  );
  for (const row of result.rows) {
    for (const field of [
      'split',
      'n',
      'quality',
      'cost_usd',
      'save',
      'apgr',
      'cpt50',
      'cpt80',
      'aiq',
      'ci',
    ]) {
      assert.ok(field in row, field);
    }
    assert.deepEqual(Object.keys(row.save), ['95', '98', '100']);
  }
});

test('eval without costs says how to give them', async () => {
  await assert.rejects(run('eval', 'core24.jsonl', ...pair), (error) => {
    assert.ok(error instanceof CommandError && error.code === 1);
    assert.match(error.message, /--prices FILE/);
    return true;
  });
});

test('train writes an artefact that eval --artefact tests, and eval warns that it was trained on the file', async () => {
  const trained = await run('train', '--data', '.', '--out', 'a.json', '--date', '2026-01-01');
  assert.match(trained.out, /maths\|en/);
  assert.match(readFileSync(join(folder, 'a.json'), 'utf8'), /"format": 1/);
  const { out, err } = await run(
    'eval',
    'core24.jsonl',
    ...pair,
    '--prices',
    'prices.json',
    '--artefact',
    'a.json',
  );
  assert.match(out, /ours +artefact/);
  assert.match(err, /trained on core24\.jsonl itself/);
});

test('wrong use is told apart from failure', async () => {
  await assert.rejects(
    run('eval', 'core24.jsonl', ...pair, '--train', 'x', '--artefact', 'y'),
    (error) => error instanceof CommandError && error.code === 2,
  );
  await assert.rejects(run('eval', 'core24.jsonl', ...pair, '--folds', '1'), /whole number of at least 2/);
  await assert.rejects(
    run('train', '--data', 'nowhere', '--out', 'b.json'),
    /--tasks must name the tasks file/,
  );
});
