import { messagesBeside, responsesBeside } from './beside-chat.ts';
import type { Vendor } from './vendor.ts';

/**
 * Sources: api-docs.deepseek.com: error codes, thinking mode, rate limit, Anthropic API and chat completion pages (2026-11); DeepSeek's
 * privacy policy for the place.
 */
export const deepseek: Vendor = {
  id: 'deepseek',
  name: 'DeepSeek',
  headquarters: 'CN',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  mounts: [
    // Silent while it thinks: idle timeouts that suit the other endpoint cut it.
    messagesBeside('/anthropic/v1', 'x-api-key'),
    responsesBeside(),
  ],
  services: { completions: { basePath: '/beta', path: '/completions' } },
  regions: {
    cn: { baseUrl: 'https://api.deepseek.com/v1', processing: 'CN', storage: 'CN' },
  },
  defaultRegion: 'cn',
  versionPath: '/v1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['DEEPSEEK_API_KEY'],
  baseUrlVariable: 'DEEPSEEK_BASE_URL',
  balance: {
    basePath: '/user',
    path: '/balance',
    amount: ['balance_infos', 0, 'total_balance'],
    currency: ['balance_infos', 0, 'currency'],
  },
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    // `response_format` knows `json_object` only.
    jsonSchema: false,
    reasoningControl: 'thinking',
    // All of these are taken; the API itself maps `medium` and `xhigh` to `high`, `minimal` to `low`.
    reasoningEfforts: ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
    reasoningEcho: 'tool-turns',
    // Blank lines or comments for up to ten minutes while a request waits for a slot.
    heartbeats: true,
    // api-docs.deepseek.com, context caching: on disk, from a few hours to a few days.
    promptCache: { lifetimeMs: 7_200_000, tokensMin: 64, marked: false },
  },
  errorClasses: [
    { status: 402, is: 'upstream_quota', hint: 'Top up the DeepSeek account.' },
    { message: /insufficient balance/i, is: 'upstream_quota', hint: 'Top up the DeepSeek account.' },
    { message: /content exists risk/i, is: 'content_filtered' },
    {
      status: 400,
      message: /reasoning_content.*(passed|sent) back/i,
      is: 'upstream_rejected',
      hint: 'A turn with tool calls came without its reasoning_content: the client must send it back, or switch thinking off.',
    },
    {
      status: 400,
      message: /tool_choice/i,
      is: 'upstream_rejected',
      hint: 'Not every tool_choice is taken while the model thinks: use «auto», or switch thinking off.',
    },
    { status: 422, is: 'upstream_rejected' },
    { status: 503, is: 'upstream_unavailable' },
  ],
  simulated: false,
};
