import type { Candidate } from '../catalog/index.ts';
import type { Reservation } from '../limits/index.ts';
import type { NanoUsd } from '../std/index.ts';
import type { GatewayDeps } from './gateway.ts';
import type { RequestTrace } from './trace.ts';
import { worstCaseNano } from './worst-case.ts';

/** Keeps the reservation of a request as large as what its calls may cost together, those side by side included. */
export class Cover {
  private heldNano = 0;
  private readonly trace: RequestTrace;
  private readonly reservation: Reservation;
  private readonly deps: Pick<GatewayDeps, 'clock'>;
  /** What was reserved for calls that are planned: it stays held until the request is settled. */
  private readonly plannedNano: NanoUsd;

  constructor(
    trace: RequestTrace,
    reservation: Reservation,
    deps: Pick<GatewayDeps, 'clock'>,
    plannedNano: NanoUsd = 0,
  ) {
    this.trace = trace;
    this.reservation = reservation;
    this.deps = deps;
    this.plannedNano = plannedNano;
  }

  /** Before a call. Rejects with `budget_exceeded` where it does not fit; then nothing more is held than before. */
  async add(candidate: Candidate): Promise<NanoUsd> {
    const { decision, request } = this.trace;
    const nano =
      decision === undefined ? 0 : worstCaseNano(candidate, request, decision.shape, this.deps.clock.nowMs());
    this.heldNano += nano;
    try {
      // Also for the first: it need not be the one the reservation was made for.
      await this.reservation.amend(Math.max(this.heldNano, this.plannedNano));
    } catch (thrown) {
      this.heldNano -= nano;
      throw thrown;
    }
    return nano;
  }

  /** A call failed before any content: the vendors we know do not bill it. */
  drop(nano: NanoUsd): void {
    this.heldNano -= nano;
  }
}
