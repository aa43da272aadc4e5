import type { CanaryHook, GatewayLog, LearnedStore, Route } from '../../gateway/index.ts';
import { isAttemptToAnswer, type RequestRecord } from '../../ledger/index.ts';
import type { Clock, IdSource } from '../../std/index.ts';
import type { StoryEvent } from '../lifecycle/state.ts';
import { drawn } from '../sampling/draw.ts';
import type { ProofStore } from '../store.ts';
import { CanaryWatch, type Variant, type Watched } from './canary-watch.ts';

export interface CanaryTools {
  clock: Pick<Clock, 'nowMs'>;
  ids: IdSource;
  secret: Uint8Array;
  learned: LearnedStore;
  store: Pick<ProofStore, 'appendStory'>;
  log: GatewayLog;
}

export interface TakenBack {
  atMs: number;
  because: string;
}

/** How a route's canary fares. */
export interface CanaryStatus {
  route: string;
  /** Configured; while it was taken back nobody gets it. */
  share: number;
  takenBack: TakenBack | undefined;
  requests: Readonly<Record<Variant, number>>;
  means: Record<Watched, { [variant in Variant]: number | undefined }>;
}

interface Trial {
  route: Route;
  watch: CanaryWatch;
  takenBack: TakenBack | undefined;
}

interface StoredTrial {
  version: 1;
  fingerprint: string;
  watch: unknown;
  takenBack: TakenBack | undefined;
}

const words: { [what in Watched]: string } = {
  failures: 'its calls fail more often',
  slow: 'its first words come later',
  loss: 'its answers are worse',
};

/** Tries other forms of routes on part of their conversations, and takes them back where they fare worse. What was taken back stays so until it is configured otherwise, or resumed. */
export class Canaries implements CanaryHook {
  readonly #tools: CanaryTools;
  readonly #trials = new Map<string, Trial>();

  constructor(tools: CanaryTools) {
    this.#tools = tools;
  }

