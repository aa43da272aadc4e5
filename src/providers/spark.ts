import type { ErrorClass, Vendor } from './vendor.ts';

function rows(codes: readonly string[], is: ErrorClass['is'], hint?: string): ErrorClass[] {
  return codes.map((code) => ({ code, is, hint }));
}

/**
 * iFlytek Spark by HTTP. The key is the console's APIPassword, or its APIKey and APISecret with a colon between them. Sources: xfyun.cn
 * doc/spark (codes of the service, 2025), docs.iflyaicloud.com/doc/237 (HTTP call: address, key, ranges). No listing of models and no
 * place of the data was found.
 */
export const spark: Vendor = {
  id: 'spark',
  name: 'iFlytek Spark',
  headquarters: 'CN',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: undefined,
  regions: {
    cn: { baseUrl: 'https://spark-api-open.xf-yun.com/v1', processing: undefined, storage: undefined },
  },
  defaultRegion: 'cn',
  versionPath: '/v1',
  auth: 'bearer',
  headers: {},
  keyVariables: ['SPARK_API_KEY'],
  baseUrlVariable: 'SPARK_BASE_URL',
  quirks: {
    maxTokensField: 'max_tokens',
    // The last chunk of a stream has it unasked.
    usageNeedsStreamOption: false,
    jsonSchema: false,
    reasoningControl: 'none',
    systemRole: 'merged',
    ranges: { temperature: { min: 0.01, max: 1 }, top_k: { min: 1, max: 6 } },
    bodyStatus: { path: ['code'], ok: 0, message: ['message'] },
    heartbeats: false,
  },
  errorClasses: [
    ...rows(['10013', '10014', '10019', '10021'], 'content_filtered'),
    ...rows(['10006', '10007', '11202', '11203'], 'upstream_rate_limited'),
    ...rows(
      ['11200', '11201'],
      'upstream_quota',
      'The application has no licence for this model, or its volume is used up.',
    ),
    ...rows(
      ['10015', '10016'],
      'upstream_auth',
      'The application is blocked, or this version was not opened for it.',
    ),
    ...rows(['10003', '10004', '10005', '10163', '10907'], 'upstream_rejected'),
    ...rows(['10008', '10009', '10010', '10011', '10012', '10110', '10222'], 'upstream_unavailable'),
    {
      status: 401,
      is: 'upstream_auth',
      hint: 'Give the APIPassword of this model, or APIKey:APISecret with a colon between them, as api_key.',
    },
  ],
  simulated: false,
};
