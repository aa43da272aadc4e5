import type { Vendor } from './vendor.ts';

/**
 * Cohere through its compatibility API; rerank and embeddings in its own form. Sources: docs.cohere.com: compatibility API, errors,
 * rerank and embed v2 (2026-10).
 */
export const cohere: Vendor = {
  id: 'cohere',
  name: 'Cohere',
  headquarters: 'CA',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  services: {
    embeddings: { path: '/embed', basePath: '/v2', form: 'cohere' },
    rerank: { path: '/rerank', basePath: '/v2', form: 'cohere' },
  },
  // Its own listing has another form, and the compatibility API has none.
  modelsPath: undefined,
  regions: {
    global: { baseUrl: 'https://api.cohere.ai/compatibility/v1', processing: undefined, storage: undefined },
  },
  defaultRegion: 'global',
  auth: 'bearer',
  headers: {},
  keyVariables: ['COHERE_API_KEY', 'CO_API_KEY'],
  baseUrlVariable: undefined,
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: true,
    reasoningControl: 'reasoning_effort',
    reasoningEfforts: ['none', 'high'],
    refusedFields: [
      'audio',
      'logit_bias',
      'max_completion_tokens',
      'metadata',
      'modalities',
      'n',
      'parallel_tool_calls',
      'prediction',
      'service_tier',
      'store',
      'top_logprobs',
    ],
    heartbeats: false,
  },
  errorClasses: [
    {
      status: 402,
      is: 'upstream_quota',
      hint: 'Update the payment method or the billing limit at dashboard.cohere.com.',
    },
    {
      status: 429,
      message: /trial key.*month/i,
      is: 'upstream_quota',
      hint: 'The month’s calls of the trial key are used up; make a production key.',
    },
    {
      status: 429,
      message: /trial/i,
      is: 'upstream_rate_limited',
      hint: 'Trial keys are limited to a few calls a minute; make a production key.',
    },
    {
      status: 498,
      is: 'content_filtered',
      hint: 'The request or the answer held a word on Cohere’s deny list.',
    },
    { status: 499, is: 'upstream_unavailable' },
    { message: /too many tokens/i, is: 'upstream_rejected' },
    {
      status: 404,
      message: /was removed|not found/i,
      is: 'upstream_rejected',
      hint: 'The model does not exist any more; see docs.cohere.com for its successor.',
    },
  ],
  simulated: false,
};
