import type { Candidate, Catalog } from '../catalog/index.ts';
import type { DecisionTarget, Predictor } from '../router/index.ts';
import type { Timeouts } from '../upstream/index.ts';

/** A virtual model that clients call. */
export interface Route {
  name: string;
  reference: Candidate;
  candidates: Candidate[];
  target: DecisionTarget;
  mode: 'observe' | 'assist';
  /** How long response headers wait for the first content of a stream; then errors are in-band. */
  holdbackMs: number;
}

/**
 * Everything configuration decides, compiled once. A request keeps the snapshot it started with, so that a reload never
 * mixes two configurations within one request.
 */
export interface Snapshot {
  catalog: Catalog;
  routes: Map<string, Route>;
  predictor: Predictor;
  timeouts: Timeouts;
  /** Upstream calls one request may make in all. */
  attemptsMax: number;
  holdbackMs: number;
  answerBytesMax: number;
}
