import type { Candidate } from '../../catalog/index.ts';
import type { Siblings } from './siblings.ts';

/** How the deployments of one model share its requests. */
export const balanceStrategies = ['price', 'weight', 'least-busy', 'latency'] as const;
export type BalanceStrategy = (typeof balanceStrategies)[number];

/** One of several that could serve now. */
export interface Contender {
  candidate: Candidate;
  inFlight: number;
  /** What this request is expected to cost there; undefined = unknown, which is never cheap. */
  costNano: number | undefined;
}

export interface Sharing {
  siblings: Siblings;
  explorationShare: number;
  nowMs: number;
  /** Deployment that this request goes to anyway, because the conversation is at home there. */
  home: string | undefined;
  /** In [0, 1). */
  random(): number;
}

/** Orders the contenders: who is called, and who if that fails. Equals keep the order they came in. */
type Strategy = (contenders: Contender[], sharing: Sharing) => Contender[];

export const strategies: { readonly [name in BalanceStrategy]: Strategy } = {
  /** The cheapest; of those that cost the same the least busy. */
  price: (contenders) => {
    const cost = ({ costNano }: Contender): number => costNano ?? Number.POSITIVE_INFINITY;
    const busy = busyness(contenders);
    return contenders.toSorted((a, b) => difference(cost(a), cost(b)) || difference(busy(a), busy(b)));
  },

  /** Shares as declared, spread evenly. */
  weight: (contenders, { siblings, home }) => {
    const order = siblings.turns.next(
      contenders.map(({ candidate: { deployment } }) => ({
        id: deployment.id,
        weight: deployment.weight ?? 1,
      })),
      home,
    );
    const turn = new Map(order.map((id, index) => [id, index]));
    return contenders.toSorted((a, b) => turn.get(idOf(a))! - turn.get(idOf(b))!);
  },

  /**
   * The less busy of two drawn at random: nearly as even as asking all, and several gateways that see the same do not all send to the
   * same one (Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001).
   */
  'least-busy': (contenders, { random }) => {
    const busy = busyness(contenders);
    const one = Math.floor(random() * contenders.length);
    const other = (one + 1 + Math.floor(random() * (contenders.length - 1))) % contenders.length;
    const first = busy(contenders[other]!) < busy(contenders[one]!) ? contenders[other]! : contenders[one]!;
    return firstOf(
      first,
      contenders.toSorted((a, b) => difference(busy(a), busy(b))),
    );
  },

  /**
   * The one that is expected to begin soonest: usual time to the first content × (calls under way + 1). What is not known yet is tried, by one
   * request at a time; and a small share of requests looks after the one that was not seen for longest, which may have recovered.
   */
  latency: (contenders, { siblings, explorationShare, nowMs, random }) => {
    const score = (contender: Contender): number => {
      const slowness = siblings.slowness(idOf(contender));
      return slowness === undefined ? contender.inFlight : slowness * (contender.inFlight + 1);
    };
    const ranked = contenders.toSorted((a, b) => difference(score(a), score(b)));
    if (random() >= explorationShare) return ranked;
    const seen = (contender: Contender): number => siblings.seenAtMs(idOf(contender));
    const [stalest] = contenders.toSorted((a, b) => difference(seen(a), seen(b)));
    return seen(stalest!) < nowMs ? firstOf(stalest!, ranked) : ranked;
  },
};

function firstOf(first: Contender, ranked: Contender[]): Contender[] {
  return [first, ...ranked.filter((one) => one !== first)];
}

function idOf({ candidate }: Contender): string {
  return candidate.deployment.id;
}

/** Calls under way as a share of what each can do at once. One that does not say so counts as the smallest that does. */
function busyness(contenders: Contender[]): (contender: Contender) => number {
  const declared = contenders.flatMap((contender) => concurrentOf(contender) ?? []);
  const assumed = declared.length === 0 ? 1 : Math.min(...declared);
  return (contender) => contender.inFlight / (concurrentOf(contender) ?? assumed);
}

function concurrentOf({ candidate: { deployment } }: Contender): number | undefined {
  return deployment.limits?.concurrent ?? deployment.provider.quirks.concurrentMax;
}

/** Also of infinities. */
function difference(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
