import type { Catalog } from '../catalog/index.ts';
import type { Route, Snapshot } from '../gateway/index.ts';
import type { ConfiguredRoute, RouteProofSettings } from '../proof/index.ts';
import { ConfigError, type RouteConfig } from './config.ts';
import type { Setup } from './snapshot.ts';

/** With more requests drawn one by one, turns of one conversation would count as if they were as many. */
const requestShareMax = 0.2;
const minuteMs = 60_000;
const dayMs = 86_400_000;

/** The routes that are proved in this configuration. Throws ConfigError naming the field at fault. */
export function provedRoutes(setup: Setup, snapshot: Snapshot): ConfiguredRoute[] {
  if (setup.kind !== 'file') return [];
  return Object.entries(setup.config.routes).flatMap(([name, config]) => {
    const route = snapshot.routes.get(name);
    if (config.proof === undefined || route === undefined) return [];
    try {
      return [{ route, snapshot, settings: settingsOf(config, config.proof, route, snapshot.catalog) }];
    } catch (thrown) {
      throw new ConfigError(`${setup.path}: routes.${name}.proof: ${(thrown as Error).message}`, {
        cause: thrown,
      });
    }
  });
}

function settingsOf(
  { mode, target, capture, capture_days }: RouteConfig,
  proof: NonNullable<RouteConfig['proof']>,
  route: Route,
  catalog: Catalog,
): RouteProofSettings {
  if (!('quality' in target)) throw new Error('needs a quality to prove: target: { quality: 0.98 }');
  const judges = judgesOf(proof.judges, route, catalog);
  return {
    goal: mode,
    quality: target.quality,
    delta: 1 - proof.confidence,
    judges,
    graders: proof.graders,
    unit:
      proof.unit ??
      (Math.max(proof.share_max, proof.share_certified) > requestShareMax ? 'session' : 'request'),
    shareMax: proof.share_max,
    shareCertified: proof.share_certified,
    shareMin: proof.share_min,
    budgetUsdPerDay: proof.budget_usd_per_day,
    anchorsPerWeek: proof.labels_per_week,
    require: proof.labels_per_week > 0 && proof.labels === 'correct' ? 'human' : 'judge',
    learnPairs: proof.learn_pairs,
    idleMs: proof.idle_minutes * minuteMs,
    probeMs: proof.probe_days === undefined ? undefined : proof.probe_days * dayMs,
    capture,
    captureDays: capture_days,
  };
}

function judgesOf(names: readonly string[], route: Route, catalog: Catalog): RouteProofSettings['judges'] {
  const judges = names.map((name) => {
    const candidates = catalog.candidates(name);
    const [first] = candidates;
    if (first === undefined)
      throw new Error(
        `judges: there is no model «${name}» here: list it under deployments, or use a catalogue name that a configured provider serves`,
      );
    return { family: first.deployment.model.family, candidates };
  });
  // With rules alone, what none of them applies to counts as lost.
  if (judges.length === 0) return judges;
  const reference = route.reference.deployment.model.family;
  for (const { id, deployment } of route.candidates) {
    if (id === route.reference.id) continue;
    const taken = [reference, deployment.model.family];
    if (judges.some(({ family }) => !taken.includes(family))) continue;
    throw new Error(
      `judges: answers of ${id} and of ${route.reference.id} need a judge of another family than ${[...new Set(taken)].join(' and ')}: add one`,
    );
  }
  return judges;
}
