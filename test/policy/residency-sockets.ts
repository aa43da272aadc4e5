import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { nothingSaid } from '../../src/policy/index.ts';
import { openSqliteStore } from '../../src/storage/index.ts';
import { randomSource } from '../router/random-source.ts';
import { eventually } from '../support/eventually.ts';
import { startFakeGuardrail } from '../support/fake-guardrail.ts';
import { startFakeServices } from '../support/fake-services.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { startYumen, type TestGateway } from '../support/start-yumen.ts';
import {
  documentOf,
  type Host,
  type MadePack,
  type MadeRequest,
  madeHost,
  madePack,
  madeRequest,
  mayOf,
  pick,
  type Random,
} from './worlds.ts';

export interface SocketCounts {
  requests: number;
  answered: number;
  refused: number;
  failed: number;
  /** Requests as hosts saw them, by what they were there for. */
  contacts: { [kind: string]: number };
  /** Texts that were kept. */
  kept: number;
  /** Must be none. */
  violations: string[];
}

interface EndPoint {
  host: Host;
  kind: 'chat' | 'judge' | 'signal' | 'embedding' | 'guardrail';
  model: string | undefined;
  url: string;
  /** Cases whose text it was sent. */
  saw: Set<number>;
  close(): Promise<void>;
}

const caseOf = (text: string): number | undefined => {
  const found = /case-(\d+)/.exec(text);
  return found === null ? undefined : Number(found[1]);
};

const asks = [
  'This is #: what is 23 × 17?',
  '#: Prove that there are infinitely many primes of the form 4k + 3.',
  '# 请比较这两份合同中关于违约责任的条款,并说明哪一份对买方更有利。',
  'For #, write a lock-free queue in C++ and argue that it is linearizable.',
  '# を読んで、三行で要約してください。',
];

const chatModels = [
  { id: 'gpt-4o', origin: 'US' },
  { id: 'qwen2.5-72b-instruct', origin: 'CN' },
  { id: 'gpt-4o-mini', origin: 'US' },
  { id: 'qwen2.5-7b-instruct', origin: 'CN' },
];

/**
 * One made-up installation on real sockets: a gateway with packs, routes with cascades, fallbacks, signals, shadows, judges and captures, upstreams
 * that fail in all ways, and requests that each carry a number by which every upstream that sees one is found out.
 */
export async function runRound(requests: number, seed: number): Promise<SocketCounts> {
  const { uniform: random } = randomSource(seed);
  const { planned, packs } = tellingWorld(random);
  const ends = await startEnds(planned, random);
  const home: Host = {
    id: 'home',
    processing: pick([undefined, 'DE', 'US', 'CN'], random),
    storage: undefined,
    headquarters: undefined,
    selfHosted: true,
    origin: undefined,
  };
  home.storage = home.processing;
  const yumen = await startYumen(
    configOf(
      ends,
      home,
      packs.map((pack, i) => documentOf(pack, `p${i}`)),
      random,
    ),
  );
  const counts: SocketCounts = {
    requests: 0,
    answered: 0,
    refused: 0,
    failed: 0,
    contacts: {},
    kept: 0,
    violations: [],
  };
  const cases = new Map<number, MadeRequest>();
  const ids = new Map<string, number>();
  try {
    const keys = { claims: await keyOf(yumen, 'claims'), none: await keyOf(yumen, undefined) };
    const sendOne = async (number: number): Promise<void> => {
      const made = madeRequest(random);
      const path = pick(
        ['/v1/chat/completions', '/v1/chat/completions', '/v1/responses', '/v1/embeddings'],
        random,
      );
      const route = pick(['auto', 'open', 'private', 'named'], random);
      // What the operator states is the route's, not a draw's.
      const stated = {
        dataClasses: route === 'private' && path !== '/v1/embeddings' ? ['health'] : [],
        purpose: (route === 'auto' || route === 'open') && path !== '/v1/embeddings' ? 'research' : undefined,
        subjectRegion: undefined,
        tags: [],
      };
      const { claimed } = made;
      const mine = claimed && {
        ...claimed,
        dataClasses: [...new Set([...stated.dataClasses, ...claimed.dataClasses])],
        purpose: claimed.purpose ?? stated.purpose,
      };
      cases.set(number, { project: made.project, stated, claimed: mine });
      const response = await send(yumen, {
        path,
        model: modelFor(path, route, ends, random),
        text: pick(asks, random).replace('#', `case-${number}`),
        stream: random() < 0.4,
        fallback: random() < 0.3 ? modelFor('/v1/chat/completions', 'named', ends, random) : undefined,
        key: made.project === undefined ? keys.none : keys.claims,
        headers: {
          ...(claimed &&
            claimed.dataClasses.length > 0 && { 'x-yumen-data-class': claimed.dataClasses.join(',') }),
          ...(claimed?.purpose !== undefined && { 'x-yumen-purpose': claimed.purpose }),
        },
      });
      counts.requests += 1;
      if (response.status === 200) counts.answered += 1;
      else if (response.isForbidden) counts.refused += 1;
      else counts.failed += 1;
      if (response.id !== null) ids.set(response.id, number);
    };
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < requests) await sendOne(next++);
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    for (const route of ['auto', 'private'])
      await eventually(async () => {
        const { body } = await yumen.api(`/api/v1/routes/${route}/proof`);
        return body.counts.waiting === 0 || undefined;
      }, 60_000);
    await yumen.stop();
    await checkKept(yumen.folder, home, { cases, ids, packs, counts });
    for (const end of ends) {
      counts.contacts[end.kind] = (counts.contacts[end.kind] ?? 0) + end.saw.size;
      for (const number of end.saw) {
        const made = cases.get(number)!;
        if (!mayOf(end.host, made, packs))
          counts.violations.push(JSON.stringify({ kind: end.kind, host: end.host, number, made, packs }));
      }
    }
  } finally {
    await yumen.close();
    await Promise.all(ends.map((end) => end.close()));
    rmSync(yumen.folder, { recursive: true, force: true });
  }
  return counts;
}

