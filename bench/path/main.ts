/**
 * Which client should carry requests to the upstreams: CPU of one relay process per 1,000 requests, with each candidate in turn.
 * `npm run bench:path -- --rounds 5 --only yumen,lean`
 */
import { type ChildProcess, fork } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { clients } from './clients.ts';
import type { LoadOrder, LoadReport } from './load.ts';

interface Scenario {
  title: string;
  path: LoadOrder['path'];
  requests: number;
  warmRequests: number;
  connections: number;
  latency: string;
}

const scenarios: Scenario[] = [
  {
    title: 'JSON, 1.2 KB in and out',
    path: '/json',
    requests: 4_000,
    warmRequests: 6_000,
    connections: 32,
    latency: 'p50 ms',
  },
  {
    title: 'SSE, 66 events in one write',
    path: '/burst',
    requests: 1_000,
    warmRequests: 2_000,
    connections: 16,
    latency: 'first byte p50 ms',
  },
  {
    title: 'SSE, 66 events 10 ms apart',
    path: '/paced',
    requests: 200,
    warmRequests: 200,
    connections: 100,
    latency: 'first byte p50 ms',
  },
];

/** The candidate that ratios are told against. */
const baseline = 'node:http';

interface Sample {
  cpuMs: number;
  p50Ms: number;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    scenario: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const names = values.only?.split(',') ?? Object.keys(clients);
const chosen = scenarios.filter(
  (scenario) => values.scenario === undefined || scenario.path === `/${values.scenario}`,
);

const children: ChildProcess[] = [];

function start(file: string, args: string[] = []): ChildProcess {
  const child = fork(join(import.meta.dirname, file), args, { execArgv: process.execArgv });
  children.push(child);
  return child;
}

function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('a process of the bench ended early'));
    child.once('exit', gone);
    child.once('message', (received) => {
      child.off('exit', gone);
      resolve(received as T);
    });
  });
}

async function cpuMsOf(relay: ChildProcess): Promise<number> {
  const answer = message<{ cpu: NodeJS.CpuUsage }>(relay);
  relay.send('cpu');
  const { cpu } = await answer;
  return (cpu.user + cpu.system) / 1_000;
}

async function loaded(load: ChildProcess, order: LoadOrder): Promise<LoadReport> {
  const answer = message<LoadReport>(load);
  load.send(order);
  const report = await answer;
  if (report.failed > 0)
    throw new Error(`${report.failed} of ${order.requests} replies on ${order.path} were not whole`);
  return report;
}

async function main(): Promise<void> {
  const upstream = start('upstream.ts');
  const { port: upstreamPort } = await message<{ port: number }>(upstream);
  const load = start('load.ts');
  await message(load);
  const relays = new Map<string, { child: ChildProcess; port: number }>();
  for (const name of names) {
    const child = start('relay.ts', [name, String(upstreamPort)]);
    relays.set(name, { child, port: (await message<{ port: number }>(child)).port });
  }
  const beganMs = performance.now();
  for (const { path, warmRequests, connections } of chosen) {
    for (const { port } of relays.values())
      await loaded(load, { port, path, requests: warmRequests, connections });
  }
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round < rounds; round++) {
    for (const { path, requests, connections } of chosen) {
      // Another order each round, so that none always runs after the same neighbour.
      for (let at = 0; at < names.length; at++) {
        const name = names[(at + round) % names.length]!;
        const { child, port } = relays.get(name)!;
        const beforeMs = await cpuMsOf(child);
        const report = await loaded(load, { port, path, requests, connections });
        const cpuMs = ((await cpuMsOf(child)) - beforeMs) / (requests / 1_000);
        const key = `${path} ${name}`;
        samples.set(key, [...(samples.get(key) ?? []), { cpuMs, p50Ms: report.p50Ms }]);
      }
    }
  }
  print(samples, (performance.now() - beganMs) / 1_000);
}

function print(samples: Map<string, Sample[]>, seconds: number): void {
  if (values.json) {
    console.log(JSON.stringify({ node: process.version, rounds, samples: Object.fromEntries(samples) }));
    return;
  }
  console.log(
    `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${rounds} rounds in ${seconds.toFixed(0)} s`,
  );
  for (const { title, path, latency } of chosen) {
    console.log(`\n### ${title}\n`);
    console.log(`| client | CPU ms per 1,000 | × ${baseline} | ${latency} |\n|---|---|---|---|`);
    const base = samples.get(`${path} ${baseline}`);
    for (const name of names) {
      const rows = samples.get(`${path} ${name}`) ?? [];
      const ratios = rows.flatMap((row, at) =>
        base?.[at] === undefined ? [] : [row.cpuMs / base[at].cpuMs],
      );
      const cells = [
        range(
          rows.map((row) => row.cpuMs),
          0,
        ),
        range(ratios, 2),
        range(
          rows.map((row) => row.p50Ms),
          2,
        ),
      ];
      console.log(`| ${name} | ${cells.join(' | ')} |`);
    }
  }
}

/** Median [least-most]. */
function range(list: number[], digits: number): string {
  if (list.length === 0) return '–';
  const sorted = [...list].sort((a, b) => a - b);
  const text = (value: number | undefined): string => value?.toFixed(digits) ?? '';
  return `${text(sorted[Math.floor(sorted.length / 2)])} [${text(sorted[0])}-${text(sorted.at(-1))}]`;
}

try {
  await main();
} finally {
  for (const child of children) child.disconnect();
}
