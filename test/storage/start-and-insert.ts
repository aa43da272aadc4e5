/** Run as a process of its own: opens the store and inserts one key. */
import { openSqliteStore } from '../../src/storage/sqlite/store.ts';
import { sampleKey } from './key-store-conformance.ts';

const [, , dataFolder = '', id = ''] = process.argv;
const store = await openSqliteStore({ dataFolder });
await store.keys.insert(sampleKey({ id, digest: id }));
await store.close();
console.log('inserted');
