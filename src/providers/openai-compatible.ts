import type { ErrorClass, Quirks, Vendor } from './vendor.ts';

export const compatibleQuirks: Quirks = {
  maxTokensField: 'max_tokens',
  usageNeedsStreamOption: true,
  jsonSchema: true,
  reasoningControl: 'none',
  heartbeats: false,
};

/** Codes that servers borrow from OpenAI, with OpenAI's meaning, and what they say of a prompt that is too long, also inside a stream. */
export const compatibleErrorClasses: ErrorClass[] = [
  { code: 'insufficient_quota', is: 'upstream_quota' },
  { code: 'context_length_exceeded', is: 'upstream_rejected' },
  { code: 'content_filter', is: 'content_filtered' },
  { code: 'content_policy_violation', is: 'content_filtered' },
  {
    message: /maximum context length|exceeds the (available |model’s |model's )?context/i,
    is: 'upstream_rejected',
  },
];

/** Any server that speaks chat completions: the operator gives its address, and a key if it asks for one. */
export const openaiCompatible: Vendor = {
  id: 'openai-compatible',
  name: 'OpenAI-compatible server',
  headquarters: undefined,
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  // What of these a server has, it says itself.
  services: {
    embeddings: { path: '/embeddings' },
    rerank: { path: '/rerank', form: 'jina' },
    completions: { path: '/completions' },
    images: { path: '/images' },
    audio: { path: '/audio' },
    moderations: { path: '/moderations' },
  },
  modelsPath: '/models',
  regions: {},
  defaultRegion: undefined,
  auth: 'bearer',
  keyOptional: true,
  headers: {},
  keyVariables: ['OPENAI_COMPATIBLE_API_KEY'],
  baseUrlVariable: 'OPENAI_COMPATIBLE_BASE_URL',
  silentContexts: [4_096],
  quirks: compatibleQuirks,
  errorClasses: compatibleErrorClasses,
  simulated: false,
};
