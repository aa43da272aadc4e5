import type { NanoUsd } from '../../std/index.ts';
import type { RouteProofSettings } from '../route-settings.ts';
import type { PolicyRun } from './policy-run.ts';
import type { Certificate } from './state.ts';

export interface Issued {
  id: string;
  judges: RouteProofSettings['judges'];
  counts: { covered: number; pairs: number };
  proofCostNano: NanoUsd;
  nowMs: number;
}

/** What the evidence of a run certifies of a rung. */
export function certificateOf(
  { policy, test, costs, rectified, drawnUnits }: PolicyRun,
  rung: number,
  { id, judges, counts, proofCostNano, nowMs }: Issued,
): Certificate {
  return {
    id,
    route: policy.route,
    policy: policy.id,
    ordinal: policy.ordinal,
    kind: judges.length === 0 ? 'graded' : rectified === undefined ? 'judge-only' : 'human-corrected',
    quality: policy.quality,
    confidence: 1 - policy.delta,
    rung,
    allowance: policy.allowances[rung]!,
    evidence: {
      requests: counts.covered,
      pairs: counts.pairs,
      units: drawnUnits,
      anchors: rectified?.labels ?? 0,
      judge: judges.map(({ candidates }) => candidates[0]?.id).join(', ') || undefined,
      loss: (test.meanExcess(rung) ?? 0) + 1 - policy.quality,
      lossBound: test.bound(rung) + 1 - policy.quality,
      cheapShare: costs.cheapShare(rung) ?? 0,
      savedShare: costs.savedShare(rung) ?? 0,
      proofCostNano,
    },
    issuedAtMs: nowMs,
    endedAtMs: undefined,
    endedBecause: undefined,
  };
}
