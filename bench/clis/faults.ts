import type { FakeScript } from '../../test/support/fake-upstream.ts';
import type { Cli } from './clients.ts';
import { launch } from './launch.ts';
import { startOf, type Tools } from './run.ts';
import { type Stage, startStage, upstreamKey } from './stage.ts';

/** How one command line takes one kind of failure. */
export interface FaultRow {
  cli: string;
  fault: string;
  /** Requests the gateway was sent, and the statuses it answered them with. */
  requests: number;
  statuses: string;
  /** What these became upstream, the gateway's own retries among them. */
  upstreamRequests: number;
  seconds: number;
  /** It was still trying when its time was up. */
  unfinished: boolean;
  /** It said what the model had answered in the end. */
  answered: boolean;
  /** Requests of this client where there is no gateway: on record, of a version of its own. */
  known: number | undefined;
  /** The same of the installed version, measured where the record does not settle it. */
  direct: number | undefined;
  problem: string | undefined;
}

interface Fault {
  name: string;
  script: FakeScript;
  /** The client calls with a key whose money is used up. */
  overBudget?: boolean;
  /** The same failure as an upstream without a gateway says it, where that differs. */
  direct?: FakeScript;
  /** Time to watch it, as the known figures were taken. */
  seconds: number;
  /** The failure passes: the client must come to its answer. */
  passes?: boolean;
  known: { [cli: string]: number };
}

const question = 'How is it?';
const answer = { text: ['It is ', 'well again.'] };
const tooFast = { status: 429, headers: { 'retry-after': '1' }, error: { message: 'Too fast.' } };

/**
 * Where time ends the count, a start that is a little slower makes so many requests of difference; so does the order in which a client
 * with side requests sends them, where it is measured by a single run.
 */
const slack = 1;

/**
 * Requests of each client as measured on 2026-11-23 against a server that fails by itself, of Codex 0.169.0, Qwen Code 0.15 and Claude Code
 * 2.1; those of Qwen Code with its side requests.
 */
const faults: Fault[] = [
  {
    name: '400',
    script: { status: 400, error: { message: 'This request is wrong.' } },
    seconds: 30,
    known: { codex: 1, 'qwen-code': 2, 'claude-code': 1 },
  },
  {
    // Said as 429 with a quota code in Responses, because Codex repeats a 402.
    name: 'budget used up',
    script: answer,
    overBudget: true,
    direct: { status: 402, error: { message: 'The account is empty.', code: 'insufficient_quota' } },
    seconds: 30,
    known: { codex: 1, 'qwen-code': 2, 'claude-code': 1 },
  },
  {
    name: '429 with retry-after 1, once',
    script: ({ index }) => (index === 0 ? tooFast : answer),
    seconds: 30,
    passes: true,
    known: { codex: 2, 'claude-code': 2 },
  },
  {
    name: '429 with retry-after 1, always',
    script: tooFast,
    seconds: 30,
    known: { 'qwen-code': 17, 'claude-code': 6 },
  },
  {
    // A gateway says 502 of an upstream that failed, and some clients repeat that for longer than a 500, whoever says it.
    name: '500',
    script: { status: 500, error: { message: 'Something broke.' } },
    direct: { status: 502, error: { message: 'Something broke.' } },
    seconds: 45,
    known: { codex: 30, 'qwen-code': 18, 'claude-code': 7 },
  },
  {
    name: 'stream reset midway',
    script: { text: ['It is ', 'not ', 'well.'], cut: { how: 'reset', afterChunks: 2 } },
    seconds: 30,
    known: { codex: 6, 'qwen-code': 3, 'claude-code': 2 },
  },
];

/** Each failure at an upstream of the client's own dialect, one after another. */
export async function* runFaults(cli: Cli, tools: Tools): AsyncGenerator<FaultRow> {
  for (const fault of faults) {
    const row = await onStage(cli, fault.script, (stage) => throughGateway(cli, fault, stage, tools));
    const settled = row.known !== undefined && row.requests <= row.known;
    const direct = settled
      ? undefined
      : await onStage(cli, fault.direct ?? fault.script, (stage) => withoutGateway(cli, fault, stage, tools));
    yield { ...row, direct, problem: problemOf(fault, { ...row, direct }) };
  }
}

async function onStage<T>(cli: Cli, script: FakeScript, use: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = await startStage(cli.dialect, script);
  try {
    return await use(stage);
  } finally {
    await stage.close();
  }
}

type Measured = Omit<FaultRow, 'direct' | 'problem'>;

async function throughGateway(cli: Cli, fault: Fault, stage: Stage, { packages }: Tools): Promise<Measured> {
  const key = fault.overBudget === true ? await spentKey(stage) : stage.gateway.key;
  const start = startOf(cli, stage, packages, question, { key });
  const ran = await launch(start, stage.work, fault.seconds * 1000);
  const asked = stage.watch.seen.filter(({ method, path }) => method === 'POST' && !path.includes('count'));
  return {
    cli: cli.id,
    fault: fault.name,
    requests: asked.length,
    statuses: [...new Set(asked.map(({ status }) => status ?? 'none'))].join(', '),
    upstreamRequests: stage.upstream.requests.length,
    seconds: ran.seconds,
    unfinished: ran.timedOut,
    answered: ran.stdout.includes('well again.'),
    known: fault.known[cli.id],
  };
}

async function withoutGateway(cli: Cli, fault: Fault, stage: Stage, { packages }: Tools): Promise<number> {
  const { origin, requests } = stage.upstream;
  const start = startOf(cli, stage, packages, question, {
    url: origin,
    key: upstreamKey,
    // The name without the provider, as a vendor knows it: some have it in their paths.
    model: stage.model.slice(stage.model.indexOf('/') + 1),
  });
  await launch(start, stage.work, fault.seconds * 1000);
  return requests.filter(({ path }) => !path.includes('count')).length;
}

function problemOf(fault: Fault, row: Omit<FaultRow, 'problem'>): string | undefined {
  const { requests, known = 0, direct = 0, answered } = row;
  if (requests === 0) return 'nothing was asked';
  const bound = Math.max(known, direct);
  if (requests > bound + (row.unfinished || row.known === undefined ? slack : 0))
    return `${requests} requests, ${bound} without a gateway`;
  return fault.passes === true && !answered ? 'the failure passed, but there was no answer' : undefined;
}

/** A key that may spend a hundred-millionth of a dollar a day: no request fits. */
async function spentKey({ gateway }: Stage): Promise<string> {
  const { status, body } = await gateway.api('/api/v1/keys', {
    method: 'POST',
    body: JSON.stringify({ name: 'spent', limits: { budget_usd_per_day: 1e-8 } }),
  });
  if (status >= 300) throw new Error(`no key could be made: ${JSON.stringify(body)}`);
  return body.secret;
}
