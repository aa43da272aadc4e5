import { googleErrorClasses } from './google-errors.ts';
import type { Vendor } from './vendor.ts';

/** The base of the OpenAI-compatible paths, which take the key as a bearer token. */
const openaiPath = '/v1beta/openai';

/**
 * The Gemini API of Google AI Studio. Sources: ai.google.dev: API reference, OpenAI compatibility, troubleshooting, thinking, terms
 * of service (2026-10); `GOOGLE_GEMINI_BASE_URL` as in Google's own SDK.
 */
export const gemini: Vendor = {
  id: 'gemini',
  name: 'Google Gemini API',
  headquarters: 'US',
  dialect: 'gemini',
  chatPath: '/models/{model}:generateContent',
  streamPath: '/models/{model}:streamGenerateContent?alt=sse',
  countPath: '/models/{model}:countTokens',
  modelInBody: false,
  mounts: [
    {
      dialect: 'openai-chat',
      chatPath: '/chat/completions',
      basePath: openaiPath,
      use: 'named',
      modelInBody: true,
      auth: 'bearer',
      quirks: {
        usageNeedsStreamOption: true,
        reasoningControl: 'reasoning_effort',
        reasoningEfforts: ['minimal', 'low', 'medium', 'high'],
      },
    },
  ],
  services: {
    embeddings: { path: '/embeddings', basePath: openaiPath, auth: 'bearer' },
    images: { path: '/images', basePath: openaiPath, auth: 'bearer' },
  },
  modelsPath: '/models',
  regions: {
    // The terms name no place; only Vertex AI offers one.
    global: {
      baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
      processing: undefined,
      storage: undefined,
    },
  },
  defaultRegion: 'global',
  versionPath: '/v1beta',
  auth: 'x-goog-api-key',
  headers: {},
  // `GOOGLE_API_KEY` is left out: it may be a key for maps, or one for Vertex AI.
  keyVariables: ['GEMINI_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  baseUrlVariable: 'GOOGLE_GEMINI_BASE_URL',
  keyPattern: /^AIza/,
  quirks: {
    maxTokensField: 'max_completion_tokens',
    usageNeedsStreamOption: false,
    jsonSchema: true,
    // Models since Gemini 3; those before take a token budget, which their catalogue rows say.
    reasoningControl: 'thinking_level',
    heartbeats: false,
    // ai.google.dev, context caching: implicit, without a stated lifetime; 2,048 tokens for the 2.5 models, 4,096 for later ones.
    promptCache: { lifetimeMs: 300_000, tokensMin: 4096, marked: false },
  },
  errorClasses: [
    {
      message: /API key (not valid|expired|not found)|API_KEY_INVALID/i,
      is: 'upstream_auth',
      hint: 'The key is wrong or expired; make one at aistudio.google.com (a Vertex AI key does not work here).',
    },
    {
      message: /reported as leaked/i,
      is: 'upstream_auth',
      hint: 'Google has blocked this key because it was found in public; make another one.',
    },
    {
      message: /User location is not supported/i,
      is: 'upstream_auth',
      hint: 'The Gemini API does not serve the place this gateway calls from; Vertex AI may.',
    },
    {
      message: /free tier is not available/i,
      is: 'upstream_quota',
      hint: 'Switch on billing for the project at aistudio.google.com.',
    },
    ...googleErrorClasses,
    { status: 402, is: 'upstream_quota', hint: 'Top up the project’s prepaid credits.' },
    {
      status: 429,
      message: /per ?day/i,
      is: 'upstream_quota',
      hint: 'The day’s quota is used up; it returns at midnight Pacific time, or with a higher tier.',
    },
    {
      status: 429,
      is: 'upstream_rate_limited',
      hint: 'The project’s rate or quota is used up; a tier with billing has more.',
    },
    {
      status: 404,
      is: 'upstream_rejected',
      hint: 'The model does not exist, or not in this version of the API.',
    },
  ],
  simulated: false,
};