  /** Takes up the routes that try something now. Rejects with `store_unavailable`. */
  async prepare(routes: Iterable<Route>): Promise<void> {
    await this.save();
    const trying = [...routes].filter(({ canary }) => canary !== undefined);
    const names = new Set(trying.map(({ name }) => name));
    for (const name of this.#trials.keys()) if (!names.has(name)) this.#trials.delete(name);
    for (const route of trying) {
      const known = this.#trials.get(route.name);
      if (known?.route.canary?.fingerprint === route.canary!.fingerprint) known.route = route;
      else this.#trials.set(route.name, await this.#begun(route));
    }
  }

  takes({ name, canary }: Route, session: string): boolean {
    const trial = this.#trials.get(name);
    if (canary === undefined || trial === undefined || trial.takenBack !== undefined) return false;
    return drawn(this.#tools.secret, 'canary', [name, canary.fingerprint, session]) < canary.share;
  }

  over({
    route,
    service,
    variant,
    outcome,
    status,
    attempts,
    decision,
    firstContentMs,
  }: RequestRecord): void {
    const trial = route === undefined || service !== undefined ? undefined : this.#trials.get(route);
    if (trial === undefined || outcome === 'aborted') return;
    // What the client got wrong says nothing of who answers.
    const isRefused = outcome === 'failed' && status < 500 && attempts.length === 0;
    if (isRefused) return;
    // A candidate whose circuit is open failed so often that it is not even called.
    const isDown = decision?.excluded.some(({ stage }) => stage === 'health') === true;
    const failed =
      outcome === 'failed' ||
      isDown ||
      attempts.some((one) => isAttemptToAnswer(one) && one.outcome === 'failed');
    trial.watch.over(variant ?? 'usual', failed, firstContentMs);
    this.#look(trial);
  }

  /** An answer was compared with the reference's: loss −1..1, with 1 / P(drawn). */
  judged(route: string, variant: Variant, loss: number, weight: number): void {
    const trial = this.#trials.get(route);
    if (trial === undefined) return;
    trial.watch.judged(variant, loss, weight);
    this.#look(trial);
  }

  status(route: string): CanaryStatus | undefined {
    const trial = this.#trials.get(route);
    if (trial === undefined) return undefined;
    const { watch, takenBack } = trial;
    const means = (what: Watched) => ({
      usual: watch.mean(what, 'usual'),
      canary: watch.mean(what, 'canary'),
    });
    return {
      route,
      share: trial.route.canary!.share,
      takenBack,
      requests: watch.requests,
      means: { failures: means('failures'), slow: means('slow'), loss: means('loss') },
    };
  }

  /** The operator takes it back. False where there is nothing to take back. */
  takeBack(route: string, because: string): boolean {
    const trial = this.#trials.get(route);
    if (trial === undefined || trial.takenBack !== undefined) return false;
    this.#end(trial, because);
    return true;
  }

  /** The operator lets it try again, from the beginning. False where it was not taken back. */
  resume(route: string): boolean {
    const trial = this.#trials.get(route);
    if (trial?.takenBack === undefined) return false;
    trial.takenBack = undefined;
    trial.watch = new CanaryWatch();
    this.#tell(trial.route.name, 'The canary tries again, and what it did before is forgotten.', {});
    void this.save();
    return true;
  }

  /** Never rejects. */
  async save(): Promise<void> {
    for (const [name, { route, watch, takenBack }] of this.#trials) {
      const { fingerprint } = route.canary!;
      const stored: StoredTrial = { version: 1, fingerprint, watch: watch.state(), takenBack };
      try {
        await this.#tools.learned.put(stateName(name), JSON.stringify(stored), this.#tools.clock.nowMs());
      } catch (thrown) {
        this.#tools.log.error({ cause: String(thrown) }, 'the state of a canary could not be stored');
      }
    }
  }

  async #begun(route: Route): Promise<Trial> {
    const { share, fingerprint } = route.canary!;
    const trial: Trial = { route, watch: new CanaryWatch(), takenBack: undefined };
    const stored = readTrial(await this.#tools.learned.get(stateName(route.name)));
    if (stored?.fingerprint === fingerprint && trial.watch.restore(stored.watch)) {
      trial.takenBack = stored.takenBack;
      return trial;
    }
    trial.watch = new CanaryWatch();
    this.#tell(
      route.name,
      `A canary begins: ${percent(share)} of the conversations get the other form of the route.`,
      {
        share,
      },
    );
    return trial;
  }

  #look(trial: Trial): void {
    const worse = trial.takenBack === undefined ? trial.watch.worse : undefined;
    if (worse === undefined) return;
    const [canary, usual] = [trial.watch.mean(worse, 'canary'), trial.watch.mean(worse, 'usual')];
    const seen =
      canary === undefined || usual === undefined ? '' : ` (${percent(canary)}, otherwise ${percent(usual)})`;
    this.#end(trial, `${words[worse]}${seen}`);
  }

  #end(trial: Trial, because: string): void {
    const { usual, canary } = trial.watch.requests;
    trial.takenBack = { atMs: this.#tools.clock.nowMs(), because };
    this.#tell(
      trial.route.name,
      `The canary is taken back after ${canary} of its requests: ${because}. Everybody gets the usual form again.`,
      { canaryRequests: canary, usualRequests: usual },
    );
    void this.save();
  }

  #tell(route: string, sentence: string, facts: StoryEvent['facts']): void {
    const { ids, clock, store, log } = this.#tools;
    const event: StoryEvent = {
      id: ids('evt'),
      route,
      atMs: clock.nowMs(),
      kind: 'canary',
      from: undefined,
      to: undefined,
      sentence,
      facts,
    };
    store.appendStory([event]).catch((thrown: unknown) => {
      log.error({ cause: String(thrown) }, 'what became of a canary could not be told');
    });
  }
}

const stateName = (route: string): string => `canary/${route}`;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function readTrial(text: string | undefined): StoredTrial | undefined {
  if (text === undefined) return undefined;
  try {
    const stored = JSON.parse(text) as StoredTrial;
    return stored.version === 1 ? stored : undefined;
  } catch {
    return undefined;
  }
}
