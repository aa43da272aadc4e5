import {
  enginePorts,
  enginesToAsk,
  identifyEngine,
  listedModels,
  type ProviderSettings,
} from '../providers/index.ts';

/** A local engine that answered, and the models it listed. */
export interface FoundEngine {
  provider: ProviderSettings;
  models: string[];
}

const probeMs = 300;
const modelsMax = 100;

/**
 * Asks the usual loopback ports of local engines which models they serve. Several engines use the same ports, so the answer itself
 * must name its engine; a server that does not is left alone. Nothing outside this machine is called, and what does not answer within
 * 300 ms is not there.
 */
export async function findEngines(ports: readonly number[] = enginePorts): Promise<FoundEngine[]> {
  const found = (await Promise.all(ports.map(probe))).filter((engine) => engine !== undefined);
  const ids = new Set<string>();
  return found.map(({ vendor, port, models }) => {
    // A second server of one engine is told from the first by its port.
    const id = ids.has(vendor) ? `${vendor}-${port}` : vendor;
    ids.add(id);
    return { provider: { id, vendor, baseUrl: `http://127.0.0.1:${port}/v1` }, models };
  });
}

interface Probed {
  vendor: string;
  port: number;
  models: string[];
}

async function probe(port: number): Promise<Probed | undefined> {
  const signal = AbortSignal.timeout(probeMs);
  try {
    const { body, server } = await ask(port, '/v1/models', signal);
    const models = listedModels({}, body).slice(0, modelsMax);
    if (models.length === 0) return undefined;
    const vendor = identifyEngine({ body, server })?.id ?? (await askForSigns(port, signal));
    return vendor === undefined ? undefined : { vendor, port, models };
  } catch {
    return undefined;
  }
}

async function askForSigns(port: number, signal: AbortSignal): Promise<string | undefined> {
  for (const { vendor, path, field } of enginesToAsk(port)) {
    const { body } = await ask(port, path, signal);
    if (typeof body === 'object' && body !== null && field in body) return vendor.id;
  }
  return undefined;
}

async function ask(
  port: number,
  path: string,
  signal: AbortSignal,
): Promise<{ body: unknown; server: string | undefined }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal, redirect: 'error' });
  return { body: await response.json(), server: response.headers.get('server') ?? undefined };
}
