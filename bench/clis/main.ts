/**
 * Coding agents without a terminal, on loopback only, through the gateway: each with an upstream of every dialect, for a text and for a tool
 * loop. `npm run campaign:clis -- --only claude-code,codex --upstream gemini --faults --json`
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type Check, textCheck, toolLoopCheck } from './checks.ts';
import { type Cli, clis } from './clients.ts';
import { type FaultRow, runFaults } from './faults.ts';
import { installClis, versionOf } from './install.ts';
import { canIsolate, isIsolated, runIsolated } from './isolation.ts';
import { watchOutside } from './outside.ts';
import { printFaults, printRow, printRows } from './report.ts';
import { type Row, runCheck, type Tools } from './run.ts';
import { upstreamDialects } from './stage.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    upstream: { type: 'string' },
    check: { type: 'string' },
    /** Measures how often each client repeats what failed, instead of the checks. */
    faults: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    /** Set by this command for itself, once it is inside a namespace. */
    isolated: { type: 'boolean', default: false },
  },
});

const packages = installClis();
if (!values.isolated && canIsolate()) process.exitCode = runIsolated();
else await campaign();

async function campaign(): Promise<void> {
  const isolated = isIsolated();
  const outside = isolated ? await watchOutside() : undefined;
  const tools: Tools = { packages, outside };
  const wanted = chosen(clis, ({ id }) => id, values.only);
  if (values.faults) await measureFaults(wanted, tools);
  else await runChecks(wanted, tools, isolated);
  outside?.close();
}

async function runChecks(wanted: readonly Cli[], tools: Tools, isolated: boolean): Promise<void> {
  const rows: Row[] = [];
  for (const cli of wanted) {
    for (const dialect of chosen(upstreamDialects, (name) => name, values.upstream)) {
      for (const check of checksOf(cli)) {
        const row = await runCheck(cli, dialect, check, tools);
        rows.push(row);
        if (!values.json) printRow(row);
      }
    }
  }
  const how = { isolated, namesSeen: tools.outside !== undefined };
  if (values.json) console.log(JSON.stringify({ ...how, versions: versionsOf(wanted), rows }));
  else printRows(rows, versionsOf(wanted), how);
  if (rows.some(({ problems }) => problems.length > 0) || rows.length === 0) process.exitCode = 1;
}

async function measureFaults(wanted: readonly Cli[], tools: Tools): Promise<void> {
  const rows: FaultRow[] = [];
  for (const cli of wanted) {
    for await (const row of runFaults(cli, tools)) {
      rows.push(row);
      console.error(`${row.problem === undefined ? '✔' : '✖'} ${row.cli}: ${row.fault}`);
    }
  }
  if (values.json) console.log(JSON.stringify({ versions: versionsOf(wanted), rows }));
  else printFaults(rows);
  if (rows.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
}

function versionsOf(wanted: readonly Cli[]): { [cli: string]: string } {
  return Object.fromEntries(wanted.map((cli) => [cli.id, versionOf(packages, cli.package)]));
}

function checksOf(cli: Cli): Check[] {
  const checks = [textCheck, toolLoopCheck].map((make) => make(cli, randomBytes(3).toString('hex')));
  return checks.filter(({ name }) => values.check === undefined || name === values.check);
}

function chosen<T>(all: readonly T[], nameOf: (one: T) => string, wanted: string | undefined): readonly T[] {
  if (wanted === undefined) return all;
  const names = wanted.split(',');
  const unknown = names.filter((name) => !all.some((one) => nameOf(one) === name));
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}; there are ${all.map(nameOf)}`);
  return all.filter((one) => names.includes(nameOf(one)));
}
