import { compatibleErrorClasses, compatibleQuirks, openaiCompatible } from './openai-compatible.ts';
import type { EngineSigns, Quirks, Vendor } from './vendor.ts';

/** What the file of an engine says; all else is as at any server that speaks chat completions. */
export interface EngineDefinition extends Partial<Omit<Vendor, 'quirks'>> {
  id: string;
  name: string;
  engine: EngineSigns;
  quirks?: Partial<Quirks> | undefined;
}

/** An inference server that people run themselves, with its usual address on this machine; where it runs, data stays. */
export function engineVendor({ quirks, errorClasses, ...own }: EngineDefinition): Vendor {
  const baseUrl = `http://127.0.0.1:${own.engine.ports[0]}/v1`;
  return {
    ...openaiCompatible,
    services: undefined,
    // Most refuse a prompt that is too long; those that shorten it say so themselves.
    silentContexts: undefined,
    regions: { local: { baseUrl, processing: 'local', storage: 'local' } },
    defaultRegion: 'local',
    versionPath: '/v1',
    keyVariables: [],
    baseUrlVariable: undefined,
    ...own,
    quirks: { ...compatibleQuirks, ...quirks },
    errorClasses: [...(errorClasses ?? []), ...compatibleErrorClasses],
  };
}
