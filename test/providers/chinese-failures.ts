import type { ErrorCode, UpstreamSaid } from '../../src/protocol/index.ts';

function coded(
  vendor: string,
  is: ErrorCode,
  codes: readonly string[],
  status = 200,
): [string, UpstreamSaid, ErrorCode][] {
  return codes.map((code) => [vendor, { status, code }, is]);
}

/** What the vendors of China really say when they fail; every row of their tables is reached by one. */
export const chineseFailures: [string, UpstreamSaid, ErrorCode][] = [
  [
    'deepseek',
    {
      status: 400,
      type: 'invalid_request_error',
      message: 'The `reasoning_content` in the thinking mode must be passed back to the API.',
    },
    'upstream_rejected',
  ],
  [
    'deepseek',
    { status: 400, message: 'deepseek-reasoner does not support this tool_choice' },
    'upstream_rejected',
  ],
  [
    'dashscope',
    {
      status: 400,
      code: 'invalid_parameter_error',
      message: 'parameter.enable_thinking must be set to false for non-streaming calls',
    },
    'upstream_rejected',
  ],
  [
    'dashscope',
    {
      status: 400,
      message: 'This model only support stream mode, please enable the stream parameter to access the model.',
    },
    'upstream_rejected',
  ],
  // In the middle of a stream the status is that of its beginning.
  ['dashscope', { status: 200, code: 'data_inspection_failed' }, 'content_filtered'],

  ['qianfan', { status: 400, type: 'unsafe_request', code: 'image_url_unsafe' }, 'content_filtered'],
  ['qianfan', { status: 400, code: 'image_url_unsafe' }, 'content_filtered'],
  ['qianfan', { status: 401, type: 'invalid_request_error', code: 'invalid_appid' }, 'upstream_auth'],
  ['qianfan', { status: 401, code: 'invalid_iam_token' }, 'upstream_auth'],
  ['qianfan', { status: 401, code: 'invalid_model' }, 'upstream_auth'],
  ['qianfan', { status: 401, type: 'access_denied', code: 'no_parameter_permission' }, 'upstream_auth'],
  ['qianfan', { status: 429, message: 'Your account has insufficient balance' }, 'upstream_quota'],
  ['qianfan', { status: 400, code: 'tokens_too_long' }, 'upstream_rejected'],
  ['qianfan', { status: 400, code: 'characters_too_long' }, 'upstream_rejected'],

  ['baichuan', { status: 400, code: 'content_filter' }, 'content_filtered'],
  ['baichuan', { status: 400, message: '输入内容涉及敏感信息' }, 'content_filtered'],
  ['baichuan', { status: 403, message: '账户余额不足' }, 'upstream_quota'],
  ['baichuan', { status: 429 }, 'upstream_rate_limited'],

  [
    'moonshot',
    {
      status: 400,
      type: 'content_filter',
      message: 'The request was rejected because it was considered high risk',
    },
    'content_filtered',
  ],
  ['moonshot', { status: 401, type: 'invalid_authentication_error' }, 'upstream_auth'],
  ['moonshot', { status: 401, type: 'incorrect_api_key_error' }, 'upstream_auth'],
  ['moonshot', { status: 401 }, 'upstream_auth'],
  ['moonshot', { status: 429, type: 'exceeded_current_quota_error' }, 'upstream_quota'],
  [
    'moonshot',
    { status: 403, message: 'Your account is suspended due to insufficient balance' },
    'upstream_quota',
  ],
  ['moonshot', { status: 429, type: 'rate_limit_reached_error' }, 'upstream_rate_limited'],
  ['moonshot', { status: 429, type: 'engine_overloaded_error' }, 'upstream_unavailable'],
  ['moonshot', { status: 404, type: 'resource_not_found_error' }, 'upstream_rejected'],
  [
    'moonshot',
    {
      status: 400,
      type: 'invalid_request_error',
      message: 'invalid temperature: only 1 is allowed for this model',
    },
    'upstream_rejected',
  ],

  ...coded('zhipu', 'upstream_quota', ['1113', '1304', '1308', '1309', '1310'], 429),
  ...coded('zhipu', 'upstream_auth', ['1110', '1112', '1121', '1313', '1311'], 429),
  ...coded('zhipu', 'upstream_auth', ['1000', '1001', '1002', '1003', '1004', '1111', '1220'], 401),
  ...coded('zhipu', 'content_filtered', ['1301'], 400),
  ...coded('zhipu', 'upstream_rate_limited', ['1302', '1303', '1305'], 429),
  ...coded('zhipu', 'upstream_unavailable', ['1120', '1230', '1234', '1312'], 500),
  ...coded('zhipu', 'upstream_rejected', ['1210', '1211', '1212', '1213', '1214', '1215', '1261'], 400),
  ['zhipu', { status: 429, message: 'Account has violation, account has been locked' }, 'upstream_auth'],
  ['zhipu', { status: 429, message: '您的账户已欠费，请充值后重试' }, 'upstream_quota'],
  ['zhipu', { status: 401 }, 'upstream_auth'],
  ['zhipu', { status: 434 }, 'upstream_auth'],

  ...coded('minimax', 'upstream_rate_limited', ['1002', '1039']),
  ...coded('minimax', 'upstream_auth', ['1004', '2049', '2061']),
  ...coded('minimax', 'upstream_quota', ['1008', '2056']),
  ...coded('minimax', 'content_filtered', ['1026', '1027']),
  ...coded('minimax', 'upstream_rejected', ['2013']),
  ...coded('minimax', 'upstream_unavailable', ['1000', '1001', '1024', '1033']),
  ['minimax', { status: 401 }, 'upstream_auth'],

  ...coded(
    'volcengine',
    'content_filtered',
    [
      'SensitiveContentDetected',
      'SensitiveContentDetected.SevereViolation',
      'InputTextSensitiveContentDetected',
      'OutputTextSensitiveContentDetected',
      'InputTextRiskDetection',
    ],
    400,
  ),
  ...coded('volcengine', 'upstream_quota', ['AccountOverdueError', 'OperationDenied.ServiceOverdue'], 403),
  ...coded('volcengine', 'upstream_quota', ['QuotaExceeded', 'SetLimitExceeded'], 429),
  ...coded('volcengine', 'upstream_auth', ['AuthenticationError'], 401),
  ...coded('volcengine', 'upstream_auth', ['AccessDenied'], 403),
  ...coded(
    'volcengine',
    'upstream_auth',
    ['ModelNotOpen', 'InvalidEndpointOrModel.ModelIDAccessDisabled'],
    404,
  ),
  ...coded('volcengine', 'upstream_rejected', ['InvalidEndpointOrModel.NotFound'], 404),
  ...coded('volcengine', 'upstream_unavailable', ['InvalidEndpoint.ClosedEndpoint'], 400),
  ...coded(
    'volcengine',
    'upstream_rate_limited',
    ['RateLimitExceeded.EndpointRPMExceeded', 'ModelAccountTpmRateLimitExceeded', 'RequestBurstTooFast'],
    429,
  ),
  ...coded('volcengine', 'upstream_unavailable', ['ServerOverloaded'], 429),
  ...coded('volcengine', 'upstream_rejected', ['InvalidParameter', 'MissingParameter'], 400),

  ['hunyuan', { status: 400, message: 'The content contains sensitive information' }, 'content_filtered'],
  ['hunyuan', { status: 429, message: 'concurrency limit of the account exceeded' }, 'upstream_rate_limited'],
  ['hunyuan', { status: 403, message: 'The account is in arrears' }, 'upstream_quota'],
  ['hunyuan', { status: 401 }, 'upstream_auth'],

  [
    'siliconflow',
    { status: 400, code: '20012', message: 'Model does not exist. Please check it carefully.' },
    'upstream_rejected',
  ],
  [
    'siliconflow',
    { status: 403, code: '30001', message: 'Sorry, your account balance is insufficient' },
    'upstream_quota',
  ],
  ['siliconflow', { status: 403, message: 'permission denied' }, 'upstream_auth'],
  ['siliconflow', { status: 401 }, 'upstream_auth'],
  ['siliconflow', { status: 504 }, 'upstream_unavailable'],

  ['stepfun', { status: 451, message: 'The content you provided is not allowed' }, 'content_filtered'],
  ['stepfun', { status: 402 }, 'upstream_quota'],
  ['stepfun', { status: 401 }, 'upstream_auth'],

  ...coded('spark', 'content_filtered', ['10013', '10014', '10019', '10021']),
  ...coded('spark', 'upstream_rate_limited', ['10006', '10007', '11202', '11203']),
  ...coded('spark', 'upstream_quota', ['11200', '11201']),
  ...coded('spark', 'upstream_auth', ['10015', '10016']),
  ...coded('spark', 'upstream_rejected', ['10003', '10004', '10005', '10163', '10907']),
  ...coded('spark', 'upstream_unavailable', ['10008', '10009', '10010', '10011', '10012', '10110', '10222']),
  ['spark', { status: 401 }, 'upstream_auth'],
];
