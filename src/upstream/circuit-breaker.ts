import type { ErrorCode, GatewayError } from '../protocol/index.ts';
import { createCallWindow } from './call-window.ts';

export interface BreakerPolicy {
  /** Failures in a row that open the circuit. */
  consecutiveFailuresMax: number;
  /** Share of failures within the window that opens it, once there are `rateCallsMin` calls. */
  failureRateMax: number;
  rateCallsMin: number;
  rateWindowMs: number;
  /** First cooldown; it doubles each time the probe fails. */
  cooldownMs: number;
  cooldownMsMax: number;
  /** A request that has nobody else to go to may probe so long after the last failure, before the cooldown is over. */
  lastResortMs: number;
  /** Cooldown after refused credentials or an empty account: only the operator can mend those. */
  operatorCooldownMs: number;
  /** A cooldown is lengthened by up to this share, so that deployments opened together are not probed together. */
  jitterShare: number;
  /** Longest `retry-after` that is obeyed. */
  retryAfterMsMax: number;
}

export const defaultBreakerPolicy: BreakerPolicy = {
  consecutiveFailuresMax: 5,
  failureRateMax: 0.5,
  rateCallsMin: 20,
  rateWindowMs: 10_000,
  cooldownMs: 5_000,
  cooldownMsMax: 60_000,
  lastResortMs: 1_000,
  operatorCooldownMs: 30_000,
  jitterShare: 0.2,
  retryAfterMsMax: 600_000,
};

type BreakerState = 'closed' | 'open' | 'half-open';

/** Health of one deployment, for the router, the metrics and the operator. */
export interface BreakerSnapshot {
  state: BreakerState;
  /** Milliseconds until a call may go; 0 when one may go now. */
  waitMs: number;
  consecutiveFailures: number;
  /** Calls and failures within the window. */
  calls: number;
  failures: number;
  /** Why it opened last; undefined if it never did. */
  reason: ErrorCode | undefined;
}

/** Leave to make one call. Exactly one of its methods takes effect, the first one called. */
export interface Permit {
  /** The one call that finds out whether a half-open circuit may close. */
  readonly probe: boolean;
  succeeded(nowMs: number): void;
  failed(nowMs: number, error: GatewayError): void;
  /** Ended without saying anything about the upstream, e.g. because the client left. */
  cancelled(nowMs: number): void;
}

export interface CircuitBreaker {
  /** True when `enter` would give a permit. Changes nothing. */
  allows(nowMs: number): boolean;
  /** Undefined while the circuit is open, or half-open with its probe under way. */
  enter(nowMs: number): Permit | undefined;
  /**
   * As `enter`, for a request that would otherwise fail: an open circuit is probed once a second, so that the end of an outage is noticed
   * then and not when a long cooldown is over. Never where the upstream said how long to stay away, or only the operator can help.
   */
  enterAsLastResort(nowMs: number): Permit | undefined;
  snapshot(nowMs: number): BreakerSnapshot;
}

/**
 * `trips`: opens at once. `counts`: a failure among others. `answered`: a working upstream refused a bad request.
 * `neutral`, the default: ours or the client's doing, which says nothing about the upstream.
 */
type Verdict = 'trips' | 'counts' | 'neutral' | 'answered';

const verdicts: { [code in ErrorCode]?: Verdict } = {
  upstream_auth: 'trips',
  upstream_quota: 'trips',
  upstream_rate_limited: 'counts',
  upstream_unavailable: 'counts',
  upstream_protocol: 'counts',
  upstream_connect_timeout: 'counts',
  upstream_first_byte_timeout: 'counts',
  upstream_inter_chunk_timeout: 'counts',
  stream_interrupted: 'counts',
  upstream_rejected: 'answered',
  content_filtered: 'answered',
};

/** True where an error of this kind is the deployment's own failure. */
export function isFailure(code: ErrorCode): boolean {
  const verdict = verdicts[code];
  return verdict === 'trips' || verdict === 'counts';
}

/**
 * Closed: calls go. Open: none go until the cooldown is over. Half-open: one probe goes; its success closes the circuit, its failure opens it
 * for twice as long. Results of calls that began before the circuit last changed are not counted: a crowd of stragglers
 * must neither close a circuit nor lengthen its cooldown.
 *
 * @param random in [0, 1)
 */
