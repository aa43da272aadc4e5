import type { Vendor } from './vendor.ts';

/** Sources: api-docs.deepseek.com error codes, thinking mode and rate limit pages; DeepSeek's privacy policy for the place. */
export const deepseek: Vendor = {
  id: 'deepseek',
  name: 'DeepSeek',
  headquarters: 'CN',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  regions: {
    cn: { baseUrl: 'https://api.deepseek.com/v1', processing: 'CN', storage: 'CN' },
  },
  defaultRegion: 'cn',
  versionPath: '/v1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['DEEPSEEK_API_KEY'],
  baseUrlVariable: 'DEEPSEEK_BASE_URL',
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    // `response_format` knows `json_object` only.
    jsonSchema: false,
    reasoningControl: 'thinking',
    // Blank lines or comments for up to ten minutes while a request waits for a slot.
    heartbeats: true,
  },
  errorClasses: [
    { status: 402, is: 'upstream_quota', hint: 'Top up the DeepSeek account.' },
    { message: /insufficient balance/i, is: 'upstream_quota', hint: 'Top up the DeepSeek account.' },
    { message: /content exists risk/i, is: 'content_filtered' },
    { status: 422, is: 'upstream_rejected' },
    { status: 503, is: 'upstream_unavailable' },
  ],
  simulated: false,
};
