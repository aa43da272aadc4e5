import { messagesBeside, responsesBeside } from './beside-chat.ts';
import type { Vendor } from './vendor.ts';

const wrongRegion =
  'The key is wrong, or it belongs to another site: keys of Volcengine Ark (cn-beijing) and of BytePlus ModelArk (ap-southeast) do not interchange.';
const unpaid = 'Settle the overdue bill of the Volcengine account.';

/**
 * Volcengine Ark (Doubao), abroad BytePlus ModelArk. A model is called by its id or by an endpoint of the operator's own (`ep-…`): such a
 * name goes into `name` of the deployment, whose `model` then says what it costs. Sources: volcengine.com/docs/82379: error codes
 * (1099476, 1299023); models.dev#5513 for the three request shapes; docs.getbifrost.ai and tanstack.com/ai for BytePlus (2026-11).
 */
export const volcengine: Vendor = {
  id: 'volcengine',
  name: 'Volcengine Ark (Doubao)',
  headquarters: 'CN',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  // More than half of the listing is gone; what is about to go still answers.
  modelsFilter: { field: 'status', retired: ['Shutdown'] },
  mounts: [messagesBeside('/api/compatible/v1', 'bearer'), responsesBeside()],
  services: { embeddings: { path: '/embeddings' }, images: { path: '/images' } },
  regions: {
    'cn-beijing': {
      baseUrl: 'https://ark.cn-beijing.volces.com/api/v3',
      processing: 'CN',
      storage: 'CN',
    },
    'ap-southeast': {
      baseUrl: 'https://ark.ap-southeast.bytepluses.com/api/v3',
      processing: undefined,
      storage: undefined,
    },
  },
  defaultRegion: 'cn-beijing',
  auth: 'bearer',
  headers: {},
  keyVariables: ['ARK_API_KEY', 'VOLCENGINE_API_KEY', 'BYTEPLUS_API_KEY'],
  keyRegions: { BYTEPLUS_API_KEY: 'ap-southeast' },
  baseUrlVariable: 'ARK_BASE_URL',
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: true,
    // `thinking.type` may also be `auto`, which some models refuse: a client may ask for it, we never do.
    reasoningControl: 'thinking',
    reasoningEfforts: ['minimal', 'low', 'medium', 'high'],
    systemRole: 'system',
    heartbeats: false,
  },
  errorClasses: [
    { code: /SensitiveContentDetected(\.\w+)?$/, is: 'content_filtered' },
    { code: /RiskDetection$/, is: 'content_filtered' },
    { code: 'AccountOverdueError', is: 'upstream_quota', hint: unpaid },
    { code: /ServiceOverdue$/, is: 'upstream_quota', hint: unpaid },
    {
      code: 'QuotaExceeded',
      is: 'upstream_quota',
      hint: 'The free quota of this model is used up: activate the paid service in the Ark console.',
    },
    {
      code: 'SetLimitExceeded',
      is: 'upstream_quota',
      hint: 'A limit that the account has set itself is reached: raise it in the Ark console.',
    },
    { code: 'AuthenticationError', is: 'upstream_auth', hint: wrongRegion },
    { code: 'AccessDenied', is: 'upstream_auth', hint: 'The key may not use this model or endpoint.' },
    { code: 'ModelNotOpen', is: 'upstream_auth', hint: 'Activate the model in the Ark console.' },
    {
      code: 'InvalidEndpointOrModel.ModelIDAccessDisabled',
      is: 'upstream_auth',
      hint: 'This account must call the model by an endpoint: give its id (ep-…) as `name` of the deployment.',
    },
    {
      code: /^InvalidEndpoint(OrModel)?\.NotFound$/,
      is: 'upstream_rejected',
      hint: 'There is no such model or endpoint, or the key may not use it.',
    },
    { code: 'InvalidEndpoint.ClosedEndpoint', is: 'upstream_unavailable' },
    { code: /RateLimitExceeded/, is: 'upstream_rate_limited' },
    { code: 'RequestBurstTooFast', is: 'upstream_rate_limited' },
    { code: 'ServerOverloaded', is: 'upstream_unavailable' },
    { code: 'InvalidParameter', is: 'upstream_rejected' },
    { code: 'MissingParameter', is: 'upstream_rejected' },
  ],
  simulated: false,
};