export function createCircuitBreaker(policy: BreakerPolicy, random: () => number): CircuitBreaker {
  let state: BreakerState = 'closed';
  let epoch = 0;
  let openUntilMs = 0;
  let lastResortAtMs = 0;
  let opensInRow = 0;
  let consecutiveFailures = 0;
  let probing = false;
  let reason: ErrorCode | undefined;
  const window = createCallWindow(policy.rateWindowMs);

  function open(nowMs: number, error: GatewayError): void {
    state = 'open';
    epoch += 1;
    probing = false;
    reason = error.code;
    openUntilMs = nowMs + cooldownMs(error);
    lastResortAtMs = opensAtOnce(error) ? openUntilMs : nowMs + policy.lastResortMs;
    opensInRow += 1;
  }

  function cooldownMs(error: GatewayError): number {
    // Clients were told the same: one that comes back at that moment must not find the circuit still open.
    const announcedMs = announcedWaitMs(error);
    if (announcedMs !== undefined) return announcedMs;
    const doubled = Math.min(policy.cooldownMsMax, policy.cooldownMs * 2 ** Math.min(opensInRow, 20));
    const ownMs = verdicts[error.code] === 'trips' ? Math.max(doubled, policy.operatorCooldownMs) : doubled;
    const askedMs = Math.min(error.retryAfterMs ?? 0, policy.retryAfterMsMax);
    return Math.round(Math.max(ownMs, askedMs) * (1 + random() * policy.jitterShare));
  }

  function close(): void {
    state = 'closed';
    epoch += 1;
    probing = false;
    opensInRow = 0;
    consecutiveFailures = 0;
    window.clear();
  }

  function answered(nowMs: number, probe: boolean): void {
    if (probe) close();
    consecutiveFailures = 0;
    window.add(nowMs, false);
  }

  function counted(nowMs: number, probe: boolean, error: GatewayError): void {
    consecutiveFailures += 1;
    window.add(nowMs, true);
    if (
      probe ||
      opensAtOnce(error) ||
      consecutiveFailures >= policy.consecutiveFailuresMax ||
      rateExceeded(nowMs)
    ) {
      open(nowMs, error);
    }
  }

  function opensAtOnce(error: GatewayError): boolean {
    return verdicts[error.code] === 'trips' || announcedWaitMs(error) !== undefined;
  }

  /** An upstream that limits our rate and says how long to stay away is taken at its word. */
  function announcedWaitMs(error: GatewayError): number | undefined {
    if (error.code !== 'upstream_rate_limited') return undefined;
    const askedMs = error.retryAfterMs ?? 0;
    return askedMs > 0 ? Math.min(askedMs, policy.retryAfterMsMax) : undefined;
  }

  function rateExceeded(nowMs: number): boolean {
    const { calls, failures } = window.counts(nowMs);
    return calls >= policy.rateCallsMin && failures / calls >= policy.failureRateMax;
  }

  function permit(probe: boolean): Permit {
    const issuedIn = epoch;
    let used = false;
    const once = (effect: () => void): void => {
      if (used || issuedIn !== epoch) return;
      used = true;
      effect();
    };
    const release = (): void => {
      if (probe) probing = false;
    };
    return {
      probe,
      succeeded: (nowMs) => once(() => answered(nowMs, probe)),
      failed: (nowMs, error) =>
        once(() => {
          const verdict = verdicts[error.code] ?? 'neutral';
          if (verdict === 'neutral') release();
          else if (verdict === 'answered') answered(nowMs, probe);
          else counted(nowMs, probe, error);
        }),
      cancelled: () => once(release),
    };
  }

  function probePermit(): Permit {
    if (state === 'open') {
      state = 'half-open';
      epoch += 1;
    }
    probing = true;
    return permit(true);
  }

  return {
    allows(nowMs) {
      if (state === 'closed') return true;
      return nowMs >= openUntilMs && !probing;
    },
    enter(nowMs) {
      if (!this.allows(nowMs)) return undefined;
      return state === 'closed' ? permit(false) : probePermit();
    },
    enterAsLastResort(nowMs) {
      const isEarly = state === 'open' && nowMs >= lastResortAtMs && !probing;
      return isEarly ? probePermit() : this.enter(nowMs);
    },
    snapshot(nowMs) {
      const waitMs = state === 'open' ? Math.max(0, openUntilMs - nowMs) : 0;
      return {
        state: state === 'open' && waitMs === 0 ? 'half-open' : state,
        waitMs,
        consecutiveFailures,
        ...window.counts(nowMs),
        reason,
      };
    },
  };
}

/** The breakers of all deployments, made as they are first asked for. */
export interface CircuitBreakers {
  of(deployment: string): CircuitBreaker;
  /** Deployments that have been called, with their health. */
  snapshot(nowMs: number): Map<string, BreakerSnapshot>;
  /** Begins anew with these: what was learned of them does not hold for what they have become. */
  forget(deployments: Iterable<string>): void;
}

export function createCircuitBreakers(
  random: () => number,
  policy: BreakerPolicy = defaultBreakerPolicy,
): CircuitBreakers {
  // Bounded by the deployments of the catalogue: ids come from the configuration, never from a client.
  const breakers = new Map<string, CircuitBreaker>();
  function of(deployment: string): CircuitBreaker {
    let breaker = breakers.get(deployment);
    if (breaker === undefined) {
      breaker = createCircuitBreaker(policy, random);
      breakers.set(deployment, breaker);
    }
    return breaker;
  }
  return {
    of,
    snapshot: (nowMs) => new Map([...breakers].map(([id, breaker]) => [id, breaker.snapshot(nowMs)])),
    forget(deployments) {
      for (const id of deployments) breakers.delete(id);
    },
  };
}
