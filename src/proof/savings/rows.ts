import type { SavingsCell, SavingsKind } from '../../ledger/index.ts';
import type { Measured } from '../stats/ratio.ts';
import type { RouteMeasures } from './measured.ts';

/** What of a route's measures its money is compared by. */
export type Factors = Pick<RouteMeasures, 'bestSingle' | 'randomMix'>;

/** Money spent by one group, and saved against three baselines. All amounts in nano-USD. */
export interface SavingsRow {
  group: string | undefined;
  /** Of clients, simulated ones apart. */
  requests: number;
  /** All known costs of the group, of proof too, those of simulated requests apart. */
  spentNano: bigint;
  /** Parts of it: attempts whose answer the client did not get, signals, calls of proof and, of these, judges. */
  otherAttemptsNano: bigint;
  signalsNano: bigint;
  proofNano: bigint;
  judgesNano: bigint;
  compared: {
    requests: number;
    costNano: bigint;
    /** The reference, for the same tokens with as much of them cached. */
    referenceNano: bigint;
    /** The reference with the caches it would have kept warm. */
    warmReferenceNano: bigint;
    bestSingleNano: bigint;
    /** Undefined where a route of the group has no measured candidate. */
    randomMixNano: bigint | undefined;
    /** Half the width of the interval at 95 %. */
    bestSingleMarginNano: bigint;
    randomMixMarginNano: bigint | undefined;
  };
  /** The warm reference less what was paid, before proof. */
  grossNano: bigint;
  /** Baseline less what was paid and less proof. */
  net: { warmReferenceNano: bigint; bestSingleNano: bigint; randomMixNano: bigint | undefined };
  /** Requests in no saving, by why. */
  apart: { [kind in Exclude<SavingsKind, 'compared' | 'proof'>]: number };
  proof: { requests: number; unpriced: number };
}

/** One row for each group of the cells, in their order. */
export function savingsRows(
  cells: readonly SavingsCell[],
  routes: ReadonlyMap<string, Factors>,
): SavingsRow[] {
  const groups = new Map<string | undefined, SavingsCell[]>();
  for (const cell of cells) {
    const group = groups.get(cell.group);
    if (group === undefined) groups.set(cell.group, [cell]);
    else group.push(cell);
  }
  return [...groups].map(([group, own]) => savingsRow(group, own, routes));
}

/** A route that was not measured has the reference as its best single model, and no mix. */
export function savingsRow(
  group: string | undefined,
  cells: readonly SavingsCell[],
  routes: ReadonlyMap<string, Factors>,
): SavingsRow {
  const kind = (name: SavingsKind) => cells.filter((cell) => cell.kind === name);
  const count = (name: SavingsKind) => sumOf(kind(name), (cell) => cell.requests);
  const real = cells.filter((cell) => cell.kind !== 'simulated');
  const compared = kind('compared');
  const proofNano = total(kind('proof'), (cell) => cell.costNano);
  const costNano = total(compared, (cell) => cell.costNano);
  const warmReferenceNano = total(compared, (cell) => cell.warmReferenceNano);
  const single = alternative(compared, (route) => routes.get(route)?.bestSingle.factor ?? unchanged);
  const mix = alternative(compared, (route) => routes.get(route)?.randomMix?.factor);
  const net = (baseline: bigint) => baseline - costNano - proofNano;
  return {
    group,
    requests: sumOf(real, (cell) => (cell.kind === 'proof' ? 0 : cell.requests)),
    spentNano: total(real, (cell) => cell.costNano),
    otherAttemptsNano: total(real, (cell) => cell.otherAttemptsNano),
    signalsNano: total(real, (cell) => cell.signalsNano),
    proofNano,
    judgesNano: total(real, (cell) => cell.judgesNano),
    compared: {
      requests: count('compared'),
      costNano,
      referenceNano: total(compared, (cell) => cell.referenceNano),
      warmReferenceNano,
      bestSingleNano: single?.nano ?? 0n,
      bestSingleMarginNano: single?.marginNano ?? 0n,
      randomMixNano: mix?.nano,
      randomMixMarginNano: mix?.marginNano,
    },
    grossNano: warmReferenceNano - costNano,
    net: {
      warmReferenceNano: net(warmReferenceNano),
      bestSingleNano: net(single?.nano ?? 0n),
      randomMixNano: mix && net(mix.nano),
    },
    apart: {
      simulated: count('simulated'),
      unrouted: count('unrouted'),
      failed: count('failed'),
      aborted: count('aborted'),
      unpriced: count('unpriced'),
    },
    proof: { requests: count('proof'), unpriced: sumOf(kind('proof'), (cell) => cell.unpriced) },
  };
}

const unchanged: Measured = { value: 1, margin: 0 };

/** Undefined where a route has no factor. Routes are measured apart from each other, so their margins add up as squares. */
function alternative(
  cells: readonly SavingsCell[],
  factorOf: (route: string) => Measured | undefined,
): { nano: bigint; marginNano: bigint } | undefined {
  let nano = 0n;
  const margins: number[] = [];
  for (const { route, warmReferenceNano } of cells) {
    const factor = factorOf(route ?? '');
    if (factor === undefined) return undefined;
    nano += times(warmReferenceNano, factor.value);
    margins.push(Number(warmReferenceNano) * factor.margin);
  }
  return { nano, marginNano: BigInt(Math.round(Math.hypot(...margins))) };
}

/** Exactly, for factors in millionths, rounded half up. */
function times(nano: bigint, factor: number): bigint {
  return (nano * BigInt(Math.round(factor * 1e6)) + 500_000n) / 1_000_000n;
}

function total(cells: readonly SavingsCell[], of: (cell: SavingsCell) => bigint): bigint {
  return cells.reduce((sum, cell) => sum + of(cell), 0n);
}

function sumOf(cells: readonly SavingsCell[], of: (cell: SavingsCell) => number): number {
  return cells.reduce((sum, cell) => sum + of(cell), 0);
}
