import type { RequestRecord } from '../ledger/index.ts';
import {
  BudgetPacer,
  type DecideInput,
  type Decision,
  type PacerView,
  planId,
  readPacerMemory,
  UpgradeCap,
} from '../router/index.ts';
import { type Clock, type NanoUsd, nanoPerUsd } from '../std/index.ts';
import type { GatewayLog } from './gateway.ts';
import type { LearnedStore } from './kept-lengths.ts';
import type { Route } from './snapshot.ts';
import type { RequestTrace } from './trace.ts';

const name = 'pacing';
const dayMs = 86_400_000;

/** What outlives the process; absent = nothing does. */
export interface PacingHome {
  store: LearnedStore;
  /** What the ledger knows of each route's spending since `fromMs`. */
  spentSince(fromMs: number): Promise<Map<string, NanoUsd>>;
  log: GatewayLog;
}

export interface RoutePacingOptions {
  clock: Pick<Clock, 'nowMs'>;
  home?: PacingHome | undefined;
}

/**
 * The pacers of routes with a daily budget and the upgrade caps of routes that have one. A process paces what it serves itself: of several
 * processes each spends the whole budget, but for what the ledger knew of the day when it started.
 */
export class RoutePacing {
  readonly #options: RoutePacingOptions;
  readonly #pacers = new Map<string, BudgetPacer>();
  readonly #caps = new Map<string, UpgradeCap>();

  constructor(options: RoutePacingOptions) {
    this.#options = options;
  }

