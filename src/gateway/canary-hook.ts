import type { RequestRecord } from '../ledger/index.ts';
import type { Route } from './snapshot.ts';

/** What the gateway asks of whoever tries another form of a route on part of its traffic. Synchronous and cheap. Never throws. */
export interface CanaryHook {
  /** Whether this conversation gets the other form; only asked where the route has one. */
  takes(route: Route, session: string): boolean;
  /** A request of a route with another form is over. */
  over(record: RequestRecord): void;
}
