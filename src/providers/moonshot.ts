import { messagesBeside, responsesBeside } from './beside-chat.ts';
import type { Vendor } from './vendor.ts';

const wrongSite =
  'Kimi keys work only at the site that issued them: set `region` to «global» (platform.kimi.ai, api.moonshot.ai) or to «cn» ' +
  '(platform.kimi.com, api.moonshot.cn). Keys of a coding plan have an address of their own: base_url https://api.kimi.com/coding/v1.';
const empty = 'Top up the Kimi account; its balance is used up or suspended.';

/**
 * Moonshot AI's Kimi. Which sampling fields a model has fixed and how it thinks differs by model and stands in the catalogue. Sources:
 * platform.kimi.ai/docs: api/errors, api/overview, api/models-overview, agreement/modeluse (2026-11). The mainland site's privacy policy
 * keeps data in China; of the international site no place was found.
 */
export const moonshot: Vendor = {
  id: 'moonshot',
  name: 'Moonshot AI (Kimi)',
  headquarters: 'CN',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  mounts: [messagesBeside('/anthropic/v1', 'bearer'), responsesBeside()],
  services: { files: { path: '/files' }, batches: { path: '/batches' } },
  regions: {
    global: { baseUrl: 'https://api.moonshot.ai/v1', processing: undefined, storage: undefined },
    cn: { baseUrl: 'https://api.moonshot.cn/v1', processing: undefined, storage: 'CN' },
  },
  defaultRegion: 'global',
  versionPath: '/v1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['MOONSHOT_API_KEY'],
  baseUrlVariable: 'MOONSHOT_BASE_URL',
  // In yuan at the mainland site, in dollars at the international one.
  balance: { path: '/users/me/balance', amount: ['data', 'available_balance'] },
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: true,
    reasoningControl: 'thinking',
    reasoningEcho: 'all',
    // A tool message without content is refused.
    emptyToolResult: '(no output)',
    heartbeats: false,
  },
  errorClasses: [
    { code: 'content_filter', is: 'content_filtered' },
    { code: 'invalid_authentication_error', is: 'upstream_auth', hint: wrongSite },
    { code: 'incorrect_api_key_error', is: 'upstream_auth', hint: wrongSite },
    { status: 401, is: 'upstream_auth', hint: wrongSite },
    // Wears the status of a rate limit, and waiting does not end it.
    { code: 'exceeded_current_quota_error', is: 'upstream_quota', hint: empty },
    { message: /insufficient balance/i, is: 'upstream_quota', hint: empty },
    { code: 'rate_limit_reached_error', is: 'upstream_rate_limited' },
    { code: 'engine_overloaded_error', is: 'upstream_unavailable' },
    {
      code: 'resource_not_found_error',
      is: 'upstream_rejected',
      hint: 'The model is retired, is not open to this account, or its name is wrong; GET /v1/models lists what this key may call.',
    },
    {
      message: /invalid temperature/i,
      is: 'upstream_rejected',
      hint: 'This model’s sampling is fixed: name the fields in `refusedFields` of its catalogue entry.',
    },
  ],
  simulated: false,
};
