import { type KeyInfo, type Principal, principalOf } from '../identity/index.ts';
import { type LedgerStore, listLimitMax, type RequestSummary } from '../ledger/index.ts';
import type { Policy } from '../policy/index.ts';
import { gateAgain } from './gate-of.ts';
import type { Snapshot } from './snapshot.ts';

export interface DryRunQuestion {
  /** As they would stand in the configuration, all of them. */
  policy: Policy;
  fromMs: number;
  toMs: number;
  /** The newest so many requests. */
  limit: number;
}

export interface DryRunSources {
  ledger: Pick<LedgerStore, 'list'>;
  keys(): Promise<readonly KeyInfo[]>;
  /** Whose routes and deployments count. */
  snapshot: Snapshot;
}

/** What packs would have meant for recorded requests that were answered. */
export interface DryRunReport {
  requests: number;
  /** Whoever answered might have. */
  unchanged: number;
  /** Somebody else on the route, or of the model, would have had to. */
  moved: number;
  /** Nobody might have. */
  blocked: number;
  /** They were answered by a deployment, or came with a key, that is gone: nothing can be said of them. */
  unknown: number;
  /** True where there are older requests in the window than were looked at. */
  truncated: boolean;
  /** How many requests each rule would have taken from whoever answered, most first. */
  rules: { rule: string; moved: number; blocked: number }[];
  /** Whom they would have left, most first. */
  left: { deployment: string; moved: number; blocked: number }[];
}

export const dryRunMax = 200_000;

/** Asks packs about traffic of the past, as they would be asked about it now. Nothing is called or changed. */
export async function policyDryRun(question: DryRunQuestion, sources: DryRunSources): Promise<DryRunReport> {
  const { policy, fromMs, toMs, limit } = question;
  const keys = new Map((await sources.keys()).map((key) => [key.id, principalOf(key)]));
  const rules = new Map<string, Tally>();
  const left = new Map<string, Tally>();
  const report = { requests: 0, unchanged: 0, moved: 0, blocked: 0, unknown: 0 };
  let cursor: string | undefined;
  do {
    const room = Math.min(listLimitMax, limit - report.requests);
    const filters = { fromMs, toMs, outcome: 'answered' } as const;
    const page = await sources.ledger.list({ limit: room, cursor, filters });
    for (const request of page.requests) {
      report.requests += 1;
      const found = judged(request, keys.get(request.keyId), policy, sources.snapshot);
      report[found.kind] += 1;
      if (found.kind !== 'moved' && found.kind !== 'blocked') continue;
      count(rules, found.rule, found.kind);
      count(left, request.deployment!, found.kind);
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined && report.requests < limit);
  return {
    ...report,
    truncated: cursor !== undefined,
    rules: ranked(rules).map(({ name, ...tally }) => ({ rule: name, ...tally })),
    left: ranked(left).map(({ name, ...tally }) => ({ deployment: name, ...tally })),
  };
}

type Judged = { kind: 'unchanged' | 'unknown' } | { kind: 'moved' | 'blocked'; rule: string };

function judged(
  request: RequestSummary,
  principal: Principal | undefined,
  policy: Policy,
  snapshot: Snapshot,
): Judged {
  const served = snapshot.catalog.findDeployment(request.deployment ?? '');
  if (served === undefined || principal === undefined) return { kind: 'unknown' };
  const route = snapshot.routes.get(request.route ?? '');
  const gate = gateAgain(request, { principal, route, policy, nowMs: request.startedAtMs });
  const refusal = gate.refusal(served, 'serve');
  if (refusal === undefined) return { kind: 'unchanged' };
  const others =
    route?.candidates.map(({ deployment }) => deployment) ??
    snapshot.catalog.deployments().filter(({ model }) => model.id === served.model.id);
  const isServable = others.some((deployment) => gate.refusal(deployment, 'serve') === undefined);
  return { kind: isServable ? 'moved' : 'blocked', rule: refusal.rule };
}

interface Tally {
  moved: number;
  blocked: number;
}

function count(tallies: Map<string, Tally>, name: string, kind: keyof Tally): void {
  const tally = tallies.get(name) ?? { moved: 0, blocked: 0 };
  tally[kind] += 1;
  tallies.set(name, tally);
}

const ranked = (tallies: Map<string, Tally>): (Tally & { name: string })[] =>
  [...tallies]
    .map(([name, tally]) => ({ name, ...tally }))
    .sort((a, b) => b.moved + b.blocked - (a.moved + a.blocked) || (a.name < b.name ? -1 : 1));