async function checkKept(
  folder: string,
  home: Host,
  {
    cases,
    ids,
    packs,
    counts,
  }: {
    cases: Map<number, MadeRequest>;
    ids: Map<string, number>;
    packs: Parameters<typeof mayOf>[2];
    counts: SocketCounts;
  },
): Promise<void> {
  const store = await openSqliteStore({ dataFolder: join(folder, 'data') });
  let cursor: string | undefined;
  do {
    const page = await store.proof.captures({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 500, cursor });
    for (const { requestId } of page.captures) {
      const number = ids.get(requestId);
      if (number === undefined) continue;
      counts.kept += 1;
      if (!mayOf(home, cases.get(number)!, packs))
        counts.violations.push(JSON.stringify({ kind: 'capture', number, home, packs }));
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  await store.close();
}

type Planned = Pick<EndPoint, 'host' | 'kind' | 'model'>;

/** Where each kind of endpoint has one that may see a plain request and one that may not: all open or all shut tells nothing. */
function tellingWorld(random: Random): { planned: Planned[]; packs: MadePack[] } {
  for (;;) {
    const planned = plannedEnds(random);
    const hosts = planned.map(({ host }) => host);
    const packs = [madePack(hosts, random), ...(random() < 0.4 ? [madePack(hosts, random)] : [])];
    const plain = { project: undefined, stated: nothingSaid, claimed: undefined };
    const allowed = (kind: EndPoint['kind']) =>
      planned.filter((end) => end.kind === kind).map(({ host }) => mayOf(host, plain, packs));
    const isTelling = (['chat', 'judge', 'embedding'] as const).every(
      (kind) => new Set(allowed(kind)).size === 2,
    );
    // A guardrail that may see nothing lets nothing pass.
    if (isTelling && allowed('guardrail').every((may) => may || random() < 0.1)) return { planned, packs };
  }
}

function plannedEnds(random: Random): Planned[] {
  const end = (kind: EndPoint['kind'], id: string, model: string, origin: string): Planned => ({
    kind,
    model,
    host: madeHost(id, origin, random),
  });
  const guard: Planned = {
    kind: 'guardrail',
    model: undefined,
    host: { ...madeHost('guard', 'US', random), origin: undefined },
  };
  return [
    ...chatModels.map((model, i) => end('chat', `h${i}`, model.id, model.origin)),
    ...[0, 1].map((i) => end('judge', `j${i}`, 'claude-sonnet-4', 'US')),
    end('signal', 'j2', 'gpt-4.1-mini', 'US'),
    ...[0, 1].map((i) => end('embedding', `e${i}`, 'text-embedding-3-small', 'US')),
    ...(random() < 0.3 ? [guard] : []),
  ];
}

const startEnds = (planned: readonly Planned[], random: Random): Promise<EndPoint[]> =>
  Promise.all(
    planned.map((end) => {
      if (end.kind === 'guardrail') return startGuardrail(end.host);
      return end.kind === 'embedding' ? startEmbedder(end.host) : startChat(end, random);
    }),
  );

async function startChat(end: Planned, random: Random): Promise<EndPoint> {
  const saw = new Set<number>();
  const upstream = await startFakeUpstream({
    dialect: 'openai-chat',
    script: ({ body }) => {
      const text = JSON.stringify(body);
      const number = caseOf(text);
      if (number !== undefined) saw.add(number);
      if (end.kind !== 'chat') return { text: end.kind === 'judge' ? 'TIE' : '5' };
      const luck = random();
      if (luck < 0.08) return { error: { message: 'broken' }, status: 500 };
      if (luck < 0.11)
        return { error: { message: 'slow down' }, status: 429, headers: { 'retry-after': '0' } };
      if (luck < 0.13) return { drop: true };
      if (luck < 0.15) return { text: 'It is', cut: { how: 'reset', afterChunks: 1 } };
      if (luck < 0.2) return { text: '' };
      return { text: `It is ${(number ?? 0) * 17}, says ${end.host.id}.` };
    },
  });
  return { ...end, saw, url: upstream.baseUrl, close: () => upstream.close() };
}

async function startEmbedder(host: Host): Promise<EndPoint> {
  const saw = new Set<number>();
  const services = await startFakeServices({
    'POST /v1/embeddings': ({ json }) => {
      const number = caseOf(JSON.stringify(json));
      if (number !== undefined) saw.add(number);
      return {
        json: {
          object: 'list',
          data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2] }],
          usage: { prompt_tokens: 5, total_tokens: 5 },
        },
      };
    },
  });
  return {
    host,
    kind: 'embedding',
    model: 'text-embedding-3-small',
    saw,
    url: `${services.origin}/v1`,
    close: () => services.close(),
  };
}

