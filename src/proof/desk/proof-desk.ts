import type {
  BesideDeps,
  GatewayLog,
  KeptOutcomes,
  LearnedStore,
  ProofHook,
  ProofTicket,
  ProvedRequest,
  RouteStance,
} from '../../gateway/index.ts';
import type { Ledger, LedgerStore, RequestRecord } from '../../ledger/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import type { LengthsState, OwnOutcomes } from '../../router/index.ts';
import type { Canaries } from '../canary/canaries.ts';
import { Prober } from '../drift/prober.ts';
import { Labelling, type LabelTask, type Verdict } from '../labels/labelling.ts';
import type { Capture, Pair } from '../pairs/pair.ts';
import type { ProofStore } from '../store.ts';
import type { GradeAnswers } from './make-pair.ts';
import { ProvedRoute } from './proved-route.ts';
import type { ConfiguredRoute, Written } from './route-proof.ts';
import { readRouteState } from './route-state.ts';
import { lessonsOf } from './teaching.ts';
import { WorkQueue } from './work-queue.ts';

export interface ProofDeskTools {
  deps: BesideDeps;
  secret: Uint8Array;
  version: string;
  store: ProofStore;
  learned: LearnedStore;
  ledger: Pick<Ledger, 'record' | 'flush'>;
  ledgerStore: Pick<LedgerStore, 'get'>;
  outcomes: Pick<KeptOutcomes, 'take'>;
  own(): ReturnType<OwnOutcomes['state']>;
  lengths(): LengthsState;
  grade(configured: ConfiguredRoute): GradeAnswers;
  log: GatewayLog;
  /** Whoever tries other forms of routes wants to know how their answers fare. */
  canaries?: Pick<Canaries, 'judged'> | undefined;
}

/** Pairs that are made at once, over all routes: they must not take the providers from the clients. */
const pairsAtOnceMax = 4;
const pairsWaitingMax = 500;
/** Of the requests that pairs are made of, as they were sent. */
const pairsBytesMax = 64 * 1024 ** 2;
const pageRows = 500;
/** Before the ids of all pairs. */
const firstPair = 'pair_';
const capturesOpenMax = 200;
/** Texts that are kept in all, before compression. */
const captureBytesMax = 4 * 1024 ** 3;
const writeTries = 3;

/**
 * Whoever proves routes: hears of every request of theirs, has pairs made beside them, and keeps what must outlive the process. One process proves the routes of a
 * store.
 */
export class ProofDesk implements ProofHook {
  readonly #routes = new Map<string, ProvedRoute>();
  readonly #tools: ProofDeskTools;
  readonly #queue: WorkQueue;
  readonly #labelling: Labelling;
  readonly #prober: Prober;
  #probing: Promise<void> = Promise.resolve();
  #isProbing = false;
  readonly #leave: (() => void)[] = [];
  #cancelled = false;
  #writes: Promise<void> = Promise.resolve();
  #captures = 0;

