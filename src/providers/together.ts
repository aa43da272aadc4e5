import type { Vendor } from './vendor.ts';

/** Sources: docs.together.ai: OpenAI compatibility, error codes, geo-specific inference, rerank (2026-10). */
export const together: Vendor = {
  id: 'together',
  name: 'Together AI',
  headquarters: 'US',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  services: {
    embeddings: { path: '/embeddings' },
    rerank: { path: '/rerank', form: 'jina' },
    completions: { path: '/completions' },
    images: { path: '/images' },
    audio: { path: '/audio' },
  },
  modelsPath: '/models',
  // The two named geographies cost a quarter more and promise inference only: data and logs may be elsewhere.
  regions: {
    global: { baseUrl: 'https://api.together.ai/v1', processing: undefined, storage: undefined },
    us: { baseUrl: 'https://us-api.together.ai/v1', processing: 'US', storage: undefined },
    ca: { baseUrl: 'https://ca-api.together.ai/v1', processing: 'CA', storage: undefined },
  },
  defaultRegion: 'global',
  versionPath: '/v1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['TOGETHER_API_KEY', 'TOGETHER_AI_API_KEY'],
  baseUrlVariable: 'TOGETHER_BASE_URL',
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: true,
    reasoningControl: 'reasoning_effort',
    heartbeats: false,
  },
  errorClasses: [
    {
      status: 402,
      is: 'upstream_quota',
      hint: 'The account has reached its spending limit; raise it or pay at api.together.ai.',
    },
    // Here 403 means that prompt and answer together are longer than the model’s context.
    {
      status: 403,
      message: /token|context/i,
      is: 'upstream_rejected',
      hint: 'Prompt and output limit together exceed the model’s context.',
    },
    {
      code: 'region_unavailable',
      is: 'upstream_rejected',
      hint: 'The model is not offered in this geography; use region global or another model.',
    },
    {
      status: 404,
      is: 'upstream_rejected',
      hint: 'The model does not exist, or it needs a dedicated endpoint.',
    },
    { status: 503, is: 'upstream_unavailable' },
  ],
  simulated: false,
};
