import type { runCascades } from './cascades.ts';
import { targets } from './targets.ts';
import type { Verdict } from './verdicts.ts';

/** The claim: what mixed traffic saves at 98 % of the strongest model, with the price of quality chosen elsewhere. */
export function claimVerdicts({ claim }: Awaited<ReturnType<typeof runCascades>>): Verdict[] {
  return (['in-domain', 'left-out'] as const).flatMap((split) => {
    const row = claim.find(
      (one) => one.split === split && one.plans === 'any model' && one.target === targets.claim.aim,
    );
    if (row === undefined) return [];
    const { qualityRatio, save } = row.point;
    return [
      {
        target: `mixed traffic, ${split}: saving ≥ ${targets.claim[split]} at ≥ 98 % of the strongest model, honest threshold`,
        measured: `saved ${save.toFixed(3)} [${row.ci.save.map((value) => value.toFixed(3)).join(', ')}] at ${qualityRatio.toFixed(3)}`,
        holds: save >= targets.claim[split] && qualityRatio >= 0.98,
      },
    ];
  });
}
