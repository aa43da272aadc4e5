import type { Candidate } from '../catalog/index.ts';
import type { Reservation } from '../limits/index.ts';
import { GatewayError } from '../protocol/index.ts';
import type { Decision } from '../router/index.ts';
import { type CascadePlan, cascadeOf } from './cascade/cascade-plan.ts';
import { Cover } from './cover.ts';
import type { GatewayDeps } from './gateway.ts';
import type { Plan } from './plan.ts';
import type { RequestTrace } from './trace.ts';
import { worstCaseOfAll } from './worst-case.ts';

/** What will be called, and the money held for it. */
export interface Reserved {
  plan: Candidate[];
  cascade: CascadePlan | undefined;
  reservation: Reservation;
  cover: Cover;
}

type ReserveDeps = Pick<GatewayDeps, 'limits' | 'clock'>;

/**
 * Holds the worst case of a plan's first call, or of all members of a cascade. Where a budget covers no cascade, but its last member alone,
 * that one answers: nobody is refused for the sake of looking at answers. Rejects with what `Limits.reserve` rejects with.
 */
export async function reserve(plan: Plan, trace: RequestTrace, deps: ReserveDeps): Promise<Reserved> {
  const { decision, candidates } = plan;
  const cascade = cascadeOf(decision, candidates);
  if (cascade === undefined) return hold(candidates, [candidates[0]!], { trace, decision }, deps);
  try {
    const reserved = await hold(candidates, cascade.members, { trace, decision }, deps);
    return { ...reserved, cascade };
  } catch (thrown) {
    if (!(thrown instanceof GatewayError) || thrown.code !== 'budget_exceeded') throw thrown;
    const last = cascade.members.at(-1)!;
    trace.cascade = {
      plan: cascade.id,
      verdicts: ['over-budget'],
      faults: {},
      escalated: true,
      accepted: undefined,
    };
    return hold([last, ...candidates.filter((one) => one !== last)], [last], { trace, decision }, deps);
  }
}

async function hold(
  plan: Candidate[],
  called: Candidate[],
  { trace, decision }: { trace: RequestTrace; decision: Decision },
  deps: ReserveDeps,
): Promise<Reserved> {
  const worst = worstCaseOfAll(called, trace.request, decision.shape, deps.clock.nowMs());
  const reservation = await deps.limits.reserve(trace.principal, worst);
  const cover = new Cover(trace, reservation, deps, called.length > 1 ? worst : 0);
  return { plan, cascade: undefined, reservation, cover };
}
