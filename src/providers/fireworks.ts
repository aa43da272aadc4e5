import { messagesMount, responsesMount } from './mounts.ts';
import type { Vendor } from './vendor.ts';

/** Sources: docs.fireworks.ai: inference error codes, Anthropic compatibility, Responses API, API reference (2026-10). */
export const fireworks: Vendor = {
  id: 'fireworks',
  name: 'Fireworks AI',
  headquarters: 'US',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  mounts: [responsesMount('named'), messagesMount('none')],
  services: {
    embeddings: { path: '/embeddings' },
    rerank: { path: '/rerank', form: 'jina' },
    completions: { path: '/completions' },
  },
  modelsPath: '/models',
  regions: {
    global: { baseUrl: 'https://api.fireworks.ai/inference/v1', processing: undefined, storage: undefined },
  },
  defaultRegion: 'global',
  auth: 'bearer',
  headers: {},
  keyVariables: ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY'],
  baseUrlVariable: 'FIREWORKS_BASE_URL',
  keyPattern: /^fw_/,
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
      hint: 'The account is not on a paid plan or has used up its limit; see billing at fireworks.ai.',
    },
    {
      status: 412,
      is: 'upstream_quota',
      hint: 'The account is suspended, often for an unpaid bill or a spent limit; a LoRA that failed to load says the same.',
    },
    {
      status: 404,
      is: 'upstream_rejected',
      hint: 'The model does not exist, is not deployed, or the key may not use it; ids look like accounts/fireworks/models/NAME.',
    },
    { status: 503, is: 'upstream_unavailable' },
  ],
  simulated: false,
};
