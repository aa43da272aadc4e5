import type { DatabaseSync } from 'node:sqlite';
import type { Finding } from '../../catalog/index.ts';
import { inTransaction } from './database.ts';

export interface FindingOperations {
  putFindings(findings: readonly Finding[]): void;
  listFindings(): Finding[];
}

/** The table of what checks found out about deployments. */
export function findingOperations(db: DatabaseSync): FindingOperations {
  const put = db.prepare(
    `INSERT INTO capability_findings (deployment, capability, called_as, value, evidence, at_ms)
     VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (deployment, capability) DO UPDATE SET
       called_as = excluded.called_as, value = excluded.value, evidence = excluded.evidence, at_ms = excluded.at_ms`,
  );
  const all = db.prepare('SELECT * FROM capability_findings ORDER BY deployment, capability');
  return {
    putFindings(findings) {
      inTransaction(db, () => {
        for (const { deployment, capability, calledAs, value, evidence, atMs } of findings) {
          put.run(deployment, capability, calledAs, JSON.stringify(value), evidence, Math.trunc(atMs));
        }
      });
    },
    listFindings: () => all.all().map(findingOf),
  };
}

function findingOf(row: Record<string, unknown>): Finding {
  return {
    deployment: String(row['deployment']),
    calledAs: String(row['called_as']),
    capability: row['capability'] as Finding['capability'],
    value: JSON.parse(String(row['value'])) as Finding['value'],
    evidence: String(row['evidence']),
    atMs: Number(row['at_ms']),
  };
}
