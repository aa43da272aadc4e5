import { messagesBeside, responsesBeside } from './beside-chat.ts';
import type { Vendor } from './vendor.ts';

const wrongSite =
  'The key is wrong, or it belongs to the other site: set `region` to «global» (stepfun.ai) or to «cn» (stepfun.com).';

/**
 * Sources: platform.stepfun.com/docs/zh/guide/exception (statuses), platform.stepfun.ai/docs/en/guides/developer/openai, and the API
 * reference of `/v1/messages` (2026-07). Where data is kept was not found.
 */
export const stepfun: Vendor = {
  id: 'stepfun',
  name: 'StepFun',
  headquarters: 'CN',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  mounts: [messagesBeside('/v1', 'bearer'), responsesBeside()],
  services: { files: { path: '/files' }, images: { path: '/images' }, audio: { path: '/audio' } },
  regions: {
    global: { baseUrl: 'https://api.stepfun.ai/v1', processing: undefined, storage: undefined },
    cn: { baseUrl: 'https://api.stepfun.com/v1', processing: undefined, storage: undefined },
  },
  defaultRegion: 'global',
  versionPath: '/v1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['STEPFUN_API_KEY'],
  baseUrlVariable: 'STEPFUN_BASE_URL',
  balance: { path: '/accounts', amount: ['balance'] },
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: false,
    reasoningControl: 'none',
    systemRole: 'system',
    heartbeats: false,
  },
  errorClasses: [
    // Input or output did not pass the review.
    { status: 451, is: 'content_filtered' },
    { status: 402, is: 'upstream_quota', hint: 'Top up the StepFun account.' },
    { status: 401, is: 'upstream_auth', hint: wrongSite },
  ],
  simulated: false,
};
