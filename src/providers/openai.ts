import type { Vendor } from './vendor.ts';

/** Sources: developers.openai.com API reference and error-code guide; help.openai.com article 6614457 (billing codes). */
export const openai: Vendor = {
  id: 'openai',
  name: 'OpenAI',
  headquarters: 'US',
  dialect: 'openai-chat',
  versionPath: '/v1',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  // Projects with data residency use other hosts and pay a premium: the operator gives that address, a region name and a price.
  regions: {
    global: { baseUrl: 'https://api.openai.com/v1', processing: undefined, storage: undefined },
  },
  defaultRegion: 'global',
  auth: 'bearer',
  forwardHeaders: ['openai-beta'],
  headers: {},
  keyVariables: ['OPENAI_API_KEY'],
  baseUrlVariable: 'OPENAI_BASE_URL',
  quirks: {
    maxTokensField: 'max_completion_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: true,
    reasoningControl: 'reasoning_effort',
    heartbeats: false,
  },
  errorClasses: [
    // Out of money shares the status of a rate limit, and waiting does not end it.
    {
      code: 'credit_balance_exhausted',
      is: 'upstream_quota',
      hint: 'Add credit to the OpenAI organisation.',
    },
    {
      code: 'organization_spend_limit_exceeded',
      is: 'upstream_quota',
      hint: 'Raise the organisation’s spend limit.',
    },
    { code: 'project_spend_limit_exceeded', is: 'upstream_quota', hint: 'Raise the project’s spend limit.' },
    {
      code: 'organization_usage_limit_exceeded',
      is: 'upstream_quota',
      hint: 'Ask OpenAI for a higher usage limit.',
    },
    { code: 'billing_hard_limit_reached', is: 'upstream_quota', hint: 'Raise the billing limit.' },
    { code: 'billing_not_active', is: 'upstream_quota', hint: 'Activate billing for the account.' },
    { code: 'insufficient_quota', is: 'upstream_quota', hint: 'Add credit or raise the spend limit.' },
    { code: 'account_deactivated', is: 'upstream_auth', hint: 'The account is closed; use another key.' },
    {
      code: 'unsupported_country_region_territory',
      is: 'upstream_auth',
      hint: 'OpenAI does not serve the place this gateway calls from.',
    },
    { code: 'context_length_exceeded', is: 'upstream_rejected' },
    {
      code: 'model_not_found',
      is: 'upstream_rejected',
      hint: 'The model does not exist or the key may not use it.',
    },
    { code: 'content_policy_violation', is: 'content_filtered' },
    { code: 'content_filter', is: 'content_filtered' },
    { code: 'invalid_prompt', message: /flagged|usage policy/i, is: 'content_filtered' },
    // One request above the whole token rate of the account: it can never pass, however long one waits.
    { status: 429, message: /^Request too large/i, is: 'upstream_rejected' },
    { code: 'rate_limit_exceeded', is: 'upstream_rate_limited' },
  ],
  simulated: false,
};
