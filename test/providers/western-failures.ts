import type { ErrorCode, UpstreamSaid } from '../../src/protocol/index.ts';

type Case = [vendor: string, said: UpstreamSaid, is: ErrorCode];

/** Sentences of one vendor that mean the same. */
function said(vendor: string, is: ErrorCode, status: number, messages: readonly string[]): Case[] {
  return messages.map((message) => [vendor, { status, message }, is]);
}

function coded(vendor: string, is: ErrorCode, status: number, codes: readonly string[]): Case[] {
  return codes.map((code) => [vendor, { status, code }, is]);
}

const azure: Case[] = [
  [
    'azure-openai',
    {
      status: 400,
      code: 'content_filter',
      message:
        'The response was filtered due to the prompt triggering Azure OpenAI’s content management policy.',
    },
    'content_filtered',
  ],
  ...coded('azure-openai', 'content_filtered', 400, ['ResponsibleAIPolicyViolation']),
  ...said('azure-openai', 'content_filtered', 400, [
    'The prompt was filtered by the content management policy.',
  ]),
  [
    'azure-openai',
    {
      status: 404,
      type: 'invalid_request_error',
      code: 'DeploymentNotFound',
      message: 'The API deployment for this resource does not exist.',
    },
    'upstream_rejected',
  ],
  [
    'azure-openai',
    {
      status: 401,
      code: '401',
      message: 'Access denied due to invalid subscription key or wrong API endpoint.',
    },
    'upstream_auth',
  ],
  ...said('azure-openai', 'upstream_auth', 403, ['Access denied due to Virtual Network/Firewall rules.']),
  ...coded('azure-openai', 'upstream_rejected', 400, ['context_length_exceeded', 'OperationNotSupported']),
  ...coded('azure-openai', 'upstream_quota', 429, ['insufficient_quota']),
  ['azure-openai', { status: 429, code: '429', message: 'Rate limit is exceeded.' }, 'upstream_rate_limited'],
  ['azure-openai', { status: 500 }, 'upstream_unavailable'],
];

const google: Case[] = [
  ...said('gemini', 'upstream_auth', 400, [
    'API key not valid. Please pass a valid API key.',
    'API key expired. Please renew the API key.',
    'User location is not supported for the API use.',
  ]),
  ...said('gemini', 'upstream_auth', 403, [
    'Your API key was reported as leaked. Please use another API key.',
    'Generative Language API has not been used in project 42 before or it is disabled.',
  ]),
  ...said('gemini', 'upstream_quota', 400, [
    'Gemini API free tier is not available in your country. Please enable billing on your project.',
  ]),
  ...said('gemini', 'upstream_quota', 429, [
    'Your prepayment credits are depleted.',
    'Quota exceeded: 250 requests per day.',
  ]),
  ['gemini', { status: 402 }, 'upstream_quota'],
  [
    'gemini',
    {
      status: 429,
      type: 'RESOURCE_EXHAUSTED',
      message: 'You exceeded your current quota, please check your plan.',
    },
    'upstream_rate_limited',
  ],
  [
    'gemini',
    { status: 404, message: 'models/gemini-0 is not found for API version v1beta' },
    'upstream_rejected',
  ],
  [
    'gemini',
    { status: 503, type: 'UNAVAILABLE', message: 'The model is overloaded.' },
    'upstream_unavailable',
  ],
  ...coded('gemini', 'content_filtered', 200, ['SAFETY', 'PROHIBITED_CONTENT', 'BLOCKLIST']),
  ...said('gemini', 'content_filtered', 200, ['The prompt was blocked: PROHIBITED_CONTENT']),
  ...said('gemini', 'upstream_rejected', 400, [
    'The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).',
  ]),
  ...said('vertex', 'content_filtered', 400, [
    'The request was blocked by the safety policy of the project.',
  ]),
  ...said('vertex', 'upstream_quota', 403, ['This API method requires billing to be enabled.']),
  ...said('vertex', 'upstream_auth', 403, [
    'Permission ’aiplatform.endpoints.predict’ denied on resource ’//aiplatform.googleapis.com/…’ (or it may not exist).',
  ]),
  ...said('vertex', 'upstream_rejected', 404, [
    'Publisher Model `projects/p/locations/us-east5/publishers/anthropic/models/x` was not found or your project does not have access to it.',
  ]),
  ...said('vertex', 'upstream_rejected', 400, ['The model is not servable in region europe-west1.']),
  ...said('vertex', 'upstream_rate_limited', 429, ['Resource exhausted. Please try again later.']),
  ...said('vertex', 'upstream_auth', 401, ['Request had invalid authentication credentials.']),
];

