import { createHash } from 'node:crypto';
import type { Route, Snapshot } from '../../gateway/index.ts';
import type { FrozenPolicy } from './state.ts';

export type Fingerprint = FrozenPolicy['fingerprint'];

export interface FingerprintParts {
  route: Route;
  snapshot: Snapshot;
  /** What decides and checks beside data: the version of this program. */
  version: string;
  quality: number;
  allowances: readonly number[];
  own: string | undefined;
  lengths: string | undefined;
  /** How pairs are graded, as configured. */
  graders: unknown;
  unit: 'request' | 'session';
}

/** What must stay as it is for a certificate to speak of the route, part by part, so that a change can be named. */
export function fingerprintOf(parts: FingerprintParts): Fingerprint {
  const { route, snapshot } = parts;
  const all = [route.reference, ...route.candidates];
  const deployments = [...new Map(all.map(({ deployment }) => [deployment.id, deployment])).values()];
  return {
    artefact: snapshot.predictor.parameters.id,
    'own outcomes': digest(parts.own ?? 'none'),
    lengths: digest(parts.lengths ?? 'none'),
    thresholds: digest(parts.allowances),
    reference: route.reference.id,
    candidates: digest(route.candidates.map(({ id }) => id)),
    target: String(parts.quality),
    prices: digest(deployments.map(({ id, prices }) => [id, prices])),
    models: digest(
      deployments.map(({ id, upstreamName, model, provider, findings }) => [
        id,
        upstreamName,
        model.scores,
        model.capabilities,
        model.contextTokens,
        provider.baseUrl,
        findings?.map(({ capability, value }) => [capability, value]),
      ]),
    ),
    checks: digest(route.cascade),
    graders: digest(parts.graders),
    unit: parts.unit,
    // Whom packs exclude is not tested. Absent without any, as in fingerprints of earlier versions.
    ...(snapshot.policy.version !== 'none' && { policies: digest([snapshot.policy.version, route.data]) }),
    version: parts.version,
  };
}

/** Names of the parts that differ. */
export function changedParts(frozen: Fingerprint, now: Fingerprint): string[] {
  return Object.keys({ ...frozen, ...now }).filter((part) => frozen[part] !== now[part]);
}

/** BigInt-safe and stable in the order of keys as they stand: both sides are made by the same code. */
function digest(value: unknown): string {
  const text =
    JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? one.toString() : one)) ?? '';
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
