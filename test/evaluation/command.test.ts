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
    [
      'always-cheap',
      'always-reference',
      'random',
      'ours',
      'prompt length',
      'keyword tiers (v1)',
      'shrunk tiers (v2)',
      'matrix factorisation',
      'nearest neighbours',
      'clusters',
      'n-gram regression',
      'group oracle',
      'oracle',
    ],
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

test('what eval --json prints keeps to the published schema', async () => {
  const schema = JSON.parse(
    readFileSync(new URL('../../docs/eval.schema.json', import.meta.url), 'utf8'),
  ) as object;
  const { default: Ajv } = await import('ajv/dist/2020.js');
  const validate = new Ajv.default({ strict: false }).compile(schema);
  const runs = [
    [...pair],
    [...pair, '--leave-out', 'source', '--new-model', '20', '--plot', 'plot.svg', '--routers', 'ours,length'],
  ];
  for (const flags of runs) {
    const { out } = await run('eval', 'core24.jsonl', ...flags, '--prices', 'prices.json', '--json');
    assert.ok(validate(JSON.parse(out)), JSON.stringify(validate.errors));
  }
  assert.match(readFileSync(join(folder, 'plot.svg'), 'utf8'), /^<svg .*mean quality.*<\/svg>\n$/s);
});

test('the table says who is ahead, what was kept, and how each slice fared', async () => {
  const { out } = await run(
    'eval',
    'core24.jsonl',
    ...pair,
    '--prices',
    'prices.json',
    '--routers',
    'ours,length',
    '--new-model',
    '20',
  );
  assert.match(out, /ours less prompt length \(in-domain\), apgr: [+-]\d/);
  assert.match(out, /honest threshold for 98 %: kept .*; a random mix of equal quality saves/);
  assert.match(out, /ours \(in-domain\) source gsm: 60 rows/);
  assert.match(out, /qwen2-7b known by 20 prompts costs apgr/);
});

test('any file of a user’s own works: messages, no ids, sources, subjects or languages', async () => {
  const own = lines.map(({ prompt, outcomes }) => ({
    messages: [{ role: 'user', content: prompt }],
    outcomes,
  }));
  writeFileSync(join(folder, 'own.jsonl'), own.map((line) => JSON.stringify(line)).join('\n'));
  const flags = [...pair, '--prices', 'prices.json', '--routers', 'ours'];
  const { out } = await run('eval', 'own.jsonl', ...flags);
  assert.match(out, /source all: 120 rows/);
  await assert.rejects(
    run('eval', 'own.jsonl', ...flags, '--leave-out', 'source'),
    /only one source.*--train/,
  );
  const left = await run(
    'eval',
    'own.jsonl',
    ...flags,
    '--leave-out',
    'source',
    '--train',
    'core24.jsonl',
  ).catch((error: Error) => error);
  assert.ok(
    left instanceof CommandError && /only one source/.test(left.message),
    'the same prompts teach nothing',
  );
});

test('a plot that cannot be written, or an unknown router, says what would make it right', async () => {
  const flags = [...pair, '--prices', 'prices.json'];
  await assert.rejects(
    run('eval', 'core24.jsonl', ...flags, '--routers', 'ours', '--plot', 'nowhere/plot.svg'),
    /--plot must name a file in a folder that exists/,
  );
  await assert.rejects(run('eval', 'core24.jsonl', ...flags, '--routers', 'magic'), /there are ours, length/);
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
  assert.match(readFileSync(join(folder, 'a.json'), 'utf8'), /"format": 3/);
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
