import { createCatalog } from '../../src/catalog/index.ts';
import { type Route, RoutePacing, SessionMemory, type Snapshot } from '../../src/gateway/index.ts';
import { type Plan, planFor } from '../../src/gateway/plan.ts';
import type { Principal } from '../../src/identity/index.ts';
import { createPolicy, policiesSchema } from '../../src/policy/index.ts';
import { clientDialects, GatewayError } from '../../src/protocol/index.ts';
import { createProvider } from '../../src/providers/index.ts';
import { decide, loadShippedPredictor, OutputLengths } from '../../src/router/index.ts';
import { defaults } from '../../src/server/defaults.ts';
import { createIdSource, systemClock } from '../../src/std/index.ts';
import { createCircuitBreakers, Fleet } from '../../src/upstream/index.ts';
import { randomSource } from '../router/random-source.ts';
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

export interface DecisionCounts {
  decisions: number;
  /** Where nobody may serve. */
  refused: number;
  /** Hosts in plans, and asked as shadows, judges and signals. */
  contacts: number;
  /** Hosts that would see what they may not: must be none. */
  violations: string[];
  /** Hosts left out that were allowed: a gate that refuses everybody proves nothing. */
  overRefusals: string[];
  /** Contacts with a host whose place of processing nobody states, under a rule about it: must be none. */
  unsetContacts: number;
}

const models = [
  { id: 'gpt-4o', origin: 'US' },
  { id: 'gpt-4o-mini', origin: 'US' },
  { id: 'qwen2.5-72b-instruct', origin: 'CN' },
  { id: 'claude-sonnet-4', origin: 'US' },
];
const requestsPerPolicy = 100;
const policiesPerFleet = 40;

/** Makes decisions through the planning of real requests, in made-up fleets under made-up packs, and asks the oracle about each host. */
export function runDecisions(count: number, seed: number): DecisionCounts {
  const { uniform: random } = randomSource(seed);
  const counts: DecisionCounts = {
    decisions: 0,
    refused: 0,
    contacts: 0,
    violations: [],
    overRefusals: [],
    unsetContacts: 0,
  };
  while (counts.decisions < count) {
    const fleet = madeFleet(random);
    for (let p = 0; p < policiesPerFleet && counts.decisions < count; p++) {
      const packs = [
        madePack(fleet.hosts, random),
        ...(random() < 0.4 ? [madePack(fleet.hosts, random)] : []),
      ];
      const policy = createPolicy(policiesSchema.parse(packs.map((pack, i) => documentOf(pack, `p${i}`))), {
        processing: undefined,
        storage: undefined,
      });
      const snapshot: Snapshot = { ...fleet.snapshot, policy };
      for (let r = 0; r < requestsPerPolicy && counts.decisions < count; r++)
        decideOnce({ ...fleet, snapshot }, packs, random, counts);
    }
  }
  return counts;
}

interface MadeFleet {
  hosts: Host[];
  snapshot: Snapshot;
  deps: Parameters<typeof planFor>[1];
}

function madeFleet(random: Random): MadeFleet {
  const hosts = Array.from({ length: 3 + Math.floor(random() * 5) }, (_, i) => {
    const model = pick(models, random);
    return { ...madeHost(`h${i}`, model.origin, random), model: model.id };
  });
  const catalog = createCatalog({
    providers: hosts.map(({ id, processing, storage, headquarters, selfHosted }) =>
      createProvider({
        id,
        vendor: 'openai-compatible',
        baseUrl: `https://${id}.example.net/v1`,
        endpoint: { processing, storage, selfHosted, ...(headquarters !== undefined && { headquarters }) },
      }),
    ),
    deployments: hosts.map(({ id, model }) => ({
      model,
      provider: id,
      price: { input: 0.1 + random() * 5, output: 0.1 + random() * 20 },
    })),
  });
  const candidates = catalog.deployments().flatMap(({ id }) => catalog.candidates(id));
  const route: Route = {
    name: 'auto',
    reference: pick(candidates, random),
    candidates,
    target: random() < 0.5 ? { kind: 'quality', value: 0.9 } : { kind: 'usd-per-quality', value: 0.02 },
    mode: random() < 0.8 ? 'assist' : 'observe',
    contentFilter: undefined,
    holdbackMs: 0,
    cascade: { checks: random() < 0.5, votes: random() < 0.3, holdMs: 1000 },
  };
  const { timeouts, attemptsMax, balance, contentFilter, holdbackMs, answerBytesMax } = defaults;
  const policy = createPolicy([], { processing: undefined, storage: undefined });
  const limits = { timeouts, attemptsMax, balance, contentFilter, holdbackMs, answerBytesMax };
  const snapshot = { catalog, predictor, routes: new Map([['auto', route]]), policy, ...limits };
  const clock = systemClock;
  const outage = new GatewayError('upstream_unavailable', 'made up');
  // Some circuits are open, so that decisions meet outages too.
  const breakers = createCircuitBreakers(random);
  for (const { id } of catalog.deployments()) {
    if (random() < 0.2)
      for (let n = 0; n < 20; n++)
        breakers.of(id).enter(clock.monotonicMs())?.failed(clock.monotonicMs(), outage);
  }
  const deps = {
    ids: createIdSource(clock),
    clock,
    breakers,
    fleet: new Fleet({ breakers, random }),
    sessions: new SessionMemory(),
    lengths: new OutputLengths(),
    decide,
    pacing: new RoutePacing({ clock }),
    switches: () => [],
  };
  return { hosts, snapshot, deps };
}

