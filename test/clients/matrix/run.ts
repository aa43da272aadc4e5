// Puts every client of `kinds.ts` through every check, once with an upstream of each dialect, and prints what passed.
import { parseArgs } from 'node:util';
import { type DialectName, dialects } from '../../../src/protocol/index.ts';
import { runCell } from './cell.ts';
import { kinds } from './kinds.ts';
import { jsonOf, type Row, tableOf } from './report.ts';

// Its warnings are about models whose names it does not know.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

const text = { type: 'string', default: '' } as const;
const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, client: text, upstream: text, check: text },
});
const wanted = (name: string, part: string): boolean => name.toLowerCase().includes(part.toLowerCase());

const startedMs = performance.now();
const upstreams = (Object.keys(dialects) as DialectName[]).filter((name) => wanted(name, values.upstream));
const rows: Row[] = [];
for (const kind of kinds.filter(({ name }) => wanted(name, values.client))) {
  // The upstreams of one client at a time: while one check waits, the others go on.
  const cells = await Promise.all(upstreams.map((dialect) => runCell(kind, dialect, values.check)));
  rows.push({ client: kind.name, cells });
  const failed = cells.flatMap((cell) => cell.failed);
  console.error(`${failed.length === 0 ? '✔' : '✖'} ${kind.name}`);
  for (const { upstream, check, error } of failed) {
    console.error(`  ✖ → ${upstream}: ${check}\n${error.replace(/^/gm, '      ')}`);
  }
}
const seconds = (performance.now() - startedMs) / 1000;

console.log(values.json ? JSON.stringify(jsonOf(rows, seconds), undefined, 2) : tableOf(rows, seconds));
const whole = rows.length > 0 && rows.every(({ cells }) => cells.every(({ failed }) => failed.length === 0));
// Some SDKs keep timers and sockets of their own.
process.exit(whole ? 0 : 1);
