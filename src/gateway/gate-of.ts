import type { Principal } from '../identity/index.ts';
import type { RequestRecord } from '../ledger/index.ts';
import { nothingSaid, openGate, type Policy, type PolicyGate, type RequestFacts } from '../policy/index.ts';
import type { GatewayDeps } from './gateway.ts';
import type { RequestWishes } from './request-headers.ts';
import type { Route, Snapshot } from './snapshot.ts';

export type GateDeps = Pick<GatewayDeps, 'clock' | 'switches'>;

export interface GateQuestion {
  principal: Principal;
  /** Undefined where a model was called by its name. */
  route: Pick<Route, 'name' | 'data'> | undefined;
  wishes: Pick<RequestWishes, 'tags' | 'data'>;
  snapshot: Pick<Snapshot, 'policy'>;
}

/** What the operator states of a route's requests holds; what the client adds may only make it stricter. */
export function gateOf({ principal, route, wishes, snapshot }: GateQuestion, deps: GateDeps): PolicyGate {
  const stated = statedOf(route);
  const { dataClasses, purpose, subjectRegion } = wishes.data;
  const says = dataClasses.length + wishes.tags.length > 0 || (purpose ?? subjectRegion) !== undefined;
  const claimed: RequestFacts = {
    dataClasses: [...new Set([...stated.dataClasses, ...dataClasses])],
    purpose: purpose ?? stated.purpose,
    subjectRegion: subjectRegion ?? stated.subjectRegion,
    tags: wishes.tags,
  };
  return openGate({
    principal,
    route: route?.name,
    stated,
    claimed: says ? claimed : undefined,
    policy: snapshot.policy,
    switches: () => deps.switches(),
    nowMs: () => deps.clock.nowMs(),
  });
}

/** The wishes of a request about whose data nothing is said. */
export const saysNothing: GateQuestion['wishes'] = { tags: [], data: nothingSaid };

/** The gate of a recorded request under packs that may be others, at the time given. Nothing is switched off in it. */
export function gateAgain(
  { policy: met, tags }: Pick<RequestRecord, 'policy' | 'tags'>,
  {
    principal,
    route,
    policy,
    nowMs,
  }: Pick<GateQuestion, 'principal' | 'route'> & { policy: Policy; nowMs: number },
): PolicyGate {
  return openGate({
    principal,
    route: route?.name,
    stated: statedOf(route),
    claimed: { ...nothingSaid, ...met?.facts, tags },
    policy,
    switches: () => [],
    nowMs: () => nowMs,
  });
}

const statedOf = (route: GateQuestion['route']): RequestFacts => ({ ...nothingSaid, ...route?.data });
