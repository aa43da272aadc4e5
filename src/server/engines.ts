import { type Engine, engines, type ProviderSettings } from '../providers/index.ts';

/** A local engine that answered, and the models it listed. */
export interface FoundEngine {
  provider: ProviderSettings;
  models: string[];
}

const probeMs = 300;
const modelsMax = 100;

/**
 * Asks the usual loopback ports of local engines which models they serve. Nothing outside this machine is called, and an engine
 * that does not answer within 300 ms is not there.
 */
export async function findEngines(): Promise<FoundEngine[]> {
  const found = await Promise.all(engines.map(probe));
  return found.filter((engine) => engine !== undefined);
}

async function probe({ id, baseUrl }: Engine): Promise<FoundEngine | undefined> {
  try {
    const response = await fetch(`${baseUrl}/models`, {
      signal: AbortSignal.timeout(probeMs),
      redirect: 'error',
    });
    const body: unknown = await response.json();
    const models = modelIds(body);
    return models.length === 0 ? undefined : { provider: { id, vendor: id, baseUrl }, models };
  } catch {
    return undefined;
  }
}

function modelIds(body: unknown): string[] {
  if (typeof body !== 'object' || body === null || !('data' in body) || !Array.isArray(body.data)) return [];
  const ids = body.data.map((item: unknown) =>
    typeof item === 'object' && item !== null && 'id' in item && typeof item.id === 'string' ? item.id : '',
  );
  return ids.filter((id) => id !== '' && !/[\s#]/.test(id)).slice(0, modelsMax);
}
