import type { FrozenKnowledge } from '../../gateway/index.ts';
import type { Decision, Ladder, LadderSteps } from '../../router/index.ts';
import { LiveTest } from '../drift/live-test.ts';
import { LadderTest } from '../stats/ladder-test.ts';
import { RouteCosts } from './route-costs.ts';
import type { FrozenPolicy } from './state.ts';

/** Of a policy's share of error, what the test of its certificate may spend; the alarm has the same again beside it. */
const alarmDelta = 0.05;

interface RunState {
  test: unknown;
  costs: unknown;
  live: unknown;
}

/** A frozen policy while it is tested: the evidence for each of its rungs, what each would cost, and from its certificate on whether it still holds. */
export class PolicyRun {
  readonly policy: FrozenPolicy;
  readonly frozen: FrozenKnowledge;
  readonly test: LadderTest;
  readonly costs: RouteCosts;
  readonly learned: ReadonlySet<string>;
  #live: LiveTest | undefined;

  constructor(policy: FrozenPolicy, frozen: FrozenKnowledge) {
    const { allowances, quality, delta } = policy;
    this.policy = policy;
    this.frozen = frozen;
    this.test = new LadderTest({ rungs: allowances.length, quality, delta });
    this.costs = new RouteCosts(allowances.length);
    this.learned = new Set(policy.learnedSessions);
  }

  ladder(rung: number | undefined): Ladder {
    const { id, allowances } = this.policy;
    return { policy: id, allowances, ...(rung !== undefined && { rung }) };
  }

  /** The rung that is certified now; undefined = none. */
  get rung(): number | undefined {
    const { certified } = this.test;
    return certified === 0 ? undefined : certified - 1;
  }

  /** From now on it is watched whether the rung keeps what was certified. */
  watch(): void {
    this.#live ??= new LiveTest({ quality: this.policy.quality, delta: alarmDelta });
  }

  get watched(): boolean {
    return this.#live !== undefined;
  }

  get alarmed(): boolean {
    return this.#live?.alarmed ?? false;
  }

  /** An answered request that the policy speaks of. Rungs that call the reference lose nothing, and need no pair to tell. */
  answered(decision: Decision, ladder: LadderSteps, least: number, rung: number | undefined): void {
    this.costs.add(decision, ladder);
    if (least <= 0) return;
    const known = knownRungs(ladder, decision.reference);
    this.test.addKnown(least, known);
    if (rung !== undefined && rung < known) this.#live?.addKnown(least);
  }

  /** A unit that was drawn and graded: excess per rung; those that are known without a pair are counted with the requests. */
  graded(weight: number, excess: readonly number[], known: number, rung: number | undefined): void {
    this.test.add(weight, excess, known);
    const live = rung === undefined || rung < known ? undefined : excess[rung];
    if (live !== undefined) this.#live?.add(weight, live);
  }

  state(): RunState {
    return { test: this.test.state(), costs: this.costs.state(), live: this.#live?.state() };
  }

  /** False where the value is no state of such a run. */
  restore(value: unknown): boolean {
    const { test, costs, live } = (value ?? {}) as Partial<RunState>;
    if (!this.test.restore(test) || !this.costs.restore(costs)) return false;
    if (live === undefined) return true;
    this.watch();
    return this.#live!.restore(live);
  }
}

/** How many rungs, from the first, would call the reference. */
function knownRungs({ steps, rungs }: LadderSteps, reference: string): number {
  return steps.find(({ candidate }) => candidate !== reference)?.rung ?? rungs;
}
