import type { Vendor } from './vendor.ts';

/**
 * Sources: platform.baichuan-ai.com/docs/api (address; the page's tables could not be read), LangChain's BaichuanTextEmbeddings for
 * embeddings. Its failures are told by their status alone; no listing of models and no place of the data was found.
 */
export const baichuan: Vendor = {
  id: 'baichuan',
  name: 'Baichuan',
  headquarters: 'CN',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: undefined,
  services: { embeddings: { path: '/embeddings' } },
  regions: {
    cn: { baseUrl: 'https://api.baichuan-ai.com/v1', processing: undefined, storage: undefined },
  },
  defaultRegion: 'cn',
  versionPath: '/v1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['BAICHUAN_API_KEY'],
  baseUrlVariable: 'BAICHUAN_BASE_URL',
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: false,
    jsonSchema: false,
    reasoningControl: 'none',
    systemRole: 'system',
    heartbeats: false,
  },
  errorClasses: [
    { code: 'content_filter', is: 'content_filtered' },
    { message: /敏感|sensitive|content filter/i, is: 'content_filtered' },
    {
      message: /insufficient|余额不足|欠费/i,
      is: 'upstream_quota',
      hint: 'Top up the Baichuan account.',
    },
  ],
  simulated: false,
};