const bedrock: Case[] = [
  ...said('bedrock', 'content_filtered', 400, [
    'Output blocked by content filtering policy',
    'The guardrail gr-1 intervened.',
  ]),
  [
    'bedrock',
    {
      status: 400,
      type: 'ValidationException',
      message:
        'Invocation of model ID anthropic.claude-sonnet-4-5 with on-demand throughput isn’t supported. Retry your request with the ID of an inference profile.',
    },
    'upstream_rejected',
  ],
  ...said('bedrock', 'upstream_rejected', 400, ['The provided model identifier is invalid.']),
  ...said('bedrock', 'upstream_auth', 404, [
    'Model use case details have not been submitted for this account.',
  ]),
  ...said('bedrock', 'upstream_auth', 403, [
    'You don’t have access to the model with the specified model ID.',
    'User: arn:aws:iam::1:user/u is not authorized to perform: bedrock:InvokeModel',
    'The security token included in the request is expired',
    'The security token included in the request is invalid.',
    'The request signature we calculated does not match the signature you provided.',
  ]),
  ...coded('bedrock', 'upstream_auth', 400, [
    'ExpiredTokenException',
    'UnrecognizedClientException',
    'AccessDeniedException',
  ]),
  ...said('bedrock', 'upstream_quota', 429, ['Too many tokens per day, please wait before trying again.']),
  ...coded('bedrock', 'upstream_quota', 400, ['ServiceQuotaExceededException']),
  ...coded('bedrock', 'upstream_rate_limited', 200, ['ThrottlingException']),
  ...said('bedrock', 'upstream_rate_limited', 429, ['Too many requests, please wait before trying again.']),
  ...coded('bedrock', 'upstream_unavailable', 429, ['ModelNotReadyException']),
  ...coded('bedrock', 'upstream_unavailable', 408, [
    'ModelErrorException',
    'ModelStreamErrorException',
    'ModelTimeoutException',
  ]),
  ['bedrock', { status: 424 }, 'upstream_unavailable'],
  ...coded('bedrock', 'upstream_rejected', 404, ['ResourceNotFoundException']),
  ...coded('bedrock', 'upstream_rejected', 200, ['ValidationException']),
];

const mistral: Case[] = [
  ['mistral', { status: 401, message: 'Unauthorized' }, 'upstream_auth'],
  ['mistral', { status: 402 }, 'upstream_quota'],
  ...said('mistral', 'content_filtered', 403, ['The request was blocked by a guardrail.']),
  ...said('mistral', 'upstream_quota', 403, ['Inactive subscription or usage limit reached']),
  ...coded('mistral', 'upstream_rejected', 404, ['unknown_model']),
  ...said('mistral', 'upstream_rejected', 400, ['Invalid model: mistral-giant']),
  ['mistral', { status: 422, type: 'invalid_request_error', code: '3001' }, 'upstream_rejected'],
  ['mistral', { status: 200, type: 'rate_limit_error' }, 'upstream_rate_limited'],
  ['mistral', { status: 429, message: 'Requests rate limit exceeded' }, 'upstream_rate_limited'],
];

