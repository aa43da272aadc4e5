import type { Vendor } from './vendor.ts';

const wrongPlace =
  'Qianfan keys (bce-v3/ALTAK-…) work at the site that issued them: region «cn» is cloud.baidu.com, «global» the international site.';

/**
 * Baidu's Qianfan, second version of the API (the first, with its exchanged access tokens, is not spoken). Sources:
 * cloud.baidu.com/doc/qianfan-api: error codes (2026-11), rerank, quick start; where data is kept was not found.
 */
export const qianfan: Vendor = {
  id: 'qianfan',
  name: 'Baidu Qianfan (ERNIE)',
  headquarters: 'CN',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  services: {
    embeddings: { path: '/embeddings' },
    rerank: { path: '/rerank' },
    images: { path: '/images' },
  },
  regions: {
    cn: { baseUrl: 'https://qianfan.baidubce.com/v2', processing: undefined, storage: undefined },
    global: { baseUrl: 'https://api.baiduqianfan.ai/v1', processing: undefined, storage: undefined },
  },
  defaultRegion: 'cn',
  auth: 'bearer',
  // Splits the bill among applications of one account.
  headers: { appid: '{appid}' },
  parameters: { appid: 'the id of the Qianfan application that is billed, e.g. app-xxxxxx' },
  keyVariables: ['QIANFAN_API_KEY'],
  baseUrlVariable: 'QIANFAN_BASE_URL',
  keyPattern: /^bce-v3\//,
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: true,
    reasoningControl: 'enable_thinking',
    heartbeats: false,
  },
  errorClasses: [
    { code: 'unsafe_request', is: 'content_filtered' },
    { code: /_unsafe$/, is: 'content_filtered' },
    {
      code: 'invalid_appid',
      is: 'upstream_auth',
      hint: 'The key may not use this application: correct `parameters.appid` of the provider.',
    },
    { code: 'invalid_iam_token', is: 'upstream_auth', hint: wrongPlace },
    {
      status: 401,
      code: 'invalid_model',
      is: 'upstream_auth',
      hint: 'The account may not use this model: activate it in the Qianfan console.',
    },
    { status: 401, is: 'upstream_auth', hint: wrongPlace },
    {
      message: /insufficient balance|overdue|arrear|欠费/i,
      is: 'upstream_quota',
      hint: 'Top up the Baidu AI Cloud account.',
    },
    { code: 'tokens_too_long', is: 'upstream_rejected' },
    { code: 'characters_too_long', is: 'upstream_rejected' },
  ],
  simulated: false,
};
