import { messagesBeside } from './beside-chat.ts';
import type { ErrorClass, Vendor } from './vendor.ts';

const wrongSite =
  'The key is wrong, or it belongs to the other site: set `region` to «global» (z.ai) or to «cn» (open.bigmodel.cn). ' +
  'Keys of a coding plan have an address of their own: base_url …/api/coding/paas/v4.';
const unpaid = 'The account has run dry: recharge it at z.ai or bigmodel.cn.';
const locked = 'The account is inactive or locked: ask the vendor’s support to unlock it.';
const spent =
  'A quota of the account or of its plan is used up; the message says when it is reset. Buy more, or use another provider until then.';

function rows(codes: readonly string[], is: ErrorClass['is'], hint?: string): ErrorClass[] {
  return codes.map((code) => ({ code, is, hint }));
}

/**
 * Zhipu AI, abroad Z.ai. A status of 429 stands for a rate limit, an unpaid bill, a used-up quota or a locked account: only the code
 * tells them apart. Sources: docs.bigmodel.cn/cn/api/api-code and docs.z.ai/api-reference/api-code (2026-11); no page that says where
 * data is kept was found.
 */
export const zhipu: Vendor = {
  id: 'zhipu',
  name: 'Zhipu AI (Z.ai)',
  headquarters: 'CN',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  mounts: [messagesBeside('/api/anthropic/v1', 'x-api-key')],
  services: { embeddings: { path: '/embeddings' } },
  regions: {
    global: { baseUrl: 'https://api.z.ai/api/paas/v4', processing: undefined, storage: undefined },
    cn: { baseUrl: 'https://open.bigmodel.cn/api/paas/v4', processing: undefined, storage: undefined },
  },
  defaultRegion: 'global',
  auth: 'bearer',
  headers: {},
  keyVariables: ['ZAI_API_KEY', 'ZHIPUAI_API_KEY'],
  keyRegions: { ZAI_API_KEY: 'global', ZHIPUAI_API_KEY: 'cn' },
  baseUrlVariable: 'ZAI_BASE_URL',
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    // `response_format` knows `json_object` only.
    jsonSchema: false,
    reasoningControl: 'thinking',
    ranges: { temperature: { min: 0, max: 1 } },
    heartbeats: false,
  },
  errorClasses: [
    { code: '1113', is: 'upstream_quota', hint: unpaid },
    ...rows(['1110', '1112', '1121', '1313'], 'upstream_auth', locked),
    ...rows(['1000', '1001', '1002', '1003', '1004', '1111'], 'upstream_auth', wrongSite),
    {
      code: '1220',
      is: 'upstream_auth',
      hint: 'The account may not use this API: ask the vendor to open it.',
    },
    { code: '1301', is: 'content_filtered' },
    ...rows(['1304', '1308', '1310'], 'upstream_quota', spent),
    { code: '1309', is: 'upstream_quota', hint: 'The coding plan has expired: renew it.' },
    {
      code: '1311',
      is: 'upstream_auth',
      hint: 'The account’s plan does not include this model: upgrade it, or use the pay-as-you-go address.',
    },
    ...rows(['1302', '1303', '1305'], 'upstream_rate_limited'),
    ...rows(['1120', '1230', '1234', '1312'], 'upstream_unavailable'),
    ...rows(['1210', '1212', '1213', '1214', '1215', '1261'], 'upstream_rejected'),
    { code: '1211', is: 'upstream_rejected', hint: 'There is no such model at this site.' },
    // Without a code that is known here.
    { message: /account.*(locked|violation)|已被锁定/i, is: 'upstream_auth', hint: locked },
    { message: /insufficient balance|欠费/i, is: 'upstream_quota', hint: unpaid },
    { status: 401, is: 'upstream_auth', hint: wrongSite },
    { status: 434, is: 'upstream_auth' },
  ],
  simulated: false,
};
