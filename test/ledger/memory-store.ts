import {
  decodeRecord,
  type LedgerStore,
  type RecordLine,
  type RequestRecord,
} from '../../src/ledger/index.ts';

/** A store of which only writing is of interest, and which can be told to fail or to wait. */
export class MemoryLedgerStore implements Pick<LedgerStore, 'append'> {
  readonly records = new Map<string, RequestRecord>();
  batches = 0;
  failure: Error | undefined;
  gate: Promise<void> | undefined;

  async append(lines: readonly RecordLine[]): Promise<number> {
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    this.batches += 1;
    let added = 0;
    for (const line of lines) {
      const record = decodeRecord(line)!;
      if (this.records.has(record.id)) continue;
      this.records.set(record.id, record);
      added += 1;
    }
    return added;
  }

  asStore(): LedgerStore {
    const unused = () => Promise.reject(new Error('not part of this test'));
    return {
      append: (lines) => this.append(lines),
      get: unused,
      findByDecision: unused,
      list: unused,
      report: unused,
      spentSince: unused,
    };
  }
}
