import { isObject } from '../../protocol/index.ts';

/** A sum of terms is fitted; each has a mean and a variance: how sure it is. */
export interface Term {
  mean: number;
  variance: number;
}

/** Squared deviations of the logarithm, summed with forgetting. */
export interface Deviations {
  count: number;
  squares: number;
}

/** Tokens as the fitted distribution gives them and as they came, summed with forgetting. */
export interface Totals {
  predicted: number;
  actual: number;
}

/** What is kept for all models together, and for each model. */
export interface Level {
  terms: Map<string, Term>;
  deviations: Map<string, Deviations>;
  totals: Map<string, Totals>;
}

export function emptyLevel(): Level {
  return { terms: new Map(), deviations: new Map(), totals: new Map() };
}

type Pairs = { [name: string]: [number, number] };

interface LevelState {
  terms: Pairs;
  deviations: Pairs;
  totals: Pairs;
}

/** What was learned, as JSON can hold it. */
export interface LengthsState {
  version: 1;
  shared: LevelState;
  /** Longest unseen first. */
  models: [string, LevelState][];
}

export function stateOf(level: Level): LevelState {
  return {
    terms: pairs(level.terms, ({ mean, variance }) => [mean, variance]),
    deviations: pairs(level.deviations, ({ count, squares }) => [count, squares]),
    totals: pairs(level.totals, ({ predicted, actual }) => [predicted, actual]),
  };
}

function pairs<T>(map: Map<string, T>, pairOf: (value: T) => [number, number]): Pairs {
  return Object.fromEntries([...map].map(([name, value]) => [name, pairOf(value)]));
}

/** Names of families and terms are few; more than this is not a state of ours. */
const namesMax = 200;

/** Undefined where the value is not a level: a damaged state must not poison the estimates. */
export function levelOf(value: unknown): Level | undefined {
  if (!isObject(value)) return undefined;
  const terms = mapOf(value['terms'], (mean, variance): Term => ({ mean, variance }));
  const deviations = mapOf(value['deviations'], (count, squares): Deviations => ({ count, squares }));
  const totals = mapOf(value['totals'], (predicted, actual): Totals => ({ predicted, actual }));
  if (terms === undefined || deviations === undefined || totals === undefined) return undefined;
  for (const { variance } of terms.values()) if (variance < 0) return undefined;
  for (const { count, squares } of deviations.values()) if (count < 0 || squares < 0) return undefined;
  for (const { predicted, actual } of totals.values()) if (predicted < 0 || actual < 0) return undefined;
  return { terms, deviations, totals };
}

function mapOf<T>(value: unknown, make: (a: number, b: number) => T): Map<string, T> | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value);
  if (entries.length > namesMax) return undefined;
  const map = new Map<string, T>();
  for (const [name, pair] of entries) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined;
    const [a, b] = pair as unknown[];
    if (typeof a !== 'number' || typeof b !== 'number' || !Number.isFinite(a) || !Number.isFinite(b))
      return undefined;
    map.set(name, make(a, b));
  }
  return map;
}
