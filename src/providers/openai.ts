import { responsesMount } from './mounts.ts';
import type { Vendor } from './vendor.ts';

/**
 * Sources: developers.openai.com API reference, error-code guide and data-residency guide (2026-10); help.openai.com article 6614457
 * (billing codes).
 */
export const openai: Vendor = {
  id: 'openai',
  name: 'OpenAI',
  headquarters: 'US',
  dialect: 'openai-chat',
  versionPath: '/v1',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  mounts: [responsesMount('same-dialect')],
  services: {
    embeddings: { path: '/embeddings' },
    completions: { path: '/completions' },
    images: { path: '/images' },
    audio: { path: '/audio' },
    moderations: { path: '/moderations' },
    files: { path: '/files' },
    batches: { path: '/batches' },
    compact: { path: '/responses/compact' },
  },
  // All but the first are for projects with data residency, whose models since March 2026 cost 10 % more. Where the guide's table
  // promises storage only, inference may run elsewhere.
  regions: {
    global: { baseUrl: 'https://api.openai.com/v1', processing: undefined, storage: undefined },
    us: { baseUrl: 'https://us.api.openai.com/v1', processing: 'US', storage: 'US' },
    // The European Economic Area and Switzerland.
    eu: { baseUrl: 'https://eu.api.openai.com/v1', processing: 'EU', storage: 'EU' },
    ae: { baseUrl: 'https://ae.api.openai.com/v1', processing: 'AE', storage: 'AE' },
    au: { baseUrl: 'https://au.api.openai.com/v1', processing: undefined, storage: 'AU' },
    ca: { baseUrl: 'https://ca.api.openai.com/v1', processing: undefined, storage: 'CA' },
    gb: { baseUrl: 'https://gb.api.openai.com/v1', processing: undefined, storage: 'GB' },
    in: { baseUrl: 'https://in.api.openai.com/v1', processing: undefined, storage: 'IN' },
    jp: { baseUrl: 'https://jp.api.openai.com/v1', processing: undefined, storage: 'JP' },
    kr: { baseUrl: 'https://kr.api.openai.com/v1', processing: undefined, storage: 'KR' },
    sg: { baseUrl: 'https://sg.api.openai.com/v1', processing: undefined, storage: 'SG' },
  },
  defaultRegion: 'global',
  proxiedRegion: 'global',
  auth: 'bearer',
  forwardHeaders: ['openai-beta'],
  headers: { 'openai-organization': '{organization}', 'openai-project': '{project}' },
  parameters: {
    organization: 'the organisation id, if the key’s user is in several',
    project: 'the project id, if the key’s user is in several',
  },
  parameterVariables: { organization: ['OPENAI_ORG_ID'], project: ['OPENAI_PROJECT_ID'] },
  keyVariables: ['OPENAI_API_KEY'],
  baseUrlVariable: 'OPENAI_BASE_URL',
  keyPattern: /^sk-(proj|svcacct|admin)-/,
  quirks: {
    maxTokensField: 'max_completion_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: true,
    reasoningControl: 'reasoning_effort',
    heartbeats: false,
    // developers.openai.com, prompt caching: five to ten minutes; half an hour at least since GPT-5.6, which charges for writing.
    promptCache: { lifetimeMs: 300_000, tokensMin: 1024, marked: false },
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
