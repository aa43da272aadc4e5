import { messagesBeside, responsesBeside } from './beside-chat.ts';
import type { Vendor } from './vendor.ts';

const wrongSite =
  'The key is wrong, or it belongs to the other site: set `region` to «global» (platform.minimax.io) or to «cn» (platform.minimaxi.com).';

/**
 * MiniMax answers 200 to nearly everything: whether it went well stands in `base_resp`. Sources: platform.minimax.io and
 * platform.minimaxi.com/docs/api-reference: errorcode, text-openai-api (2026-11); no page that says where data is kept was found.
 */
export const minimax: Vendor = {
  id: 'minimax',
  name: 'MiniMax',
  headquarters: 'CN',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  mounts: [messagesBeside('/anthropic/v1', 'bearer'), responsesBeside()],
  regions: {
    global: { baseUrl: 'https://api.minimax.io/v1', processing: undefined, storage: undefined },
    cn: { baseUrl: 'https://api.minimaxi.com/v1', processing: undefined, storage: undefined },
  },
  defaultRegion: 'global',
  versionPath: '/v1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['MINIMAX_API_KEY', 'MINIMAX_CN_API_KEY'],
  keyRegions: { MINIMAX_CN_API_KEY: 'cn' },
  baseUrlVariable: 'MINIMAX_BASE_URL',
  quirks: {
    maxTokensField: 'max_completion_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: false,
    // Models of the second generation cannot be kept from thinking.
    reasoningControl: 'none',
    reasoningEcho: 'all',
    reasoningEchoField: 'reasoning_details',
    // Otherwise the thinking stands in the text, between tags.
    extraBody: { reasoning_split: true },
    systemRole: 'merged',
    // Above 0 and up to 1; anything beyond is refused.
    ranges: { temperature: { min: 0.01, max: 1 } },
    bodyStatus: {
      path: ['base_resp', 'status_code'],
      ok: 0,
      message: ['base_resp', 'status_msg'],
    },
    heartbeats: false,
  },
  errorClasses: [
    { code: '1002', is: 'upstream_rate_limited' },
    { code: '1039', is: 'upstream_rate_limited' },
    { code: '1004', is: 'upstream_auth', hint: wrongSite },
    { code: '2049', is: 'upstream_auth', hint: wrongSite },
    { code: '1008', is: 'upstream_quota', hint: 'Top up the MiniMax account.' },
    { code: '1026', is: 'content_filtered' },
    { code: '1027', is: 'content_filtered' },
    { code: '2013', is: 'upstream_rejected' },
    {
      code: '2056',
      is: 'upstream_quota',
      hint: 'The limit of the token plan is reached; it opens again with the next window.',
    },
    {
      code: '2061',
      is: 'upstream_auth',
      hint: 'The account’s plan does not include this model.',
    },
    { code: /^(1000|1001|1024|1033)$/, is: 'upstream_unavailable' },
    { status: 401, is: 'upstream_auth', hint: wrongSite },
  ],
  simulated: false,
};
