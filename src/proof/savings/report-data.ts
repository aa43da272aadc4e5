import type { ReportBy } from '../../ledger/index.ts';
import type { Certificate, CertificateKind, StoryEvent } from '../lifecycle/state.ts';
import type { RouteMeasures } from './measured.ts';
import type { SavingsRow } from './rows.ts';

/** Amounts are whole nano-USD as text: a number of JSON is not exact. */
type Nano = string;

/** A row as documents have it: flat, every figure under one name, so that it can be recomputed and compared one by one. */
export interface RowFigures {
  group: string | null;
  requests: number;
  spent_nano_usd: Nano;
  other_attempts_nano_usd: Nano;
  signals_nano_usd: Nano;
  proof_nano_usd: Nano;
  judges_nano_usd: Nano;
  compared_requests: number;
  compared_cost_nano_usd: Nano;
  reference_nano_usd: Nano;
  warm_reference_nano_usd: Nano;
  best_single_nano_usd: Nano;
  best_single_margin_nano_usd: Nano;
  random_mix_nano_usd: Nano | null;
  random_mix_margin_nano_usd: Nano | null;
  gross_nano_usd: Nano;
  net_warm_reference_nano_usd: Nano;
  net_best_single_nano_usd: Nano;
  net_random_mix_nano_usd: Nano | null;
  unrouted_requests: number;
  failed_requests: number;
  aborted_requests: number;
  unpriced_requests: number;
  simulated_requests: number;
  proof_requests: number;
  proof_unpriced: number;
}

export interface AlternativeFigures {
  /** Null where it is the reference alone. */
  candidate: string | null;
  share: number;
  factor: number;
  factor_margin: number;
}

/** What pairs say of a route; margins are half the width of an interval at 95 %. */
export interface RouteFigures {
  route: string;
  reference: string | null;
  /** Quality that it aims at; null where it aims at something else. */
  target: number | null;
  pairs: number;
  sessions: number;
  quality: number | null;
  quality_margin: number | null;
  candidates: {
    candidate: string;
    pairs: number;
    quality: number;
    quality_margin: number;
    cost_ratio: number;
    cost_ratio_margin: number;
  }[];
  best_single: AlternativeFigures;
  random_mix: AlternativeFigures | null;
}

export interface CertificateFigures {
  id: string;
  route: string;
  policy: string;
  kind: CertificateKind;
  quality: number;
  confidence: number;
  issued_at: string;
  ended_at: string | null;
  ended_because: string | null;
  rung: number;
  allowance: number;
  judge: string | null;
  /** As the certificate says. */
  issued: {
    requests: number;
    pairs: number;
    units: number;
    anchors: number;
    loss: number;
    loss_bound: number;
    cheap_share: number;
    saved_share: number;
    proof_cost_nano_usd: Nano;
  };
  /** From the pairs themselves, plainly: test pairs of its policy until it was issued. Null figures where there is none. */
  observed: { pairs: number; sessions: number; loss: number | null; cheap_share: number | null };
}

export const savingsGroups = [
  'route',
  'project',
  'key',
  'model',
  'day',
] as const satisfies readonly ReportBy[];

/** Everything that the report says; its rendering adds words only. */
export interface ReportData {
  format: 'yumen-report/1';
  version: string;
  made_at: string;
  from: string;
  to: string;
  total: RowFigures;
  by: { [group in (typeof savingsGroups)[number]]: RowFigures[] };
  routes: RouteFigures[];
  certificates: CertificateFigures[];
  story: { at: string; route: string; kind: StoryEvent['kind']; sentence: string }[];
  /** Events of the period beyond those listed. */
  story_left_out: boolean;
}

export function rowFigures(row: SavingsRow): RowFigures {
  const { compared, net, apart, proof } = row;
  return {
    group: row.group ?? null,
    requests: row.requests,
    spent_nano_usd: `${row.spentNano}`,
    other_attempts_nano_usd: `${row.otherAttemptsNano}`,
    signals_nano_usd: `${row.signalsNano}`,
    proof_nano_usd: `${row.proofNano}`,
    judges_nano_usd: `${row.judgesNano}`,
    compared_requests: compared.requests,
    compared_cost_nano_usd: `${compared.costNano}`,
    reference_nano_usd: `${compared.referenceNano}`,
    warm_reference_nano_usd: `${compared.warmReferenceNano}`,
    best_single_nano_usd: `${compared.bestSingleNano}`,
    best_single_margin_nano_usd: `${compared.bestSingleMarginNano}`,
    random_mix_nano_usd: text(compared.randomMixNano),
    random_mix_margin_nano_usd: text(compared.randomMixMarginNano),
    gross_nano_usd: `${row.grossNano}`,
    net_warm_reference_nano_usd: `${net.warmReferenceNano}`,
    net_best_single_nano_usd: `${net.bestSingleNano}`,
    net_random_mix_nano_usd: text(net.randomMixNano),
    unrouted_requests: apart.unrouted,
    failed_requests: apart.failed,
    aborted_requests: apart.aborted,
    unpriced_requests: apart.unpriced,
    simulated_requests: apart.simulated,
    proof_requests: proof.requests,
    proof_unpriced: proof.unpriced,
  };
}

const text = (nano: bigint | undefined): Nano | null => (nano === undefined ? null : `${nano}`);

export function routeFigures(
  route: string,
  aim: { reference: string | undefined; target: number | undefined },
  measures: RouteMeasures,
): RouteFigures {
  const { quality, candidates, bestSingle, randomMix } = measures;
  return {
    route,
    reference: aim.reference ?? null,
    target: aim.target ?? null,
    pairs: measures.pairs,
    sessions: measures.sessions,
    quality: quality?.value ?? null,
    quality_margin: quality?.margin ?? null,
    candidates: candidates.map(({ candidate, pairs, quality: own, costRatio }) => ({
      candidate,
      pairs,
      quality: own.value,
      quality_margin: own.margin,
      cost_ratio: costRatio.value,
      cost_ratio_margin: costRatio.margin,
    })),
    best_single: alternative(bestSingle),
    random_mix: randomMix === undefined ? null : alternative(randomMix),
  };
}

function alternative({ candidate, share, factor }: RouteMeasures['bestSingle']): AlternativeFigures {
  return { candidate: candidate ?? null, share, factor: factor.value, factor_margin: factor.margin };
}

export function certificateFigures(
  { evidence, ...certificate }: Certificate,
  observed: CertificateFigures['observed'],
): CertificateFigures {
  return {
    id: certificate.id,
    route: certificate.route,
    policy: certificate.policy,
    kind: certificate.kind,
    quality: certificate.quality,
    confidence: certificate.confidence,
    issued_at: iso(certificate.issuedAtMs),
    ended_at: certificate.endedAtMs === undefined ? null : iso(certificate.endedAtMs),
    ended_because: certificate.endedBecause ?? null,
    rung: certificate.rung,
    allowance: certificate.allowance,
    judge: evidence.judge ?? null,
    issued: {
      requests: evidence.requests,
      pairs: evidence.pairs,
      units: evidence.units,
      anchors: evidence.anchors,
      loss: evidence.loss,
      loss_bound: evidence.lossBound,
      cheap_share: evidence.cheapShare,
      saved_share: evidence.savedShare,
      proof_cost_nano_usd: `${Math.round(evidence.proofCostNano)}`,
    },
    observed,
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
