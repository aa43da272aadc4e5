import { type CallWindow, createCallWindow } from '../call-window.ts';
import { Ewma } from './ewma.ts';
import type { OutlierPolicy } from './policy.ts';
import { SmoothWeights } from './smooth-weights.ts';

/** When an answer's first content came. */
export interface FirstContent {
  ms: number;
  /** A whole answer is there only when all of it is: its size. Undefined for streams. */
  outputTokens: number | undefined;
}

interface Member {
  calls: CallWindow;
  /** Time to the first content, as a multiple of what is usual among the siblings. */
  slowness: Ewma;
  seenAtMs: number;
  ejections: number;
  ejectedUntilMs: number;
}

/**
 * Deployments that serve the same model with the same effort, compared with one another: how fast each is, and whether one is so far from
 * the others that it should rest.
 */
export class Siblings {
  readonly turns: SmoothWeights;
  // Bounded by the deployments of the catalogue.
  private readonly members = new Map<string, Member>();
  private readonly usual = new Map<string, Ewma>();
  private readonly policy: OutlierPolicy;
  /** Whether a circuit is open is known elsewhere. */
  private readonly isDown: (deployment: string, nowMs: number) => boolean;

  constructor(
    policy: OutlierPolicy,
    random: () => number,
    isDown: (deployment: string, nowMs: number) => boolean,
  ) {
    this.policy = policy;
    this.turns = new SmoothWeights(random);
    this.isDown = isDown;
  }

  know(deployment: string): void {
    this.memberOf(deployment);
  }

  forget(deployment: string): void {
    this.members.delete(deployment);
    this.turns.forget(deployment);
  }

  answered(deployment: string, first: FirstContent, nowMs: number): void {
    const member = this.memberOf(deployment);
    member.calls.add(nowMs, false);
    const usual = this.usualFor(first);
    member.slowness.add(usual.value === undefined ? 1 : first.ms / Math.max(1, usual.value), nowMs);
    usual.add(first.ms, nowMs);
    member.seenAtMs = nowMs;
    if ((member.slowness.value ?? 1) > 1) this.judge(deployment, nowMs);
  }

  failed(deployment: string, nowMs: number): void {
    const member = this.memberOf(deployment);
    member.calls.add(nowMs, true);
    member.seenAtMs = nowMs;
    this.judge(deployment, nowMs);
  }

  isEjected(deployment: string, nowMs: number): boolean {
    return nowMs < (this.members.get(deployment)?.ejectedUntilMs ?? 0);
  }

  ejectedUntilMs(deployment: string): number {
    return this.members.get(deployment)?.ejectedUntilMs ?? 0;
  }

  /** Undefined while nothing is known. */
  slowness(deployment: string): number | undefined {
    return this.members.get(deployment)?.slowness.value;
  }

  /** When it was last heard of; before all time if never. */
  seenAtMs(deployment: string): number {
    return this.members.get(deployment)?.seenAtMs ?? Number.NEGATIVE_INFINITY;
  }

  private judge(deployment: string, nowMs: number): void {
    const member = this.memberOf(deployment);
    if (this.isEjected(deployment, nowMs) || !this.mayEject(nowMs)) return;
    if (!this.failsMore(deployment, nowMs) && !this.isSlower(deployment, nowMs)) return;
    const { ejectionMs, ejectionMsMax, forgiveMs } = this.policy;
    const servedMs = nowMs - member.ejectedUntilMs;
    member.ejections = Math.max(0, member.ejections - Math.floor(servedMs / forgiveMs)) + 1;
    member.ejectedUntilMs = nowMs + Math.min(ejectionMsMax, ejectionMs * member.ejections);
    // It comes back with a clean sheet: what it was is no evidence of what it has become.
    member.calls.clear();
    member.slowness = new Ewma();
  }

  /** One more may go only while fewer than half are gone, whatever for. */
  private mayEject(nowMs: number): boolean {
    let out = 1;
    for (const id of this.members.keys()) if (this.isEjected(id, nowMs) || this.isDown(id, nowMs)) out += 1;
    return out <= this.members.size * this.policy.outMax;
  }

  private failsMore(deployment: string, nowMs: number): boolean {
    const { callsMin, failuresMin, failureShareAbove } = this.policy;
    const share = ({ calls, failures }: { calls: number; failures: number }): number => failures / calls;
    const own = this.memberOf(deployment).calls.counts(nowMs);
    if (own.calls < callsMin || own.failures < failuresMin) return false;
    const others = this.othersOf(deployment, nowMs)
      .map(({ calls }) => calls.counts(nowMs))
      .filter(({ calls }) => calls >= callsMin);
    const usual = median(others.map(share));
    return usual !== undefined && share(own) - usual >= failureShareAbove;
  }

  private isSlower(deployment: string, nowMs: number): boolean {
    const { callsMin, slownessMin } = this.policy;
    const answers = ({ calls }: Member): number => {
      const counted = calls.counts(nowMs);
      return counted.calls - counted.failures;
    };
    const member = this.memberOf(deployment);
    if (answers(member) < callsMin) return false;
    const others = this.othersOf(deployment, nowMs).filter((other) => answers(other) >= callsMin);
    // Of two that differ nobody can say which is the odd one.
    if (others.length < 2) return false;
    const usual = median(others.flatMap(({ slowness }) => slowness.value ?? []));
    return usual !== undefined && (member.slowness.value ?? 0) >= usual * slownessMin;
  }

  private othersOf(deployment: string, nowMs: number): Member[] {
    return [...this.members].flatMap(([id, member]) =>
      id === deployment || this.isEjected(id, nowMs) ? [] : [member],
    );
  }

  private usualFor(first: FirstContent): Ewma {
    const size = sizeClass(first.outputTokens);
    let usual = this.usual.get(size);
    if (usual === undefined) {
      usual = new Ewma();
      this.usual.set(size, usual);
    }
    return usual;
  }

  private memberOf(deployment: string): Member {
    let member = this.members.get(deployment);
    if (member === undefined) {
      member = {
        calls: createCallWindow(this.policy.windowMs),
        slowness: new Ewma(),
        seenAtMs: Number.NEGATIVE_INFINITY,
        ejections: 0,
        ejectedUntilMs: 0,
      };
      this.members.set(deployment, member);
    }
    return member;
  }
}

/** A stream's first content comes whatever the size; a whole answer takes as long as it is long. */
function sizeClass(outputTokens: number | undefined): string {
  if (outputTokens === undefined) return 'stream';
  return `whole-${Math.max(4, Math.ceil(Math.log2(outputTokens + 1)))}`;
}

function median(values: number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
