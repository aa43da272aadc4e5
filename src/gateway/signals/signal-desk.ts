import { GatewayError } from '../../protocol/index.ts';
import type { AskedSignal, SignalName } from '../../router/index.ts';
import type { Clock } from '../../std/index.ts';
import { createCircuitBreakers } from '../../upstream/index.ts';
import type { GatewayLog } from '../gateway.ts';
import { RatingScale } from './rating-scale.ts';

/** How many requests in a row may be asked about after a quiet time. */
const burstMax = 10;

/** An embedding is read by what own outcomes have taught; with fewer of them it would be noise. */
const outcomesMin = 100;

/** How often each thing happened on a route since the process started. */
export type SignalCounts = { [event in SignalEvent]?: number };

export type SignalEvent =
  /** Requests of the route. */
  | 'requests'
  /** No signal could have changed the choice, or not for what it costs. */
  | 'decided'
  | 'undecided'
  /** Undecided, but the share of requests that may be asked about was used up. */
  | 'over-share'
  /** Undecided, but the key's budget did not cover the asking. */
  | 'over-budget'
  | 'changed'
  | `${SignalName}-${AskedSignal['outcome'] | 'resting'}`;

export interface SignalDeskOptions {
  clock: Pick<Clock, 'monotonicMs'>;
  /** In [0, 1). */
  random(): number;
  log: GatewayLog;
  /** Outcomes of its own that a route has learned from, and by which an embedding can be read. */
  ownOutcomes(route: string): number;
}

interface Place {
  /** Requests that may be asked about now. */
  credit: number;
  scale: RatingScale;
  counts: SignalCounts;
}

/** What is known of the signals of all routes while they serve: how many may still be asked, which rest after failures, what their judges usually say. */
export class SignalDesk {
  readonly #options: SignalDeskOptions;
  // Bounded by the configuration: names of routes come from it.
  readonly #places = new Map<string, Place>();
  readonly #breakers: ReturnType<typeof createCircuitBreakers>;

  constructor(options: SignalDeskOptions) {
    this.#options = options;
    this.#breakers = createCircuitBreakers(options.random);
  }

  /** A request of the route: each earns a share of one asking. */
  seen(route: string, shareMax: number): void {
    const place = this.#placeOf(route);
    place.credit = Math.min(burstMax, place.credit + shareMax);
    this.note(route, 'requests');
  }

  /** False when the route's share is used up. */
  take(route: string): boolean {
    const place = this.#placeOf(route);
    // Shares of a tenth do not add up to exactly one.
    if (place.credit < 1 - 1e-9) return false;
    place.credit -= 1;
    return true;
  }

  /** Whether it may be asked at all now: it is not resting, and there is something to read its answer by. */
  offers(route: string, name: SignalName): boolean {
    if (name === 'embedding' && this.#options.ownOutcomes(route) < outcomesMin) return false;
    if (this.#breakers.of(keyOf(route, name)).allows(this.#nowMs())) return true;
    this.note(route, `${name}-resting`);
    return false;
  }

  /** Leave to ask once; undefined while it rests. The one who asks says how it went. */
  enter(
    route: string,
    name: SignalName,
  ): ((outcome: AskedSignal['outcome'] | 'cancelled') => void) | undefined {
    const breaker = this.#breakers.of(keyOf(route, name));
    const permit = breaker.enter(this.#nowMs());
    if (permit === undefined) return undefined;
    return (outcome) => {
      const nowMs = this.#nowMs();
      if (outcome === 'cancelled') return permit.cancelled(nowMs);
      this.note(route, `${name}-${outcome}`);
      if (outcome === 'answered') return permit.succeeded(nowMs);
      permit.failed(nowMs, new GatewayError('upstream_unavailable', 'The signal gave no answer in time.'));
      const { state, waitMs } = breaker.snapshot(nowMs);
      if (state === 'open')
        this.#options.log.warn({ route, signal: name, outcome, waitMs }, 'a signal rests');
    };
  }

  /** A judge's digit as a signal, 0..1. */
  rated(route: string, rating: number): number {
    return this.#placeOf(route).scale.place(rating);
  }

  note(route: string, event: SignalEvent): void {
    const { counts } = this.#placeOf(route);
    counts[event] = (counts[event] ?? 0) + 1;
  }

  /** Undefined where the route never had signals. */
  view(route: string): SignalCounts | undefined {
    const place = this.#places.get(route);
    return place && { ...place.counts };
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #placeOf(route: string): Place {
    let place = this.#places.get(route);
    if (place === undefined) {
      place = { credit: 0, scale: new RatingScale(), counts: {} };
      this.#places.set(route, place);
    }
    return place;
  }
}

const keyOf = (route: string, name: SignalName): string => `${route}/${name}`;
