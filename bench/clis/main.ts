/**
 * Coding agents without a terminal, on loopback only, through the gateway: each with an upstream of every dialect, for a text and for a tool
 * loop. `npm run campaign:clis -- --only claude-code,codex --upstream gemini --faults --json`
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type Check, textCheck, toolLoopCheck } from './checks.ts';
import { type Cli, clis } from './clients.ts';
import { installClis, versionOf } from './install.ts';
import { canIsolate, isIsolated, runIsolated } from './isolation.ts';
import { watchOutside } from './outside.ts';
import { printRow, printRows } from './report.ts';
import { type Row, runCheck, type Tools } from './run.ts';
import { upstreamDialects } from './stage.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    upstream: { type: 'string' },
    check: { type: 'string' },
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
  const rows: Row[] = [];
  for (const cli of chosen(clis, ({ id }) => id, values.only)) {
    for (const dialect of chosen(upstreamDialects, (name) => name, values.upstream)) {
      for (const check of checksOf(cli)) {
        const row = await runCheck(cli, dialect, check, tools);
        rows.push(row);
        if (!values.json) printRow(row);
      }
    }
  }
  const versions = Object.fromEntries(clis.map((cli) => [cli.id, versionOf(packages, cli.package)]));
  if (values.json) console.log(JSON.stringify({ isolated, namesSeen: outside !== undefined, versions, rows }));
  else printRows(rows, versions, { isolated, namesSeen: outside !== undefined });
  outside?.close();
  if (rows.some(({ problems }) => problems.length > 0) || rows.length === 0) process.exitCode = 1;
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
