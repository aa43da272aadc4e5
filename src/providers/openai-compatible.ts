import type { ErrorClass, Quirks, Vendor } from './vendor.ts';

const quirks: Quirks = {
  maxTokensField: 'max_tokens',
  usageNeedsStreamOption: true,
  jsonSchema: true,
  reasoningControl: 'none',
  heartbeats: false,
};

/** Codes that servers borrow from OpenAI, with OpenAI's meaning. */
const errorClasses: ErrorClass[] = [
  { code: 'insufficient_quota', is: 'upstream_quota' },
  { code: 'context_length_exceeded', is: 'upstream_rejected' },
  { code: 'content_filter', is: 'content_filtered' },
  { code: 'content_policy_violation', is: 'content_filtered' },
];

/** Any server that speaks chat completions: the operator gives its address, and a key if it asks for one. */
export const openaiCompatible: Vendor = {
  id: 'openai-compatible',
  name: 'OpenAI-compatible server',
  headquarters: undefined,
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  regions: {},
  defaultRegion: undefined,
  auth: 'bearer',
  keyOptional: true,
  headers: {},
  keyVariables: ['OPENAI_COMPATIBLE_API_KEY'],
  baseUrlVariable: 'OPENAI_COMPATIBLE_BASE_URL',
  quirks,
  errorClasses,
  simulated: false,
};

/** An inference server that people run themselves, and the loopback address it uses unless told otherwise. */
export interface Engine {
  id: string;
  name: string;
  baseUrl: string;
}

export const engines: Engine[] = [
  { id: 'ollama', name: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1' },
  { id: 'vllm', name: 'vLLM', baseUrl: 'http://127.0.0.1:8000/v1' },
  { id: 'lmstudio', name: 'LM Studio', baseUrl: 'http://127.0.0.1:1234/v1' },
  { id: 'llamacpp', name: 'llama.cpp', baseUrl: 'http://127.0.0.1:8080/v1' },
  { id: 'sglang', name: 'SGLang', baseUrl: 'http://127.0.0.1:30000/v1' },
];

/** An engine is the generic vendor with a name and a usual address; where it runs, data stays. */
export function engineVendor(engine: Engine): Vendor {
  return {
    ...openaiCompatible,
    id: engine.id,
    name: engine.name,
    regions: { local: { baseUrl: engine.baseUrl, processing: 'local', storage: 'local' } },
    defaultRegion: 'local',
    versionPath: '/v1',
    keyVariables: [],
    baseUrlVariable: undefined,
  };
}
