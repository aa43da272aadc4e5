import type { RequestRecord, SavingsCell, SavingsQuery, SavingsStore } from '../../ledger/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import type { Certificate } from '../lifecycle/state.ts';
import type { Pair } from '../pairs/pair.ts';
import { rounded } from '../stats/ratio.ts';
import type { PairQuery, ProofStore } from '../store.ts';
import { type MeasuredPair, measuredPair, measureRoute, type RouteMeasures } from './measured.ts';
import type { Period } from './period.ts';
import {
  type CertificateFigures,
  certificateFigures,
  type ReportData,
  type RouteFigures,
  routeFigures,
  rowFigures,
  savingsGroups,
} from './report-data.ts';
import { type SavingsRow, savingsRow, savingsRows } from './rows.ts';

export interface SavingsSources {
  savings: SavingsStore;
  proof: Pick<ProofStore, 'pairs' | 'certificates' | 'story'>;
}

/** Reduced pairs are held all at once: some 200 bytes each. */
const pairsMax = 250_000;
const pageSize = 500;
const certificatesMax = 500;
const storyMax = 200;

/** What was saved in a period by one grouping, and what pairs say of each route. */
export interface Savings {
  total: SavingsRow;
  rows: SavingsRow[];
  routes: RouteFigures[];
}

/** Rejects with `invalid_request` where the period has more pairs than are compared at once. */
export async function savingsOf(query: SavingsQuery, sources: SavingsSources): Promise<Savings> {
  const byRoute = await sources.savings.savings({ ...query, by: 'route' });
  const measured = await measuredRoutes(byRoute, query, sources);
  const cells = query.by === 'route' ? byRoute : await sources.savings.savings(query);
  const factors = factorsOf(measured);
  return {
    total: savingsRow(undefined, byRoute, factors),
    rows: savingsRows(cells, factors),
    routes: measured.map(({ figures }) => figures),
  };
}

/** Rejects with `invalid_request` where the period has more pairs than are compared at once. */
export async function makeReport(
  period: Period,
  made: { atMs: number; version: string },
  sources: SavingsSources,
): Promise<ReportData> {
  const byRoute = await sources.savings.savings({ ...period, by: 'route' });
  const measured = await measuredRoutes(byRoute, period, sources);
  const factors = factorsOf(measured);
  const by: Partial<ReportData['by']> = {};
  for (const group of savingsGroups) {
    const cells = group === 'route' ? byRoute : await sources.savings.savings({ ...period, by: group });
    by[group] = savingsRows(cells, factors).map(rowFigures);
  }
  return {
    format: 'yumen-report/1',
    version: made.version,
    made_at: iso(made.atMs),
    from: iso(period.fromMs),
    to: iso(period.toMs),
    total: rowFigures(savingsRow(undefined, byRoute, factors)),
    by: by as ReportData['by'],
    routes: measured.map(({ figures }) => figures),
    certificates: await certificatesIn(period, sources.proof),
    ...(await storyIn(period, sources.proof)),
  };
}

interface MeasuredRoute {
  route: string;
  measures: RouteMeasures;
  figures: RouteFigures;
}

function factorsOf(measured: readonly MeasuredRoute[]): Map<string, RouteMeasures> {
  return new Map(measured.map(({ route, measures }) => [route, measures]));
}

async function measuredRoutes(
  cells: readonly SavingsCell[],
  { fromMs, toMs }: Period,
  { savings, proof }: SavingsSources,
): Promise<MeasuredRoute[]> {
  const byRoute = new Map<string, MeasuredPair[]>();
  for await (const pair of pairsOf({ fromMs, toMs }, proof)) {
    const own = byRoute.get(pair.route);
    if (own === undefined) byRoute.set(pair.route, [measuredPair(pair)]);
    else own.push(measuredPair(pair));
  }
  const named = cells.flatMap(({ route, kind }) =>
    route === undefined || kind === 'simulated' || kind === 'unrouted' ? [] : [route],
  );
  const routes = [...new Set([...named, ...byRoute.keys()])].sort();
  const measured: MeasuredRoute[] = [];
  for (const route of routes) {
    const aim = aimOf(await savings.lastDecided(route, fromMs, toMs));
    const measures = measureRoute(byRoute.get(route) ?? [], aim.target);
    measured.push({ route, measures, figures: routeFigures(route, aim, measures) });
  }
  return measured;
}

