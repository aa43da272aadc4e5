import type { JsonObject } from '../../../protocol/index.ts';
import type { ProofStore } from '../../store.ts';

/** Captures read at once. */
const pageSize = 200;

/** The captures of a data folder, newest first, as records that a log reader takes. */
export async function* captureRecords(
  store: Pick<ProofStore, 'captures'>,
  range: { route?: string | undefined; fromMs: number; toMs: number },
): AsyncGenerator<JsonObject> {
  let cursor: string | undefined;
  do {
    const page = await store.captures({ ...range, cursor, limit: pageSize });
    for (const capture of page.captures) yield { ...capture };
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
