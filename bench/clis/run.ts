import { isDeepStrictEqual } from 'node:util';
import { type DialectName, isObject } from '../../src/protocol/index.ts';
import type { Check } from './checks.ts';
import type { Cli } from './clients.ts';
import { type Launch, launch, type Ran } from './launch.ts';
import type { OutsideTries, OutsideWatch } from './outside.ts';
import { type Stage, startStage } from './stage.ts';
import type { Seen } from './watch.ts';

/** One command line, one upstream, one check. */
export interface Row {
  cli: string;
  upstream: DialectName;
  check: Check['name'];
  /** Empty when it passed. */
  problems: string[];
  seconds: number;
  /** What the client sent the gateway, as `METHOD path status`, with how often. */
  requests: { [what: string]: number };
  upstreamRequests: number;
  /** Bytes of the largest body. */
  bodyBytesMax: number;
  dropped: string[];
  outside: OutsideTries;
  /** What it printed, of a run that failed. */
  output?: { stdout: string; stderr: string };
}

const runMsMax = 90_000;

/** Printed of a run that failed. */
const outputCharsShown = 3_000;

/** Top-level fields that the gateway sets itself on a route within one dialect. */
const ours = new Set(['model', 'max_tokens', 'max_completion_tokens', 'stream_options']);

export interface Tools {
  packages: string;
  outside: OutsideWatch | undefined;
}

export async function runCheck(
  cli: Cli,
  dialect: DialectName,
  check: Check,
  { packages, outside }: Tools,
): Promise<Row> {
  const stage = await startStage(dialect, check.script);
  try {
    outside?.tries();
    const ran = await launch(startOf(cli, stage, packages, check.prompt), stage.work, runMsMax);
    const tried = outside?.tries() ?? { names: [], connects: 0 };
    const problems = [
      ...problemsOfRun(ran, check),
      ...problemsOfTraffic(stage),
      ...(check.delivered === undefined ? [] : problemsOfDelivery(stage, check.delivered)),
      ...(dialect === cli.dialect ? problemsOfPassing(stage) : []),
      ...problemsOutside(cli, tried),
    ];
    const { seen } = stage.watch;
    return {
      cli: cli.id,
      upstream: dialect,
      check: check.name,
      problems,
      seconds: ran.seconds,
      requests: counted(seen),
      upstreamRequests: stage.upstream.requests.length,
      bodyBytesMax: Math.max(0, ...seen.map(({ bytes }) => bytes.byteLength)),
      dropped: [...new Set(seen.flatMap(({ dropped }) => dropped))].sort(),
      outside: tried,
      ...(problems.length === 0 ? {} : { output: { stdout: tail(ran.stdout), stderr: tail(ran.stderr) } }),
    };
  } finally {
    await stage.close();
  }
}

/** How the command line is started on this stage: at the gateway, unless another address is named. */
export function startOf(
  cli: Cli,
  stage: Stage,
  packages: string,
  prompt: string,
  target: { url?: string; key?: string; model?: string } = {},
): Launch {
  const { url = stage.watch.url, key = stage.gateway.key, model = stage.model } = target;
  const { home, work } = stage;
  return cli.start({ packages, url, key, model, home, work }, prompt);
}

function problemsOfRun(ran: Ran, check: Check): string[] {
  if (ran.timedOut) return [`did not end within ${runMsMax / 1000} s`];
  const problems: string[] = [];
  if (ran.code !== 0) problems.push(`ended with status ${ran.code}`);
  if (!ran.stdout.includes(check.expected)) problems.push(`did not print «${check.expected}»`);
  return problems;
}

function problemsOfTraffic({ watch, upstream }: Stage): string[] {
  const refused = watch.seen.filter(({ status }) => status === undefined || status >= 400);
  const failed = upstream.served.filter(({ status }) => status >= 400);
  return [
    ...Object.keys(counted(refused)).map((what) => `the gateway refused ${what}`),
    ...failed.map(
      ({ index, status }) => `the upstream answered ${status} to ${upstream.requests[index]?.path}`,
    ),
  ];
}

function problemsOfDelivery({ upstream }: Stage, printed: string): string[] {
  if (upstream.requests.some(({ bytes }) => bytes.includes(printed))) return [];
  return ['the result of the command did not reach the upstream'];
}

/** Within one dialect every field and every header the vendor knows must arrive as it was sent. */
function problemsOfPassing({ watch, upstream }: Stage): string[] {
  const received = upstream.requests.map(({ body }) => body).filter(isObject);
  return [
    ...new Set(
      watch.seen.flatMap((one) => {
        const sent = parsed(one);
        // Requests of one client differ in their messages, so that is how the upstream's half of one is found.
        const content = ['messages', 'input', 'contents'].find((key) => sent?.[key] !== undefined);
        if (sent === undefined || content === undefined || one.path.includes('count')) return [];
        const arrived = received.find((body) => holds(body[content], sent[content]));
        if (arrived === undefined) return [`«${content}» of ${one.path} did not arrive as sent`];
        return Object.keys(sent)
          .filter((key) => !ours.has(key) && key !== content && !isDeepStrictEqual(arrived[key], sent[key]))
          .map((key) => `«${key}» did not arrive as sent`);
      }),
    ),
  ];
}

/** All that was sent is there, in its order. What the gateway may add is the thinking that a client has dropped and its vendor insists on. */
function holds(arrived: unknown, sent: unknown): boolean {
  if (Array.isArray(sent) && Array.isArray(arrived)) {
    let at = 0;
    return sent.every((item) => {
      while (at < arrived.length && !holds(arrived[at], item)) at += 1;
      at += 1;
      return at <= arrived.length;
    });
  }
  if (isObject(sent) && isObject(arrived))
    return Object.entries(sent).every(([key, value]) => holds(arrived[key], value));
  return isDeepStrictEqual(arrived, sent);
}

function problemsOutside(cli: Cli, { names, connects }: OutsideTries): string[] {
  const unexpected = names.filter((name) => cli.looksUp?.some((expected) => expected.test(name)) !== true);
  return [
    ...unexpected.map((name) => `looked up ${name}`),
    ...(connects === 0 ? [] : [`tried ${connects} times to reach an address outside`]),
  ];
}

/** Requests by kind. Queries and the name of the model say nothing about it. */
function counted(seen: Seen[]): { [what: string]: number } {
  const counts: { [what: string]: number } = {};
  for (const { method, path, status } of seen) {
    const short = path.replace(/\?.*/, '').replace(/\/models\/.+(:\w+)$/, '/models/…$1');
    const what = `${method} ${short} ${status ?? 'broken off'}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

function parsed({ bytes }: Seen): { [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function tail(text: string): string {
  return text.slice(-outputCharsShown);
}
