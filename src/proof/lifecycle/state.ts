import type { NanoUsd } from '../../std/index.ts';

/** Where a route stands. `retreated` = back at the reference after an alarm, gathering evidence for the next policy. */
export type Stage = 'observe' | 'assist' | 'certified' | 'retreated';

/**
 * What is certified, frozen: the k-th of its route. As long as its fingerprint holds, the same requests are decided the same way.
 */
export interface FrozenPolicy {
  /** `pol_…`. */
  id: string;
  route: string;
  /** Counts from 1; the policy spends δ_k = 6δ / (π² k²). */
  ordinal: number;
  delta: number;
  /** Quality to keep, 0.5..1. */
  quality: number;
  /** Expected loss that a saved USD may cost on each rung (1 / λ), rising: the first rung is the most careful. Below 0 a candidate must be expected to do better than the reference. */
  allowances: number[];
  /** Part → digest: artefact, own outcomes, lengths, thresholds, candidates, effort, target, prices, checks, prompts, languages. */
  fingerprint: { [part: string]: string };
  frozenAtMs: number;
  /** P(people are asked about a unit), fixed while it is tested; absent where the judge is believed. */
  labelShare?: number | undefined;
  /** Sessions whose pairs fitted or chose it, as short digests: theirs never count. */
  learnedSessions: string[];
  /** What the predictor had learned from own outcomes, and the lengths of answers, as JSON. */
  own: string | undefined;
  lengths: string | undefined;
}

export type CertificateKind = 'graded' | 'judge-only' | 'human-corrected';

/** «On route R, with this confidence, quality retained ≥ q», with its evidence. Never changed but for its end. */
export interface Certificate {
  /** `crt_…`. */
  id: string;
  route: string;
  policy: string;
  ordinal: number;
  kind: CertificateKind;
  quality: number;
  /** 1 − δ_k. */
  confidence: number;
  /** Index of the most liberal rung that is certified. */
  rung: number;
  /** Of that rung. */
  allowance: number;
  evidence: {
    requests: number;
    pairs: number;
    /** Drawn sessions where those are the unit, else pairs. */
    units: number;
    anchors: number;
    judge: string | undefined;
    /** Mean loss per request of the route, weighted, −1..1. */
    loss: number;
    /** Upper bound of it at `confidence`, valid whenever looked at. */
    lossBound: number;
    /** Share of requests that the rung sends to cheaper candidates. */
    cheapShare: number;
    /** Share of the reference's cost that the rung saves, before the cost of proof. */
    savedShare: number;
    proofCostNano: NanoUsd;
  };
  issuedAtMs: number;
  endedAtMs: number | undefined;
  endedBecause: string | undefined;
}

/** One thing that happened to a route, in a sentence that says why. */
export interface StoryEvent {
  /** `evt_…`, time-ordered. */
  id: string;
  route: string;
  atMs: number;
  kind:
    | 'stage'
    | 'frozen'
    | 'certified'
    | 'climbed'
    | 'policy-ended'
    | 'alarm'
    | 'not-attainable'
    | 'sampling'
    | 'canary'
    | 'judge'
    | 'mix'
    | 'provider'
    | 'cause'
    | 'operator';
  from: Stage | undefined;
  to: Stage | undefined;
  sentence: string;
  facts: { [name: string]: string | number | boolean | null };
}
