import type { SavingsQuery } from '../../ledger/index.ts';
import { rowFigures, type Savings } from '../../proof/index.ts';
import type { SavingsDocument } from './savings-contract.ts';

export function presentSavings({ total, rows, routes }: Savings, query: SavingsQuery): SavingsDocument {
  return {
    from: new Date(query.fromMs).toISOString(),
    to: new Date(query.toMs).toISOString(),
    by: query.by,
    total: rowFigures(total),
    rows: rows.map(rowFigures),
    routes,
    note: 'Net of everything that was spent, proof too. Quality is an estimate from pairs; certificates alone have bounds. docs/proof.md says how each baseline comes about and what it leaves out.',
  };
}
