import type { GatewayDeps } from '../gateway/index.ts';
import type { Readiness } from '../http/index.ts';

/**
 * Tells whether this process should be sent requests. Anybody may ask, so an answer names the part that fails and the log has
 * the inside story, once each time it changes.
 */
export function createReadiness({
  ledger,
  snapshot,
  log,
}: Pick<GatewayDeps, 'ledger' | 'snapshot' | 'log'>): () => Readiness {
  let logged: string | undefined;
  return () => {
    const problems: string[] = [];
    const health = ledger.health();
    const problem = health.ok ? undefined : (health.problem ?? 'it is closed');
    if (problem !== undefined) problems.push('the ledger cannot take records; the log says why');
    if (problem !== undefined && problem !== logged) log.error({ problem }, 'the ledger cannot take records');
    logged = problem;
    if (snapshot().catalog.deployments().length === 0) problems.push('no deployment is configured');
    return { ready: problems.length === 0, problems };
  };
}