const xai: Case[] = [
  [
    'xai',
    {
      status: 403,
      code: 'The caller does not have permission to execute the specified operation',
      message:
        'Content violates usage guidelines. Team: t, Model: grok-4, Failed check: SAFETY_CHECK_TYPE_BIO',
    },
    'content_filtered',
  ],
  ...[403, 429].flatMap((status) =>
    said('xai', 'upstream_quota', status, [
      'Your team t has either used all available credits or reached its monthly spending limit.',
    ]),
  ),
  ...said('xai', 'upstream_auth', 400, [
    'Incorrect API key provided: xa***. You can obtain one at console.x.ai.',
  ]),
  [
    'xai',
    {
      status: 400,
      code: 'Client specified an invalid argument',
      message: 'Model grok-4.6 does not support parameter presencePenalty.',
    },
    'upstream_rejected',
  ],
  ['xai', { status: 404, message: 'The model grok-0 does not exist.' }, 'upstream_rejected'],
  ['xai', { status: 429, message: 'Too many requests' }, 'upstream_rate_limited'],
];

const hosts: Case[] = [
  ['cohere', { status: 402 }, 'upstream_quota'],
  ...said('cohere', 'upstream_quota', 429, [
    'You are using a Trial key, which is limited to 1000 API calls / month.',
  ]),
  ...said('cohere', 'upstream_rate_limited', 429, [
    'You are using a Trial key, which is limited to 40 API calls / minute.',
    'You are past the per minute request limit, please wait and try again later.',
  ]),
  ['cohere', { status: 498 }, 'content_filtered'],
  ['cohere', { status: 499 }, 'upstream_unavailable'],
  ...said('cohere', 'upstream_rejected', 400, ['too many tokens: the prompt is too long']),
  ...said('cohere', 'upstream_rejected', 404, [
    'model ’command-r-plus’ was removed on September 15, 2025. See https://docs.cohere.com/docs/models',
  ]),
  [
    'groq',
    {
      status: 413,
      type: 'tokens',
      code: 'rate_limit_exceeded',
      message: 'Request too large for model `llama` on tokens per minute (TPM): Limit 6000, Requested 9000',
    },
    'upstream_rejected',
  ],
  ...coded('groq', 'upstream_auth', 400, ['organization_restricted']),
  ...coded('groq', 'upstream_rejected', 404, ['model_not_found']),
  ...coded('groq', 'upstream_rejected', 400, ['model_decommissioned', 'context_length_exceeded']),
  ...coded('groq', 'upstream_unavailable', 400, ['tool_use_failed', 'json_validate_failed']),
  ['groq', { status: 424 }, 'upstream_unavailable'],
  ['groq', { status: 498 }, 'upstream_rate_limited'],
  ...coded('groq', 'upstream_rate_limited', 429, ['rate_limit_exceeded']),
  ['together', { status: 402, type: 'credit_limit' }, 'upstream_quota'],
  ...said('together', 'upstream_rejected', 403, ['`inputs` tokens + `max_new_tokens` must be <= 8193']),
  ['together', { status: 404, type: 'region_unavailable' }, 'upstream_rejected'],
  ['together', { status: 404, message: 'Unable to access model x.' }, 'upstream_rejected'],
  ['together', { status: 503, message: 'The engine is overloaded' }, 'upstream_unavailable'],
  ['fireworks', { status: 402 }, 'upstream_quota'],
  ['fireworks', { status: 412, message: 'Account a is suspended' }, 'upstream_quota'],
  [
    'fireworks',
    { status: 404, message: 'Model not found, inaccessible, and/or not deployed' },
    'upstream_rejected',
  ],
  ['fireworks', { status: 503 }, 'upstream_unavailable'],
  ['openrouter', { status: 402, code: '402', message: 'Insufficient credits' }, 'upstream_quota'],
  ...said('openrouter', 'content_filtered', 403, [
    'openai/gpt-4o requires moderation on OpenAI. Your input was flagged for "violence".',
    'The request was blocked by a guardrail.',
  ]),
  ...said('openrouter', 'upstream_quota', 403, [
    'Key limit exceeded. Manage it using https://openrouter.ai/keys',
  ]),
  ...said('openrouter', 'upstream_rejected', 404, [
    'No endpoints found matching your data policy.',
    'No endpoints found that support tool use.',
  ]),
  ...said('openrouter', 'upstream_quota', 429, ['Rate limit exceeded: free-models-per-day.']),
  ...said('openrouter', 'upstream_rate_limited', 429, ['Rate limit exceeded: free-models-per-min.']),
];

