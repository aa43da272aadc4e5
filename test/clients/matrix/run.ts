// Puts every client of `kinds.ts` through every check, once with an upstream of each dialect, and prints what passed.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { type DialectName, dialects } from '../../../src/protocol/index.ts';
import { runCell } from './cell.ts';
import { kinds } from './kinds.ts';
import { jsonOf, type Row, tableOf } from './report.ts';

// Its warnings are about models whose names it does not know.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

/** Names that an SDK wanted to call beside the gateway: none may leave this machine. */
const outside = new Set<string>();
const { lookup } = dns;
dns.lookup = ((name: string, ...rest: unknown[]) => {
  if (isIP(name) !== 0) return Reflect.apply(lookup, dns, [name, ...rest]);
  outside.add(name);
  const callback = rest.at(-1) as (error: Error) => void;
  process.nextTick(callback, Object.assign(new Error(`${name} is not on loopback`), { code: 'ENOTFOUND' }));
}) as typeof dns.lookup;
syncBuiltinESMExports();

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
  rows.push({ client: kind.name, lacks: kind.lacks ?? {}, cells });
  const failed = cells.flatMap((cell) => cell.failed);
  console.error(`${failed.length === 0 ? '✔' : '✖'} ${kind.name}`);
  for (const { upstream, check, error } of failed) {
    console.error(`  ✖ → ${upstream}: ${check}\n${error.replace(/^/gm, '      ')}`);
  }
}
const seconds = (performance.now() - startedMs) / 1000;

const report = { rows, seconds, outside: [...outside] };
console.log(values.json ? JSON.stringify(jsonOf(report), undefined, 2) : tableOf(report));
const whole = rows.length > 0 && rows.every(({ cells }) => cells.every(({ failed }) => failed.length === 0));
// Some SDKs keep timers and sockets of their own.
process.exit(whole && outside.size === 0 ? 0 : 1);
