import type { AttemptRecord, RequestRecord } from '../../ledger/index.ts';

/** Service under which the ledger has what proving a route costs. */
const proofService = 'proof';

/** The calls that made and judged a pair, as one record of the ledger: on the account of the project that asked, without counting against the budget of its key. */
export function proofRecord(
  id: string,
  about: RequestRecord,
  calls: readonly AttemptRecord[],
  { costNano, isPair, nowMs }: { costNano: number | undefined; isPair: boolean; nowMs: number },
): RequestRecord {
  const startedAtMs = Math.min(nowMs, ...calls.map((call) => call.startedAtMs));
  return {
    id,
    startedAtMs,
    durationMs: nowMs - startedAtMs,
    keyId: about.keyId,
    project: about.project,
    dialect: about.dialect,
    service: proofService,
    about: about.id,
    model: about.model,
    route: about.route,
    stream: false,
    deployment: undefined,
    outcome: isPair ? 'answered' : 'failed',
    status: isPair ? 200 : 502,
    error: undefined,
    usage: undefined,
    usageSource: 'none',
    costNano,
    referenceCostNano: undefined,
    firstContentMs: undefined,
    simulated: about.simulated,
    session: about.session,
    tags: about.tags,
    droppedParams: [],
    attempts: calls.map((call, index) => ({ ...call, requestId: id, index })),
    decision: undefined,
  };
}