const engines: Case[] = [
  ...said('vllm', 'upstream_rejected', 400, [
    'This model’s maximum context length is 16384 tokens. However, you requested 122946 tokens.',
    'You passed 1015 input tokens and requested 10 output tokens. However, the model’s context length is only 1024 tokens.',
    '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
    'The model `x` does not exist.',
  ]),
  // The same inside a stream whose status was 200.
  [
    'vllm',
    { status: 200, type: 'BadRequestError', message: 'This model’s maximum context length is 10 tokens.' },
    'upstream_rejected',
  ],
  ['vllm', { status: 401, message: 'Unauthorized' }, 'upstream_auth'],
  ['vllm', { status: 500 }, 'upstream_unavailable'],
  ...said('sglang', 'upstream_rejected', 400, [
    'The input (61709 tokens) is longer than the model’s context length (40960 tokens).',
  ]),
  ...said('sglang', 'upstream_unavailable', 503, ['The request queue is full.']),
  ['sglang', { status: 401 }, 'upstream_auth'],
  [
    'llamacpp',
    {
      status: 500,
      type: 'exceed_context_size_error',
      message: 'the request exceeds the available context size. try increasing the context size',
    },
    'upstream_rejected',
  ],
  [
    'llamacpp',
    { status: 501, type: 'not_supported_error', message: 'This server does not support embeddings.' },
    'upstream_rejected',
  ],
  ...said('llamacpp', 'upstream_rejected', 500, ['tools param requires --jinja flag']),
  ['llamacpp', { status: 503, type: 'unavailable_error', message: 'Loading model' }, 'upstream_unavailable'],
  ['llamacpp', { status: 401, type: 'authentication_error' }, 'upstream_auth'],
  ...said('ollama', 'upstream_rejected', 404, ['model "llama9" not found, try pulling it first']),
  ...said('ollama', 'upstream_rejected', 400, ['registry.ollama.ai/library/gemma does not support tools']),
  ...said('ollama', 'upstream_unavailable', 500, [
    'model requires more system memory (48.0 GiB) than is available (16.0 GiB)',
  ]),
  ...said('ollama', 'upstream_unavailable', 503, [
    'server busy, please try again. maximum pending requests exceeded',
  ]),
  ...said('lmstudio', 'upstream_rejected', 200, [
    'The number of tokens to keep from the initial prompt is greater than the context length.',
    'Trying to keep the first 15857 tokens when context the overflows.',
    'Cannot truncate prompt with n_keep (15028) >= n_ctx (7424)',
  ]),
  ...said('lmstudio', 'upstream_unavailable', 404, [
    'No models loaded. Please load a model in the developer page or use the `lms load` command.',
  ]),
  ['lmstudio', { status: 401 }, 'upstream_auth'],
  ['tgi', { status: 429, message: 'Model is overloaded' }, 'upstream_unavailable'],
  ...said('tgi', 'upstream_rejected', 422, [
    'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096.',
    'Input validation error: `temperature` must be strictly positive',
  ]),
  ['tgi', { status: 424, message: 'Request failed during generation' }, 'upstream_unavailable'],
  ...said('xinference', 'upstream_rejected', 400, [
    '[address=0.0.0.0:1] Model not found in the model list, uid: m',
  ]),
  ...said('xinference', 'upstream_rate_limited', 500, ['Rate limit reached for the model.']),
  ...said('openai-compatible', 'upstream_rejected', 200, [
    'This model’s maximum context length is 10 tokens.',
    'the request exceeds the available context size, try increasing it',
  ]),
];

/** What the clouds, the hosts and the engines really say when they fail; every row of their tables is reached by one. */
export const westernFailures: Case[] = [
  ...azure,
  ...google,
  ...bedrock,
  ...mistral,
  ...xai,
  ...hosts,
  ...engines,
];
