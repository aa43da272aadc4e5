import { responsesMount } from './mounts.ts';
import type { Vendor } from './vendor.ts';

/** Sources: console.groq.com docs: OpenAI compatibility, errors, reasoning, API reference (2026-10). */
export const groq: Vendor = {
  id: 'groq',
  name: 'Groq',
  headquarters: 'US',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  // Beta and without stored conversations, so whoever wants it says so.
  mounts: [responsesMount('named')],
  services: {
    audio: { path: '/audio' },
    files: { path: '/files' },
    batches: { path: '/batches' },
  },
  modelsPath: '/models',
  regions: {
    global: { baseUrl: 'https://api.groq.com/openai/v1', processing: undefined, storage: undefined },
  },
  defaultRegion: 'global',
  versionPath: '/openai/v1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['GROQ_API_KEY'],
  baseUrlVariable: 'GROQ_BASE_URL',
  keyPattern: /^gsk_/,
  quirks: {
    maxTokensField: 'max_completion_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: true,
    reasoningControl: 'reasoning_effort',
    refusedFields: ['logprobs', 'top_logprobs', 'logit_bias'],
    heartbeats: false,
  },
  errorClasses: [
    // One request above the whole token rate of the account: it can never pass, however long one waits.
    {
      status: 413,
      message: /tokens per minute|request too large/i,
      is: 'upstream_rejected',
      hint: 'The request is larger than the account’s tokens per minute; use a higher tier or another provider.',
    },
    {
      code: 'organization_restricted',
      is: 'upstream_auth',
      hint: 'Groq has restricted the organisation; ask its support.',
    },
    {
      code: 'model_not_found',
      is: 'upstream_rejected',
      hint: 'The model does not exist or the key may not use it.',
    },
    {
      code: 'model_decommissioned',
      is: 'upstream_rejected',
      hint: 'Groq no longer serves the model; see console.groq.com/docs/deprecations.',
    },
    { code: 'context_length_exceeded', is: 'upstream_rejected' },
    // The model wrote a call or a document that Groq could not read: another attempt or another model may do better.
    { code: 'tool_use_failed', is: 'upstream_unavailable' },
    { code: 'json_validate_failed', is: 'upstream_unavailable' },
    { status: 424, is: 'upstream_unavailable' },
    {
      status: 498,
      is: 'upstream_rate_limited',
      hint: 'The flex tier has no capacity now; use another service tier or try later.',
    },
    { code: 'rate_limit_exceeded', is: 'upstream_rate_limited' },
  ],
  simulated: false,
};