const predictor = loadShippedPredictor();
const asks = [
  'What is 17 × 23?',
  '请用一句话总结这份合同的要点。',
  'Prove that the square root of two is irrational.',
  '次の文を英語に訳してください。',
];

function decideOnce(
  fleet: MadeFleet,
  packs: readonly MadePack[],
  random: Random,
  counts: DecisionCounts,
): void {
  const made = madeRequest(random);
  const { hosts, snapshot, deps } = fleet;
  const route = { ...snapshot.routes.get('auto')!, data: made.stated };
  const body = {
    model: 'auto',
    messages: [{ role: 'user', content: pick(asks, random) }],
    ...(random() < 0.3 && { models: [`${pick(hosts, random).id}/${pick(models, random).id}`] }),
  };
  const request = clientDialects['openai-chat'].decodeRequest(body, Buffer.from(JSON.stringify(body)));
  const candidates = route.candidates.map((candidate) => ({ candidate, calledAs: 'auto' }));
  const target = {
    route,
    mode: route.mode,
    reference: route.reference,
    candidates,
    target: route.target,
  } as const;
  const { dataClasses = [], purpose, subjectRegion } = made.claimed ?? {};
  const wishes = {
    session: undefined,
    tags: [],
    quality: undefined,
    dryRun: false,
    data: { dataClasses, purpose, subjectRegion },
  };
  counts.decisions += 1;
  const plan = planned(() =>
    planFor({ request, principal: principalOf(made), wishes, target, snapshot }, deps),
  );
  const may = new Map(hosts.map((host) => [host.id, mayOf(host, made, packs)]));
  const note = (provider: string, isContacted: boolean, how: string): void => {
    const host = hosts.find(({ id }) => id === provider)!;
    const said = `${how} ${JSON.stringify({ host, made, packs })}`;
    if (isContacted) counts.contacts += 1;
    if (isContacted && may.get(provider) !== true) counts.violations.push(said);
    if (isContacted && host.processing === undefined && asksForPlace(packs, made)) counts.unsetContacts += 1;
  };
  if (plan === undefined) {
    counts.refused += 1;
    // Those that may, but cannot now, are not the policy's doing.
    return;
  }
  for (const { deployment } of plan.candidates) note(deployment.provider.id, true, 'plan');
  for (const use of ['shadow', 'judge', 'signal'] as const) {
    for (const { deployment } of route.candidates) {
      const isAllowed = plan.gate.refusal(deployment, use) === undefined;
      note(deployment.provider.id, isAllowed, use);
      if (!isAllowed && may.get(deployment.provider.id) === true)
        counts.overRefusals.push(`${use} ${JSON.stringify({ host: deployment.provider.id, made, packs })}`);
    }
  }
}

function planned(make: () => Plan): Plan | undefined {
  try {
    return make();
  } catch (thrown) {
    if (thrown instanceof GatewayError) return undefined;
    throw thrown;
  }
}

function asksForPlace(packs: readonly MadePack[], { project }: MadeRequest): boolean {
  return packs.some(
    (pack) =>
      (pack.project === undefined || pack.project === project) &&
      pack.rules.some((rule) => 'field' in rule && rule.field === 'processing' && rule.unknown === 'refuse'),
  );
}

const principalOf = ({ project }: MadeRequest): Principal => ({
  keyId: 'key_1',
  name: 'made',
  role: 'caller',
  project,
  models: undefined,
  limits: {},
});
