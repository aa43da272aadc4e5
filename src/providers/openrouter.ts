import { messagesMount, responsesMount } from './mounts.ts';
import type { Vendor } from './vendor.ts';

/**
 * OpenRouter passes requests on to vendors of its own choice. Sources: openrouter.ai/docs: API reference, errors, streaming,
 * reasoning tokens, in-region routing (2026-10).
 */
export const openrouter: Vendor = {
  id: 'openrouter',
  name: 'OpenRouter',
  headquarters: 'US',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  mounts: [
    // Without stored conversations.
    responsesMount('named', { quirks: { reasoningControl: 'reasoning_effort' } }),
    messagesMount('thinking', { quirks: { heartbeats: true } }),
  ],
  services: {
    embeddings: { path: '/embeddings' },
    completions: { path: '/completions' },
  },
  modelsPath: '/models',
  // The named regions need a Business plan.
  regions: {
    global: { baseUrl: 'https://openrouter.ai/api/v1', processing: 'global', storage: undefined },
    us: { baseUrl: 'https://us.openrouter.ai/api/v1', processing: 'US', storage: undefined },
    // One page says European Union, another counts the United Kingdom and Switzerland in: no claim can be made.
    eu: { baseUrl: 'https://eu.openrouter.ai/api/v1', processing: undefined, storage: undefined },
  },
  defaultRegion: 'global',
  auth: 'bearer',
  forwardHeaders: ['http-referer', 'x-title'],
  headers: {},
  keyVariables: ['OPENROUTER_API_KEY'],
  baseUrlVariable: 'OPENROUTER_BASE_URL',
  keyPattern: /^sk-or-/,
  balance: { path: '/key', amount: ['data', 'limit_remaining'], currency: 'USD' },
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: true,
    reasoningControl: 'reasoning',
    reasoningEfforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
    // Comments until the vendor behind it answers.
    heartbeats: true,
  },
  errorClasses: [
    {
      status: 402,
      is: 'upstream_quota',
      hint: 'Buy credits at openrouter.ai, or ask for fewer output tokens than the remaining credit pays for.',
    },
    {
      status: 403,
      message: /moderation|flagged/i,
      is: 'content_filtered',
      hint: 'The vendor behind OpenRouter moderates its input and refused this one.',
    },
    {
      status: 403,
      message: /guardrail/i,
      is: 'content_filtered',
      hint: 'A guardrail of the OpenRouter account refused the request.',
    },
    {
      status: 403,
      message: /limit/i,
      is: 'upstream_quota',
      hint: 'The key’s own credit limit is reached; raise it in the key’s settings.',
    },
    {
      status: 404,
      message: /data policy|guardrail restrictions/i,
      is: 'upstream_rejected',
      hint: 'The account’s privacy settings exclude every vendor of this model.',
    },
    {
      status: 404,
      is: 'upstream_rejected',
      hint: 'No vendor behind OpenRouter serves this model with these parameters in this region.',
    },
    {
      status: 429,
      message: /per-day/i,
      is: 'upstream_quota',
      hint: 'The day’s requests to free models are used up.',
    },
  ],
  simulated: false,
};
