import { messagesBeside } from './beside-chat.ts';
import type { Vendor } from './vendor.ts';

const wrongSite =
  'The key is wrong, or it belongs to the other site: set `region` to «global» (siliconflow.com) or to «cn» (siliconflow.cn).';

/**
 * SiliconFlow serves others' models as `org/name`, paid tiers of some as `Pro/org/name`; its output limit does not count thinking. Sources:
 * docs.siliconflow.cn: chat-completions-post, messages-post, faqs/error-code (2026-11); where data is kept was not found.
 */
export const siliconflow: Vendor = {
  id: 'siliconflow',
  name: 'SiliconFlow',
  headquarters: 'CN',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  mounts: [messagesBeside('/v1', 'bearer')],
  services: { embeddings: { path: '/embeddings' }, rerank: { path: '/rerank' } },
  regions: {
    global: { baseUrl: 'https://api.siliconflow.com/v1', processing: undefined, storage: undefined },
    cn: { baseUrl: 'https://api.siliconflow.cn/v1', processing: undefined, storage: undefined },
  },
  defaultRegion: 'global',
  versionPath: '/v1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['SILICONFLOW_API_KEY', 'SILICONFLOW_CN_API_KEY'],
  keyRegions: { SILICONFLOW_CN_API_KEY: 'cn' },
  baseUrlVariable: 'SILICONFLOW_BASE_URL',
  balance: { path: '/user/info', amount: ['data', 'totalBalance'] },
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: false,
    reasoningControl: 'enable_thinking',
    ranges: { thinking_budget: { min: 128, max: 32_768 } },
    thinkingOutsideMaxTokens: true,
    heartbeats: false,
  },
  errorClasses: [
    {
      code: '20012',
      is: 'upstream_rejected',
      hint: 'There is no such model: names are `org/name`, some with `Pro/` before them.',
    },
    {
      status: 403,
      message: /balance|余额/i,
      is: 'upstream_quota',
      hint: 'Top up the SiliconFlow account.',
    },
    {
      status: 403,
      is: 'upstream_auth',
      hint: 'The account may not use this model; the usual cause is that its owner’s identity is not verified.',
    },
    { status: 401, is: 'upstream_auth', hint: wrongSite },
  ],
  simulated: false,
};
