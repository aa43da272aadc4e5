import { messagesBeside } from './beside-chat.ts';
import type { Vendor } from './vendor.ts';

/**
 * Tencent Hunyuan, by its key-based API (the native one, which signs each request, is not spoken). Sources:
 * cloud.tencent.com/document/product/1729: 111007 (OpenAI form, five calls at once), 127293 (Anthropic form), API overview (2026-01).
 * Its codes in this form and where data is kept were not found.
 */
export const hunyuan: Vendor = {
  id: 'hunyuan',
  name: 'Tencent Hunyuan',
  headquarters: 'CN',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: undefined,
  mounts: [messagesBeside('/anthropic/v1', 'x-api-key')],
  services: { embeddings: { path: '/embeddings' } },
  regions: {
    cn: { baseUrl: 'https://api.hunyuan.cloud.tencent.com/v1', processing: undefined, storage: undefined },
  },
  defaultRegion: 'cn',
  versionPath: '/v1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['HUNYUAN_API_KEY'],
  baseUrlVariable: 'HUNYUAN_BASE_URL',
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: false,
    reasoningControl: 'none',
    // One system message, and it comes first; then user and assistant in turn.
    systemRole: 'merged',
    alternatingRoles: true,
    // Shared by all keys of the account.
    concurrentMax: 5,
    heartbeats: false,
  },
  errorClasses: [
    { message: /sensitive|敏感|moderation/i, is: 'content_filtered' },
    {
      message: /concurren|并发/i,
      is: 'upstream_rate_limited',
      hint: 'The account allows five calls at once unless more were bought.',
    },
    {
      message: /arrears|欠费|resource package|余额/i,
      is: 'upstream_quota',
      hint: 'The Tencent Cloud account is in arrears or its package is used up.',
    },
    {
      status: 401,
      is: 'upstream_auth',
      hint: 'The key must come from the Hunyuan console; SecretId and SecretKey, and keys of TokenHub, are others.',
    },
  ],
  simulated: false,
};
