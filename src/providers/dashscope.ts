import { messagesBeside, responsesBeside } from './beside-chat.ts';
import type { Vendor } from './vendor.ts';

const wrongRegion =
  'The key is wrong, or it belongs to another region: DashScope keys work only at the base URL of the region that issued them. ' +
  'Set `region` to the key’s region (cn-beijing, ap-southeast-1, us-east-1, cn-hongkong, or a workspace address).';

/**
 * Alibaba Cloud Model Studio. The region says where data is kept; the deployment scope of the model says where inference runs, which
 * may be anywhere in the world. Sources: alibabacloud.com/help/en/model-studio: regions, base-url, error-code, rerank, embedding and batch
 * interfaces compatible with OpenAI, Anthropic API compatibility (2026-10).
 */
export const dashscope: Vendor = {
  id: 'dashscope',
  name: 'Alibaba Cloud Model Studio (DashScope)',
  headquarters: 'CN',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  mounts: [messagesBeside('/apps/anthropic/v1', 'x-api-key'), responsesBeside()],
  services: {
    // Only floats (reference «OpenAI-compatible text embedding»), while OpenAI's own client asks for base64.
    embeddings: { path: '/embeddings', floatOnly: true },
    rerank: { basePath: '/compatible-api/v1', path: '/reranks' },
    files: { path: '/files' },
    batches: { path: '/batches' },
  },
  regions: {
    'ap-southeast-1': {
      baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
      processing: 'global-except-cn',
      storage: 'SG',
    },
    'cn-beijing': {
      baseUrl: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
      processing: 'CN',
      storage: 'CN',
    },
    // Models whose name ends in `-us` stay in the US; the others are scheduled worldwide, so that is what the region promises.
    'us-east-1': {
      baseUrl: 'https://dashscope-us.aliyuncs.com/compatible-mode/v1',
      processing: 'global',
      storage: 'US',
    },
    'cn-hongkong': {
      baseUrl: 'https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1',
      processing: 'global',
      storage: 'HK',
    },
    'eu-central-1': {
      baseUrl: 'https://{workspace}.eu-central-1.maas.aliyuncs.com/compatible-mode/v1',
      processing: 'global',
      storage: 'DE',
    },
    'ap-northeast-1': {
      baseUrl: 'https://{workspace}.ap-northeast-1.maas.aliyuncs.com/compatible-mode/v1',
      processing: undefined,
      storage: 'JP',
    },
  },
  defaultRegion: 'ap-southeast-1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['DASHSCOPE_API_KEY'],
  baseUrlVariable: 'DASHSCOPE_BASE_URL',
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: true,
    reasoningControl: 'enable_thinking',
    heartbeats: false,
  },
  errorClasses: [
    { code: 'InvalidApiKey', is: 'upstream_auth', hint: wrongRegion },
    { code: 'invalid_api_key', is: 'upstream_auth', hint: wrongRegion },
    // `DataInspectionFailed` in the native API, which the other code becomes where OpenAI's form is spoken; also in mid-stream.
    { code: /^data_?inspection_?failed$/i, is: 'content_filtered' },
    {
      message: /enable_thinking.*(non-streaming|only support stream)/i,
      is: 'upstream_rejected',
      hint: 'This model thinks only while it streams: set thinkingNeedsStream for it in the catalogue overlay.',
    },
    {
      message: /only supports? stream mode/i,
      is: 'upstream_rejected',
      hint: 'This model answers only in streams: set thinkingNeedsStream for it in the catalogue overlay.',
    },
    {
      code: 'Arrearage',
      is: 'upstream_quota',
      hint: 'Settle the overdue bill of the Alibaba Cloud account.',
    },
    {
      code: 'AllocationQuota.FreeTierOnly',
      is: 'upstream_quota',
      hint: 'The free quota is used up; switch off «free tier only» in the console.',
    },
    {
      code: 'AccessDenied.Unpurchased',
      is: 'upstream_auth',
      hint: 'Activate Model Studio for the account in this region.',
    },
    // Here the word means tokens per minute, not money: it passes by itself.
    { status: 429, code: 'insufficient_quota', is: 'upstream_rate_limited' },
    { code: 'Throttling', is: 'upstream_rate_limited' },
    { code: 'Throttling.RateQuota', is: 'upstream_rate_limited' },
    { code: 'Throttling.AllocationQuota', is: 'upstream_rate_limited' },
    { code: 'Throttling.BurstRate', is: 'upstream_rate_limited' },
    {
      code: 'ModelNotFound',
      is: 'upstream_rejected',
      hint: 'The model is not offered in this region, or its name is wrong.',
    },
    {
      code: 'model_not_found',
      is: 'upstream_rejected',
      hint: 'The model is not offered in this region, or its name is wrong.',
    },
    { code: 'InvalidParameter', is: 'upstream_rejected' },
    { code: 'RequestTimeOut', is: 'upstream_unavailable' },
  ],
  simulated: false,
};
