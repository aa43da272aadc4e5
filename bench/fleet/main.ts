/**
 * Recorded outcomes through the real gateway: a fleet of upstreams on loopback answers every recorded prompt as the recorded models did, the gateway
 * routes, and what came of it is held against what the offline engine says of the same rows, the same predictor and the same price of quality.
 * `npm run bench:fleet -- [--only TASK,…] [--data FOLDER] [--shipped] [--at-once N]`
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cascadeTasks } from '../../src/evaluation/cascades/tasks.ts';
import { assumptions, readFile, readTasks } from '../routing/tasks.ts';
import { asksOf, recordedTools } from './asks.ts';
import { type ComparedTask, compareTask } from './compare.ts';
import type { Outcome } from './offline.ts';
import { foldedParts, shippedPart } from './predictors.ts';

const { values: flags } = parseArgs({
  options: {
    data: {
      type: 'string',
      default: fileURLToPath(new URL('../../../shared/data/routing', import.meta.url)),
    },
    only: { type: 'string' },
    'at-once': { type: 'string', default: '1' },
    shipped: { type: 'boolean', default: false },
  },
});

const usual = [
  'core-deepseek-gpt4o',
  'law-gpt35-gpt4',
  'law-qwen7b-gpt4',
  'bfcl-haiku-sonnet',
  'vote-core-gpt4o',
  'vote-core-mini',
  'vote-tools',
];
const measured = { shares: [0.95, 0.98, 0.995], qualityTargets: [0.9], asksBefore: 200 };

/** What may lie between the gateway and the offline engine, in quality kept and in what is saved. */
const gapMax = 0.01;
const heads = ['target', 'table', 'offline', 'gateway', 'gap', 'same calls', 'table at equal quality'];
const widths = [14, 16, 16, 16, 24, 12, 24];

if (existsSync(flags.data)) await main();
else console.error('The recorded outcomes are not on this machine; there is nothing to replay.');

async function main(): Promise<void> {
  const { prices: listed, tasks } = readTasks(flags.data);
  const votes = cascadeTasks(JSON.parse(readFileSync(join(flags.data, 'tasks.json'), 'utf8'))).cascades;
  const named = [
    ...tasks.flatMap(({ id, kind, file, models }) =>
      kind === 'pair' && models !== 'all complete' ? [{ id, file, models, votes: false }] : [],
    ),
    ...votes.map(({ id, file, cheap, reference }) => ({
      id,
      file,
      models: [...cheap, reference],
      votes: true,
    })),
  ];
  for (const assumption of assumptions) console.log(`Assumed: ${assumption}`);
  for (const id of flags.only?.split(',') ?? usual) {
    const task = named.find((one) => one.id === id);
    if (task === undefined)
      throw new Error(`There is no task ${id}; there are ${named.map((one) => one.id).join(', ')}.`);
    const { rows } = await readFile(flags.data, task.file, listed.get(task.file));
    const usable = rows.filter(({ outcomes }) =>
      task.models.every((model) => outcomes.get(model)?.costUsd !== undefined),
    );
    const { asks, twins } = asksOf(
      usable,
      task.models.at(-1)!,
      recordedTools(join(flags.data, `${task.file}.jsonl.gz`)),
    );
    const file = { name: task.file, rows: asks.map((ask) => ask.row) };
    const parts = flags.shipped
      ? [shippedPart(file, task.models)]
      : foldedParts(file, task.models, task.votes);
    const startedMs = performance.now();
    const compared = await compareTask(
      { ...task, asks, parts },
      { ...measured, atOnce: Number(flags['at-once']) },
    );
    print(task, compared, twins, performance.now() - startedMs);
  }
}

function points(value: number): string {
  return (100 * value).toFixed(2).padStart(6);
}

function print(
  task: { id: string; models: string[] },
  { n, reference, at, readOtherwise }: ComparedTask,
  twins: number,
  ms: number,
): void {
  console.log(
    `\n${task.id}: ${task.models.slice(0, -1).join(' + ')} → ${task.models.at(-1)}, ${n} asks${twins > 0 ? `, ${twins} twins left out` : ''}, ${readOtherwise} read otherwise, ${(ms / 1000).toFixed(0)} s`,
  );
  console.log(`  ${heads.map((head, c) => head.padEnd(widths[c]!)).join('')}`);
  const kept = ({ quality }: Outcome) => quality / reference.quality;
  const saved = ({ usd }: Outcome) => 1 - usd / reference.usd;
  for (const { target, table, offline, gateway, tableAtEqual, alike } of at) {
    const gap = [kept(gateway) - kept(offline), saved(gateway) - saved(offline)];
    const holds = gap.every((one) => Math.abs(one) <= gapMax);
    const figures = (outcome: Outcome) => `${points(kept(outcome))} ${points(saved(outcome))}`;
    const cells = [
      'quality' in target ? `quality ${target.quality}` : `$${target.usd_per_quality.toFixed(4)}`,
      table === undefined ? '' : figures(table),
      figures(offline),
      figures(gateway),
      `${gap.map(points).join(' ')} ${holds ? 'holds' : 'MISSED'}`,
      points(alike),
      tableAtEqual === undefined ? '' : points(1 - tableAtEqual / reference.usd),
    ];
    console.log(`  ${cells.map((cell, c) => cell.padEnd(widths[c]!)).join('')}`);
  }
}
