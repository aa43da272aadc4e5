import type { Vendor } from './vendor.ts';

/**
 * Sources: docs.mistral.ai: API specification, error glossary, regional inference (2026-10). Fields it does not know are refused with
 * 422 `extra_forbidden`, also in messages (reported for `stream_options`, `n`, `reasoning_content`).
 */
export const mistral: Vendor = {
  id: 'mistral',
  name: 'Mistral AI',
  headquarters: 'FR',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  services: {
    embeddings: { path: '/embeddings' },
    audio: { path: '/audio' },
    moderations: { path: '/moderations' },
    files: { path: '/files' },
  },
  modelsPath: '/models',
  // The regional addresses cost 10 % more and promise inference only: account data may be elsewhere.
  regions: {
    global: { baseUrl: 'https://api.mistral.ai/v1', processing: undefined, storage: undefined },
    // Data centres of the European Union and EFTA.
    eu: { baseUrl: 'https://api.eu.mistral.ai/v1', processing: 'EU', storage: undefined },
    us: { baseUrl: 'https://api.us.mistral.ai/v1', processing: 'US', storage: undefined },
  },
  defaultRegion: 'global',
  versionPath: '/v1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['MISTRAL_API_KEY'],
  baseUrlVariable: 'MISTRAL_BASE_URL',
  quirks: {
    maxTokensField: 'max_tokens',
    // The option is refused; the last chunk always has the usage.
    usageNeedsStreamOption: false,
    jsonSchema: true,
    reasoningControl: 'reasoning_effort',
    reasoningEfforts: ['none', 'high'],
    reasoningEcho: 'none',
    systemRole: 'system',
    refusedFields: [
      'audio',
      'function_call',
      'functions',
      'logit_bias',
      'logprobs',
      'max_completion_tokens',
      'modalities',
      'prompt_cache_retention',
      'safety_identifier',
      'seed',
      'service_tier',
      'store',
      'stream_options',
      'top_logprobs',
      'user',
      'verbosity',
      'web_search_options',
    ],
    heartbeats: false,
  },
  errorClasses: [
    {
      status: 401,
      is: 'upstream_auth',
      hint: 'The key is wrong or revoked; keys of Codestral and of agents’ own hosts do not work here.',
    },
    {
      status: 402,
      is: 'upstream_quota',
      hint: 'Add a payment method or credit at console.mistral.ai.',
    },
    {
      status: 403,
      message: /guardrail|moderation|blocked/i,
      is: 'content_filtered',
      hint: 'A guardrail of the request or the workspace refused it.',
    },
    {
      message: /inactive subscription|usage limit reached|payment/i,
      is: 'upstream_quota',
      hint: 'Activate payments for the workspace or raise its limit.',
    },
    {
      code: 'unknown_model',
      is: 'upstream_rejected',
      hint: 'The model does not exist or the workspace may not use it.',
    },
    {
      message: /invalid model/i,
      is: 'upstream_rejected',
      hint: 'The model does not exist or the workspace may not use it.',
    },
    {
      status: 422,
      is: 'upstream_rejected',
      hint: 'Mistral refuses fields it does not know, also inside messages; the message names the place.',
    },
    { code: 'rate_limit_error', is: 'upstream_rate_limited' },
  ],
  simulated: false,
};
