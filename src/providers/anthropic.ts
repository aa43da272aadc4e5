import type { Vendor } from './vendor.ts';

/** Sources: platform.claude.com API errors, data residency and models pages. */
export const anthropic: Vendor = {
  id: 'anthropic',
  name: 'Anthropic',
  headquarters: 'US',
  dialect: 'anthropic-messages',
  chatPath: '/messages',
  countPath: '/messages/count_tokens',
  modelsPath: '/models',
  regions: {
    // Inference runs anywhere unless a request asks for `inference_geo`; data at rest stays in the workspace's place, the US by default.
    global: { baseUrl: 'https://api.anthropic.com/v1', processing: 'global', storage: 'US' },
  },
  defaultRegion: 'global',
  versionPath: '/v1',
  auth: 'x-api-key',
  forwardHeaders: ['anthropic-beta', 'anthropic-version'],
  headers: { 'anthropic-version': '2023-06-01' },
  keyVariables: ['ANTHROPIC_API_KEY'],
  baseUrlVariable: 'ANTHROPIC_BASE_URL',
  keyPattern: /^sk-ant-/,
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: false,
    jsonSchema: true,
    // Models since Claude 4.6; older ones take a token budget instead, which their catalogue rows say.
    reasoningControl: 'adaptive-thinking',
    heartbeats: true,
    // platform.claude.com, prompt caching: five minutes from the last use; 512 to 4,096 tokens by model, 1,024 for most.
    promptCache: { lifetimeMs: 300_000, tokensMin: 1024, marked: true },
  },
  errorClasses: [
    // These also arrive inside a stream whose status was 200.
    { code: 'overloaded_error', is: 'upstream_unavailable' },
    { code: 'api_error', is: 'upstream_unavailable' },
    { code: 'timeout_error', is: 'upstream_unavailable' },
    { code: 'authentication_error', is: 'upstream_auth' },
    { code: 'permission_error', is: 'upstream_auth' },
    { code: 'billing_error', is: 'upstream_quota', hint: 'Check the billing of the Anthropic organisation.' },
    {
      message: /credit balance is too low/i,
      is: 'upstream_quota',
      hint: 'Add credit at the Anthropic console.',
    },
    // A spend limit wears the type of a rate limit (429) or of a bad request (400) and lasts until the next month.
    {
      message: /(spend|usage) limits?\b/i,
      is: 'upstream_quota',
      hint: 'Raise the spend limit of the workspace or wait for the next month.',
    },
    { code: 'rate_limit_error', is: 'upstream_rate_limited' },
    { message: /blocked by content filtering policy/i, is: 'content_filtered' },
    {
      code: 'not_found_error',
      is: 'upstream_rejected',
      hint: 'The model does not exist or the key may not use it.',
    },
    { code: 'request_too_large', is: 'upstream_rejected' },
    { code: 'invalid_request_error', is: 'upstream_rejected' },
  ],
  simulated: false,
};