  /**
   * Makes what the routes of a configuration need, from what was remembered and what the ledger knows, and forgets what they need no more.
   * Never rejects: without memory a day begins anew, which the ledger's next requests correct.
   */
  async prepare(routes: Iterable<Route>): Promise<void> {
    const wanted = new Map<string, Route>();
    for (const route of routes) wanted.set(route.name, route);
    for (const [route] of this.#caps)
      if (wanted.get(route)?.upgradeShareMax === undefined) this.#caps.delete(route);
    for (const [route] of this.#pacers)
      if (wanted.get(route)?.target.kind !== 'budget-per-day') this.#pacers.delete(route);
    const fresh: [string, BudgetPacer][] = [];
    const nowMs = this.#options.clock.nowMs();
    const remembered = await this.#remembered();
    for (const [route, { target, upgradeShareMax }] of wanted) {
      if (upgradeShareMax !== undefined && !this.#caps.has(route)) this.#caps.set(route, new UpgradeCap());
      if (target.kind !== 'budget-per-day') continue;
      const budgetNano = target.value * nanoPerUsd;
      const known = this.#pacers.get(route);
      if (known !== undefined) known.setBudget(budgetNano);
      else fresh.push([route, new BudgetPacer(budgetNano, nowMs, readPacerMemory(remembered[route]))]);
    }
    if (fresh.length === 0) return;
    const spent = await this.#spentToday(nowMs);
    for (const [route, pacer] of fresh) {
      const { dayStartMs } = pacer.view(nowMs);
      // A route that only observes spends the reference's money, and paces what it would have spent.
      if (wanted.get(route)?.mode !== 'observe') pacer.learnSpent(dayStartMs, spent.get(route) ?? 0);
      this.#pacers.set(route, pacer);
    }
  }

  /** What a decision on the route must be told. */
  guidance(
    route: Route | undefined,
    keyId: string,
    nowMs: number,
  ): Pick<DecideInput, 'lambdaUsd' | 'capped'> {
    if (route === undefined) return {};
    const lambdaUsd = this.#pacers.get(route.name)?.lambdaUsd(nowMs);
    const { upgradeShareMax, mode } = route;
    const capped =
      upgradeShareMax === undefined || mode !== 'assist'
        ? undefined
        : this.#caps.get(route.name)?.verdict(keyId, upgradeShareMax, nowMs);
    return { ...(lambdaUsd !== undefined && { lambdaUsd }), ...(capped !== undefined && { capped }) };
  }

  /** The calls of a decision begin. */
  began(
    { call, principal, target }: Pick<RequestTrace, 'call' | 'principal' | 'target'>,
    decision: Decision,
  ): void {
    const route = target?.route;
    if (route === undefined) return;
    const nowMs = this.#options.clock.nowMs();
    const options = optionsOf(decision);
    const chosen = chosenOf(decision);
    if (isFree(decision)) this.#caps.get(route.name)?.note(principal.keyId, { chosen, options }, nowMs);
    const pacer = this.#pacers.get(route.name);
    if (pacer === undefined) return;
    const paced = decision.target.kind === 'budget-per-day' && isFree(decision) && pacer.ready;
    pacer.began(call.requestId, { options, chosen, lambdaUsd: paced ? decision.lambda : undefined }, nowMs);
  }

  /** A request is over. Of a route that only observes, what its choice would have cost counts. */
  settled(record: RequestRecord): void {
    if (record.route === undefined || record.service !== undefined) return;
    const pacer = this.#pacers.get(record.route);
    if (pacer === undefined) return;
    const { costNano, decision } = record;
    const answered = record.attempts.some(({ outcome, role }) => outcome === 'answered' && role !== 'signal');
    const cost = decision?.mode === 'observe' ? wouldBeNano(decision, costNano) : costNano;
    pacer.settled(record.id, cost, this.#options.clock.nowMs(), answered);
  }

  /** How the budget of a route fares; undefined where it has none. */
  view(route: string): PacerView | undefined {
    return this.#pacers.get(route)?.view(this.#options.clock.nowMs());
  }

  /** Never rejects. */
  async save(): Promise<void> {
    const { home, clock } = this.#options;
    if (home === undefined || this.#pacers.size === 0) return;
    const memories = [...this.#pacers].map(([route, pacer]) => [route, pacer.memory()]);
    try {
      await home.store.put(name, JSON.stringify(Object.fromEntries(memories)), clock.nowMs());
    } catch (thrown) {
      home.log.warn({ name, cause: String(thrown) }, 'what was learned of daily budgets could not be saved');
    }
  }

  async #remembered(): Promise<{ [route: string]: unknown }> {
    const { home } = this.#options;
    try {
      const value: unknown = JSON.parse((await home?.store.get(name)) ?? '{}');
      return typeof value === 'object' && value !== null ? { ...value } : {};
    } catch (thrown) {
      home?.log.warn({ name, cause: String(thrown) }, 'what was learned of daily budgets could not be read');
      return {};
    }
  }

  async #spentToday(nowMs: number): Promise<Map<string, NanoUsd>> {
    const { home } = this.#options;
    try {
      return (await home?.spentSince(Math.floor(nowMs / dayMs) * dayMs)) ?? new Map();
    } catch (thrown) {
      home?.log.warn({ name, cause: String(thrown) }, 'what routes spent today could not be read');
      return new Map();
    }
  }
}

/** Every way of answering that was weighed and has a price. */
function optionsOf({ candidates, cascades }: Decision) {
  const singles = candidates.map(({ candidate, cost, switchNano, loss }) => ({
    id: candidate,
    cost,
    switchNano,
    loss,
  }));
  const plans = (cascades ?? []).map(({ plan, cost, loss }) => ({
    id: planId(plan),
    cost,
    switchNano: undefined,
    loss,
  }));
  return [...singles, ...plans].flatMap(({ id, cost, switchNano, loss }) =>
    cost === undefined
      ? []
      : [
          {
            id,
            costNano: cost.totalNano,
            comparedNano: cost.totalNano + (switchNano ?? 0),
            loss: loss.mean,
          },
        ],
  );
}

const chosenOf = ({ cascade, preferred }: Decision): string =>
  cascade === undefined ? preferred : planId(cascade.plan);

/** The price of quality had a say: nothing but it kept the request where it went. */
function isFree({ reason }: Decision): boolean {
  return (
    reason !== 'tool-loop-lock' &&
    reason !== 'session-lock' &&
    reason !== 'router-failed' &&
    reason !== 'single-candidate' &&
    reason !== 'price-unknown'
  );
}

/** The reference answered and was paid; the choice would have cost in proportion to what both were expected to cost. */
function wouldBeNano(decision: Decision, costNano: NanoUsd | undefined): NanoUsd | undefined {
  const options = optionsOf(decision);
  const reference = options.find((option) => option.id === decision.reference)?.costNano;
  const chosen = options.find((option) => option.id === chosenOf(decision))?.costNano;
  if (costNano === undefined || reference === undefined || chosen === undefined || reference <= 0)
    return undefined;
  return Math.round((costNano * chosen) / reference);
}
