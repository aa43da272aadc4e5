/** What a test is given, in the order in which units began: a request, or a whole session. */
export type TestUnit = KnownUnit | DrawnUnit;

/** Units for which the first rungs call the reference alone, so that they lose nothing there; drawn or not. */
export interface KnownUnit {
  kind: 'known';
  /** The smallest probability of being drawn then, above 0. */
  least: number;
  /** How many rungs, from the first. */
  rungs: number;
  times: number;
}

export interface DrawnUnit {
  kind: 'drawn';
  /** Smallest probability over its own, 0..1. */
  weight: number;
  /** Rungs before this one are known without a pair. */
  from: number;
  /** Excess of each rung; of a session its mean over the requests. */
  judged: number[];
  /** Rungs of which no judge had to say anything. */
  exact: boolean[];
  /** Excess as people see it, where it was drawn for labels: so far, without what is open. */
  person: PersonSoFar | undefined;
}

export interface PersonSoFar {
  /** Sums over requests. */
  sums: number[];
  requests: number;
  /** Pairs that wait for a label. */
  open: OpenLabel[];
}

export interface OpenLabel {
  pairId: string;
  atMs: number;
  /** Its excess where nobody ever says anything: what was judged counts as lost in full. */
  worst: number[];
}
