/** Run as a process of its own: records as fast as it can, and prints each id once its record is promised to survive. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { openLedger } from '../../src/ledger/index.ts';
import { createIdSource, systemClock } from '../../src/std/index.ts';
import { lockFile, openSqliteStore } from '../../src/storage/index.ts';
import { sampleDecision, sampleRecord } from './sample-records.ts';

const [, , dataFolder = '', parallel = '8'] = process.argv;
const ids = createIdSource(systemClock);
const store = await openSqliteStore({ dataFolder });
const ledger = await openLedger({
  store: store.ledger,
  journalFolder: join(dataFolder, 'journal'),
  lockFile,
  clock: systemClock,
  // Small, so that segments change and go all the time.
  bounds: { segmentBytesMax: 64 * 1024, lingerMs: 5 },
});
const decision = sampleDecision('dec_1');
writeSync(1, 'started\n');

async function recordOn(): Promise<void> {
  for (;;) {
    const id = ids('req');
    try {
      await ledger.record(sampleRecord({ id, decision }));
      writeSync(1, `${id}\n`);
    } catch {
      // More than the store takes: wait, as the gateway would by refusing work.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
for (let i = 0; i < Number(parallel); i++) void recordOn();