function aimOf(record: RequestRecord | undefined): {
  reference: string | undefined;
  target: number | undefined;
} {
  const target = record?.decision?.target;
  return {
    reference: record?.decision?.reference,
    target: target?.kind === 'quality' ? target.value : undefined,
  };
}

/** Of real models only. */
async function* pairsOf(
  query: Omit<PairQuery, 'limit' | 'cursor'>,
  proof: Pick<ProofStore, 'pairs'>,
): AsyncGenerator<Pair> {
  let cursor: string | undefined;
  let read = 0;
  do {
    const page = await proof.pairs({ ...query, cursor, limit: pageSize });
    read += page.pairs.length;
    if (read > pairsMax)
      throw new GatewayError(
        'invalid_request',
        `The period has more than ${pairsMax} pairs, which are not compared at once: choose a shorter one.`,
      );
    for (const pair of page.pairs) if (!pair.simulated) yield pair;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** Those that were in force at any time of the period, the newest first. */
async function certificatesIn(
  { fromMs, toMs }: Period,
  proof: Pick<ProofStore, 'certificates' | 'pairs'>,
): Promise<CertificateFigures[]> {
  const all = await proof.certificates({ limit: certificatesMax });
  const inForce = all.filter(
    ({ issuedAtMs, endedAtMs }) => issuedAtMs < toMs && (endedAtMs === undefined || endedAtMs > fromMs),
  );
  const figures: CertificateFigures[] = [];
  for (const one of inForce) figures.push(certificateFigures(one, await observedOf(one, proof)));
  return figures;
}

/** Its evidence as anyone can count it: no correction, no bound. */
async function observedOf(
  { route, policy, rung, issuedAtMs }: Certificate,
  proof: Pick<ProofStore, 'pairs'>,
): Promise<CertificateFigures['observed']> {
  const sessions = new Set<string>();
  const sums = { pairs: 0, weight: 0, cheap: 0, loss: 0 };
  for await (const pair of pairsOf({ route, policy, use: 'test', toMs: issuedAtMs + 1 }, proof)) {
    const called = pair.rungs[rung];
    const { weight, candidates } = measuredPair(pair);
    const answer = pair.answers.find(({ candidate }) => candidate === called);
    const isRescued = answer !== undefined && (answer.outcome === 'failed' || answer.faults.length > 0);
    const loss =
      called === pair.reference || isRescued
        ? 0
        : candidates.find(({ candidate }) => candidate === called)?.loss;
    if (called === undefined || loss === undefined) continue;
    sessions.add(pair.session);
    sums.pairs += 1;
    sums.weight += weight;
    sums.cheap += called === pair.reference ? 0 : weight;
    sums.loss += weight * loss;
  }
  const { pairs, weight, cheap, loss } = sums;
  return {
    pairs,
    sessions: sessions.size,
    loss: weight > 0 ? rounded(loss / weight) : null,
    cheap_share: weight > 0 ? rounded(cheap / weight) : null,
  };
}

async function storyIn(
  { fromMs, toMs }: Period,
  proof: Pick<ProofStore, 'story'>,
): Promise<Pick<ReportData, 'story' | 'story_left_out'>> {
  const story: ReportData['story'] = [];
  let cursor: string | undefined;
  do {
    const page = await proof.story({ limit: pageSize, cursor });
    for (const { atMs, route, kind, sentence } of page.events) {
      if (atMs < fromMs) return { story, story_left_out: false };
      if (atMs >= toMs) continue;
      if (story.length === storyMax) return { story, story_left_out: true };
      story.push({ at: iso(atMs), route, kind, sentence });
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { story, story_left_out: false };
}

const iso = (ms: number): string => new Date(ms).toISOString();
