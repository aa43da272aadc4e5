import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayDeps } from '../../src/gateway/index.ts';
import { createReadiness } from '../../src/server/readiness.ts';

test('readiness names what fails without its inside story, which is logged once each time it changes', () => {
  const logged: unknown[] = [];
  let problem: string | undefined = 'EACCES: /var/lib/secret-place/journal';
  const deps = {
    ledger: { health: () => ({ ok: problem === undefined, problem }) },
    snapshot: () => ({ catalog: { deployments: () => [{}] } }),
    log: { warn() {}, error: (facts: { problem: string }) => logged.push(facts.problem) },
  };
  const readiness = createReadiness(deps as unknown as GatewayDeps);
  const unready = readiness();
  readiness();
  assert.equal(unready.ready, false);
  assert.match(unready.problems.join(), /the ledger/);
  assert.doesNotMatch(unready.problems.join(), /secret-place|EACCES/);
  problem = undefined;
  assert.deepEqual(readiness(), { ready: true, problems: [] });
  problem = 'ENOSPC';
  readiness();
  assert.deepEqual(logged, ['EACCES: /var/lib/secret-place/journal', 'ENOSPC']);
});