async function startGuardrail(host: Host): Promise<EndPoint> {
  const saw = new Set<number>();
  const guardrail = await startFakeGuardrail();
  guardrail.judge = (document) => {
    const number = caseOf(JSON.stringify(document));
    if (number !== undefined) saw.add(number);
    return { action: 'allow' };
  };
  return {
    host,
    kind: 'guardrail',
    model: undefined,
    saw,
    url: guardrail.url,
    close: () => guardrail.close(),
  };
}

function configOf(ends: readonly EndPoint[], home: Host, packs: unknown[], random: Random): string {
  const models = ends.filter((end) => end.model !== undefined);
  const chats = ends.filter(({ kind }) => kind === 'chat').map(({ host, model }) => `${host.id}/${model}`);
  const judges = ends.filter(({ kind }) => kind === 'judge').map(({ host, model }) => `${host.id}/${model}`);
  const signal = ends.find(({ kind }) => kind === 'signal')!;
  const guard = ends.find(({ kind }) => kind === 'guardrail');
  // Proof needs a target of quality; at the others these prices and asks leave much undecided, and signals are asked.
  const route = (data: object, isProved: boolean) => ({
    reference: pick(chats, random),
    candidates: chats,
    mode: random() < 0.8 ? 'assist' : 'observe',
    cascade: { checks: random() < 0.7, votes: random() < 0.5 },
    data,
    signals: { judge: { model: `${signal.host.id}/${signal.model}` }, share_max: 1, in_observe: true },
    ...(isProved
      ? { capture: 'all', proof: { judges, share_max: 0.5 } }
      : { target: { usd_per_quality: 0.0005 * 10 ** (2 * random()) } }),
  });
  // JSON is YAML.
  return JSON.stringify({
    providers: models.map(({ host, url }) => ({
      id: host.id,
      vendor: 'openai-compatible',
      base_url: url,
      endpoint: stated(host),
    })),
    deployments: models.map(({ host, model, kind }) => ({
      model,
      provider: host.id,
      ...(kind === 'embedding' && { kind: 'embedding' }),
      price:
        kind === 'signal' ? { input: 0, output: 0 } : { input: 0.1 + random(), output: 0.2 + random() * 10 },
    })),
    routes: {
      auto: route({ purpose: 'research' }, true),
      open: route({ purpose: 'research' }, false),
      private: route({ classes: ['health'] }, true),
    },
    policies: packs,
    installation: home.processing === undefined ? {} : { processing: home.processing },
    guardrails: guard === undefined ? [] : [{ name: 'guard', url: guard.url, endpoint: stated(guard.host) }],
  });
}

/** A place that nobody stated is told apart from this machine, which stands where the installation does. */
const stated = ({ processing, storage, headquarters, selfHosted }: Host) => ({
  processing: processing ?? 'unstated',
  storage: storage ?? 'unstated',
  ...(headquarters !== undefined && { headquarters }),
  self_hosted: selfHosted,
});

function modelFor(path: string, route: string, ends: readonly EndPoint[], random: Random): string {
  if (path === '/v1/embeddings') {
    const { host, model } = pick(
      ends.filter(({ kind }) => kind === 'embedding'),
      random,
    );
    return random() < 0.5 ? `${host.id}/${model}` : model!;
  }
  if (route !== 'named') return route;
  const { host, model } = pick(
    ends.filter(({ kind }) => kind === 'chat'),
    random,
  );
  return `${host.id}/${model}`;
}

async function keyOf(yumen: TestGateway, project: string | undefined): Promise<string> {
  const body = JSON.stringify({ name: project ?? 'none', ...(project !== undefined && { project }) });
  return (await yumen.api('/api/v1/keys', { method: 'POST', body })).body.secret;
}

interface Sent {
  path: string;
  model: string;
  text: string;
  stream: boolean;
  fallback: string | undefined;
  key: string;
  headers: { [name: string]: string };
}

async function send(
  yumen: TestGateway,
  sent: Sent,
): Promise<{ status: number; isForbidden: boolean; id: string | null }> {
  const { path, model, text, stream, fallback, key, headers } = sent;
  const body =
    path === '/v1/embeddings'
      ? { model, input: text }
      : path === '/v1/responses'
        ? { model, input: text, stream }
        : {
            model,
            messages: [{ role: 'user', content: text }],
            stream,
            ...(fallback !== undefined && { models: [fallback] }),
          };
  const response = await yumen.post(path, body, { ...headers, authorization: `Bearer ${key}` });
  const said = await response.text().catch(() => '');
  return {
    status: response.status,
    isForbidden: said.includes('No allowed deployment'),
    id: response.headers.get('x-request-id'),
  };
}