  constructor(tools: ProofDeskTools) {
    this.#tools = tools;
    const { store, secret, deps } = tools;
    this.#labelling = new Labelling({ store, secret, nowMs: () => deps.clock.nowMs() });
    const { learned, ledger } = tools;
    this.#prober = new Prober({
      deps,
      learned,
      cancellation: this.#cancellation(),
      record: (record) => ledger.record(record),
    });
    this.#queue = new WorkQueue({
      atOnceMax: pairsAtOnceMax,
      waitingMax: pairsWaitingMax,
      bytesMax: pairsBytesMax,
      failed: (thrown) => this.#failed(thrown),
    });
  }

  /** Takes up the routes that are to be proved now, each where it was, and lets go of others. Rejects with `store_unavailable`. */
  async prepare(configured: readonly ConfiguredRoute[]): Promise<void> {
    const names = new Set(configured.map(({ route }) => route.name));
    await this.save();
    for (const name of this.#routes.keys()) if (!names.has(name)) this.#routes.delete(name);
    for (const one of configured) {
      const known = this.#routes.get(one.route.name);
      if (known !== undefined) known.reconfigured(one);
      else this.#routes.set(one.route.name, await this.#resumed(one));
    }
    await this.save();
  }

  route(name: string): ProvedRoute | undefined {
    return this.#routes.get(name);
  }

  stance(route: string): RouteStance | undefined {
    return this.#routes.get(route)?.stance();
  }

  begins(begun: ProvedRequest): ProofTicket | undefined {
    const route = this.#routes.get(begun.route.name);
    if (route === undefined) return undefined;
    if (begun.route.variant === 'canary')
      return this.#never(() => {
        const ticket = route.beginsCanary(begun);
        return ticket && this.#safe(ticket);
      });
    // A request that began under an older configuration says nothing of this one.
    if (route.proof.configured.route !== begun.route) return undefined;
    return this.#never(() => this.#safe(route.begins(begun)));
  }

  /** Whatever goes wrong in proving, the client's request goes on. */
  #never<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (thrown) {
      this.#failed(thrown);
      return undefined;
    }
  }

  #safe(ticket: ProofTicket): ProofTicket {
    return {
      wantsAnswer: ticket.wantsAnswer,
      over: (record, answer) => this.#never(() => ticket.over(record, answer)),
    };
  }

  /** Stores where each route is. Never rejects. */
  async save(): Promise<void> {
    for (const route of this.#routes.values()) {
      this.#never(() => route.proof.due());
      this.#saveSoon(route);
    }
    await this.#writes;
  }

  /** Asks candidates that are due whether they are still who they were, in the background and one route after the other. Never throws. */
  probe(): void {
    if (this.#isProbing || this.#cancelled) return;
    this.#isProbing = true;
    this.#probing = this.#probeAll()
      .catch((thrown: unknown) => this.#failed(thrown))
      .finally(() => {
        this.#isProbing = false;
      });
  }

  async #probeAll(): Promise<void> {
    for (const { proof } of [...this.#routes.values()]) {
      const { route, settings, snapshot } = proof.configured;
      if (settings.probeMs === undefined) continue;
      const probed = await this.#prober.probe(route, settings.probeMs, snapshot);
      if (probed === undefined) continue;
      proof.spent(probed.costNano);
      for (const change of probed.changes) proof.providerChanged(change);
    }
  }

  /** What a person is asked next, of one route or of any, and how many pairs wait for a label. */
  async nextLabel(
    route: string | undefined,
    by: string,
  ): Promise<{ task: LabelTask | undefined; waiting: number }> {
    await this.written();
    const routes = route === undefined ? [...this.#routes.values()] : [this.#routes.get(route)];
    const wanted = routes.flatMap((one) => one?.proof.openLabels ?? []);
    return { task: await this.#labelling.next(route, wanted, by), waiting: wanted.length };
  }

  /** Takes what a person said of a pair they were asked about. Rejects with `not_found` and `invalid_request`. */
  async label(
    pairId: string,
    verdicts: ReadonlyMap<string, Verdict>,
    said: { by: string; comment: string | undefined },
  ): Promise<void> {
    const pair = await this.#tools.store.pair(pairId);
    if (pair === undefined)
      throw new GatewayError('not_found', 'There is no pair with this id.', { param: 'pair_id' });
    const route = this.#routes.get(pair.route);
    if (pair.anchorPropensity === undefined && route?.proof.openLabels.includes(pairId) !== true)
      throw new GatewayError(
        'invalid_request',
        'People are asked about pairs that chance draws, so that what they say speaks of all: take those that /api/v1/labels/next gives.',
        { param: 'pair_id' },
      );
    const labels = await this.#labelling.label(pair, verdicts, said);
    route?.proof.labelled(pair, labels);
    if (route !== undefined) this.#saveSoon(route);
  }

  /** Drops texts past their time. Never rejects. */
  async prune(): Promise<void> {
    try {
      await this.#tools.store.pruneCaptures(this.#tools.deps.clock.nowMs(), captureBytesMax);
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  /** Resolves when all that has happened is stored. */
  async written(): Promise<void> {
    await this.#writes;
  }

  /** Pairs that are being made are given up: they count as lost. */
  async close(): Promise<void> {
    this.#cancelled = true;
    for (const leave of this.#leave.splice(0)) leave();
    await this.#queue.close();
    await this.#probing;
    await this.save();
  }

  async #resumed(configured: ConfiguredRoute): Promise<ProvedRoute> {
    const { store, learned } = this.#tools;
    const { name } = configured.route;
    const route = this.#routeOf(configured);
    const stored = readRouteState(await learned.get(stateName(name)));
    const policies = await store.policies(name);
    if (stored !== undefined) {
      route.restore(stored, policies);
      for await (const pair of this.#pairs({ route: name }, route.proof.lastPairId)) route.proof.paired(pair);
    }
    for (const pairId of route.proof.openLabels) {
      const labels = await store.labels([pairId]);
      const pair = labels.length === 0 ? undefined : await store.pair(pairId);
      if (pair !== undefined) route.proof.labelled(pair, labels);
    }
    route.proof.resumed(policies);
    for (const policy of stored?.teaching ?? []) this.#soon(() => this.#teachEnded(route, policy));
    return route;
  }

  async *#pairs(
    query: { route?: string; policy?: string; use?: Pair['use'] },
    after = firstPair,
  ): AsyncGenerator<Pair> {
    for (let at = after; ; ) {
      const { pairs } = await this.#tools.store.pairs({ ...query, after: at, limit: pageRows });
      yield* pairs;
      const last = pairs.at(-1);
      if (last === undefined || pairs.length < pageRows) return;
      at = last.id;
    }
  }

  #routeOf(configured: ConfiguredRoute): ProvedRoute {
    const { deps, secret, version, ledger, own, lengths, grade, store } = this.#tools;
    const route: ProvedRoute = new ProvedRoute(configured, {
      clock: deps.clock,
      ids: deps.ids,
      random: deps.random,
      version,
      own,
      lengths,
      secret,
      deps,
      queue: this.#queue,
      grade,
      cancellation: this.#cancellation(),
      wrote: (written) => this.#wrote(route, written),
      keepPair: (pair, capture) => store.putPair(pair, capture),
      keepCapture: (capture) => this.#keepCapture(capture),
      record: (record) => ledger.record(record),
      teach: (pair, record) => this.#soon(() => this.#teach(route, pair, record)),
      served: (variant, loss, weight) =>
        this.#tools.canaries?.judged(configured.route.name, variant, loss, weight),
      failed: (thrown) => this.#failed(thrown),
    });
    return route;
  }

  #cancellation() {
    const isCancelled = () => this.#cancelled;
    return {
      get cancelled() {
        return isCancelled();
      },
      onCancel: (leave: () => void) => {
        this.#leave.push(leave);
        // Those of calls that are over do nothing any more; they are let go of before they are many.
        if (this.#leave.length > 100 * pairsAtOnceMax) this.#leave.splice(0, 50 * pairsAtOnceMax);
      },
    };
  }

  #wrote(route: ProvedRoute, written: Written): void {
    this.#soon(() => this.#put(route, written));
    this.#saveSoon(route);
  }

  async #put(route: ProvedRoute, written: Written): Promise<void> {
    const { store } = this.#tools;
    switch (written.kind) {
      case 'policy':
        return store.putPolicy(written.policy);
      case 'certificate':
        return store.putCertificate(written.certificate);
      case 'event':
        return store.appendStory([written.event]);
      case 'ended':
        return this.#teachEnded(route, written.policy.id);
    }
  }

  /** What tested a policy that is over may teach, and whoever it taught no longer counts. No policy is frozen in between. */
  async #teachEnded(route: ProvedRoute, policy: string): Promise<void> {
    const { proof } = route;
    const { name } = proof.configured.route;
    try {
      for await (const pair of this.#pairs({ route: name, policy, use: 'test' })) {
        const record = await this.#tools.ledgerStore.get(pair.requestId);
        if (record === undefined) continue;
        proof.taughtBy(pair.session);
        await this.#teach(route, pair, record);
      }
    } finally {
      proof.taught(policy);
    }
  }

  async #teach(route: ProvedRoute, pair: Pair, record: RequestRecord): Promise<void> {
    if (route.proof.configured.route.learn === 'off') return;
    const lessons = lessonsOf(pair, record, this.#tools.deps.clock.nowMs());
    if (lessons.length > 0) await this.#tools.outcomes.take(lessons);
  }

  #keepCapture(capture: Capture): void {
    if (this.#captures >= capturesOpenMax) return;
    this.#captures += 1;
    void this.#tools.store
      .putCapture(capture)
      .catch((thrown: unknown) => this.#failed(thrown))
      .finally(() => {
        this.#captures -= 1;
      });
  }

  #saveSoon(route: ProvedRoute): void {
    const { name } = route.proof.configured.route;
    this.#soon(async () => {
      const state = JSON.stringify(route.state());
      await this.#tools.learned.put(stateName(name), state, this.#tools.deps.clock.nowMs());
    });
  }

  /** One write after the other, in the order of what happened; one that fails is tried again before it is given up. */
  #soon(write: () => Promise<void>): void {
    this.#writes = this.#writes.then(async () => {
      for (let tries = 1; tries <= writeTries; tries++) {
        try {
          return await write();
        } catch (thrown) {
          if (tries === writeTries) this.#failed(thrown);
        }
      }
    });
  }

  #failed(thrown: unknown): void {
    this.#tools.log.error({ cause: String(thrown) }, 'a step in proving a route failed');
  }
}

const stateName = (route: string): string => `proof/${route}`;
