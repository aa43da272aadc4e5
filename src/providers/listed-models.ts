import type { Vendor } from './vendor.ts';

/** Ids that our own names could not tell apart from their other parts. */
const unusable = /[\s#]/;

/**
 * The ids in an answer to `GET /models`, in its order, each once, without those that the vendor marks as gone. Whatever is no such
 * listing gives none.
 */
export function listedModels({ modelsFilter }: Pick<Vendor, 'modelsFilter'>, body: unknown): string[] {
  if (typeof body !== 'object' || body === null || !('data' in body) || !Array.isArray(body.data)) return [];
  const ids = new Set<string>();
  for (const row of body.data as unknown[]) {
    if (typeof row !== 'object' || row === null || !('id' in row) || typeof row.id !== 'string') continue;
    if (row.id === '' || unusable.test(row.id)) continue;
    const state =
      modelsFilter === undefined ? undefined : (row as { [field: string]: unknown })[modelsFilter.field];
    if (typeof state === 'string' && modelsFilter?.retired.includes(state)) continue;
    ids.add(row.id);
  }
  return [...ids];
}
