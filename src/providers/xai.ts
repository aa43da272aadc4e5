import { responsesMount } from './mounts.ts';
import type { Vendor } from './vendor.ts';

/**
 * Sources: docs.x.ai: REST API reference, reasoning, regional endpoints, debugging errors (2026-10); error bodies as reported for its
 * API: `{"code": a sentence, "error": the message}`. Responses is its first interface; its Messages interface is withdrawn.
 */
export const xai: Vendor = {
  id: 'xai',
  name: 'xAI',
  headquarters: 'US',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  mounts: [
    responsesMount('same-dialect', { quirks: { refusedFields: undefined, refusedWhileThinking: undefined } }),
  ],
  services: {
    images: { path: '/images' },
    files: { path: '/files' },
  },
  modelsPath: '/models',
  regions: {
    global: { baseUrl: 'https://api.x.ai/v1', processing: 'global', storage: undefined },
    // Covers inference, moderation and retained requests, not files and server-side tools; costs 10 % more.
    us: { baseUrl: 'https://us.api.x.ai/v1', processing: 'US', storage: 'US' },
  },
  defaultRegion: 'global',
  versionPath: '/v1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['XAI_API_KEY'],
  baseUrlVariable: 'XAI_BASE_URL',
  keyPattern: /^xai-/,
  quirks: {
    maxTokensField: 'max_completion_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: true,
    reasoningControl: 'reasoning_effort',
    // Refused even as 0, and by models that do not reason as well.
    refusedFields: ['presence_penalty', 'frequency_penalty'],
    refusedWhileThinking: ['stop'],
    heartbeats: false,
  },
  errorClasses: [
    {
      message: /violates usage guidelines|SAFETY_CHECK_TYPE/i,
      is: 'content_filtered',
      hint: 'The safety check of xAI refused the prompt; the message names the check.',
    },
    {
      message: /used all available credits|monthly spending limit/i,
      is: 'upstream_quota',
      hint: 'Buy credits or raise the spending limit of the team at console.x.ai.',
    },
    {
      message: /incorrect API key|API key .*(blocked|disabled)/i,
      is: 'upstream_auth',
      hint: 'The key is wrong or blocked; keys are made at console.x.ai.',
    },
    {
      message: /does not support parameter/i,
      is: 'upstream_rejected',
      hint: 'This Grok model refuses that parameter; reasoning models take no penalties and no stop sequences.',
    },
    {
      status: 404,
      is: 'upstream_rejected',
      hint: 'The model does not exist, the team may not use it, or this region does not serve it.',
    },
  ],
  simulated: false,
};
