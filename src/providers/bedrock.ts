import { messagesMount, responsesMount } from './mounts.ts';
import type { Vendor, VendorRegion } from './vendor.ts';

/** A model called by its own name is inferred and kept in the region that is called. */
function region(country: string, domain = 'amazonaws.com'): VendorRegion {
  return { baseUrl: `https://bedrock-runtime.{region}.${domain}`, processing: country, storage: country };
}

/**
 * Amazon Bedrock's runtime. Requests are signed, or carry a Bedrock API key as a bearer token. Sources: docs.aws.amazon.com: Bedrock
 * endpoints, APIs supported, Responses and Messages API, geographic and global cross-Region inference, troubleshooting API error codes
 * (2026-10); exception names as in the AWS SDK.
 */
export const bedrock: Vendor = {
  id: 'bedrock',
  name: 'Amazon Bedrock',
  headquarters: 'US',
  dialect: 'bedrock-converse',
  chatPath: '/model/{model}/converse',
  streamPath: '/model/{model}/converse-stream',
  countPath: '/model/{model}/count-tokens',
  modelInBody: false,
  // Each serves only a part of the models, so the operator names it where it is wanted.
  mounts: [
    messagesMount('as in chat', {
      basePath: '/anthropic/v1',
      modelInBody: true,
      quirks: { heartbeats: true },
    }),
    responsesMount('named', {
      basePath: '/openai/v1',
      modelInBody: true,
      quirks: { reasoningControl: 'reasoning_effort' },
    }),
    {
      dialect: 'openai-chat',
      chatPath: '/chat/completions',
      basePath: '/openai/v1',
      use: 'named',
      modelInBody: true,
      quirks: { usageNeedsStreamOption: true, reasoningControl: 'reasoning_effort' },
    },
  ],
  // Models are listed by the control plane, at another host.
  modelsPath: undefined,
  regions: {
    'us-east-1': region('US'),
    'us-east-2': region('US'),
    'us-west-1': region('US'),
    'us-west-2': region('US'),
    'us-gov-east-1': region('US'),
    'us-gov-west-1': region('US'),
    'ca-central-1': region('CA'),
    'ca-west-1': region('CA'),
    'mx-central-1': region('MX'),
    'sa-east-1': region('BR'),
    'eu-central-1': region('DE'),
    'eu-central-2': region('CH'),
    'eu-north-1': region('SE'),
    'eu-south-1': region('IT'),
    'eu-south-2': region('ES'),
    'eu-west-1': region('IE'),
    'eu-west-2': region('GB'),
    'eu-west-3': region('FR'),
    'ap-east-2': region('TW'),
    'ap-northeast-1': region('JP'),
    'ap-northeast-2': region('KR'),
    'ap-northeast-3': region('JP'),
    'ap-south-1': region('IN'),
    'ap-south-2': region('IN'),
    'ap-southeast-1': region('SG'),
    'ap-southeast-2': region('AU'),
    'ap-southeast-3': region('ID'),
    'ap-southeast-4': region('AU'),
    'ap-southeast-5': region('MY'),
    'ap-southeast-6': region('NZ'),
    'ap-southeast-7': region('TH'),
    'il-central-1': region('IL'),
    'me-central-1': region('AE'),
    'me-south-1': region('BH'),
    'af-south-1': region('ZA'),
  },
  // Everything depends on the region, so none is taken for granted.
  defaultRegion: undefined,
  // A cross-Region inference profile runs the model where its prefix says, whatever region is called; storage stays in that region.
  processingByModel: [
    { name: /(^|\/)(us|us-gov)\./, processing: 'US' },
    { name: /(^|\/)eu\./, processing: 'EU' },
    { name: /(^|\/)jp\./, processing: 'JP' },
    { name: /(^|\/)au\./, processing: 'AU' },
    { name: /(^|\/)global\./, processing: 'global' },
    // Several countries of Asia and the Pacific; of a profile of one's own, only AWS knows the regions.
    { name: /(^|\/)apac\.|application-inference-profile\//, processing: undefined },
  ],
  auth: 'aws-sigv4',
  signingService: 'bedrock',
  headers: {},
  keyVariables: ['AWS_BEARER_TOKEN_BEDROCK'],
  baseUrlVariable: 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME',
  regionVariables: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: false,
    jsonSchema: true,
    // Claude since 4.6; what other models take, their catalogue rows say.
    // Of the many makers' models each has a switch of its own, which its catalogue row says.
    reasoningControl: 'none',
    heartbeats: false,
    // docs.aws.amazon.com, prompt caching: cache points, five minutes from the last use.
    promptCache: { lifetimeMs: 300_000, tokensMin: 1024, marked: true },
  },
  errorClasses: [
    {
      message: /blocked by (the )?content filter|content filtering policy|guardrail .*(intervened|blocked)/i,
      is: 'content_filtered',
      hint: 'A content filter or a guardrail of the AWS account refused the request; guardrails are configured in Bedrock.',
    },
    {
      message: /on-demand throughput isn.t supported/i,
      is: 'upstream_rejected',
      hint: 'Name the model by an inference profile, e.g. with the prefix us., eu., jp., au., apac. or global.',
    },
    {
      message: /provided model identifier is invalid/i,
      is: 'upstream_rejected',
      hint: 'The model’s id is misspelt, or the model is not offered in this region.',
    },
    {
      message: /use case details have not been submitted/i,
      is: 'upstream_auth',
      hint: 'Fill in the form for Anthropic models once in the Bedrock console of this account.',
    },
    {
      message: /don.t have access to the model|not authorized to perform|not authorized to invoke/i,
      is: 'upstream_auth',
      hint: 'Give the IAM identity bedrock:InvokeModel and bedrock:InvokeModelWithResponseStream, and request access to the model in this region.',
    },
    {
      message: /security token .* expired/i,
      is: 'upstream_auth',
      hint: 'The temporary credentials have expired; renew access key, secret and session token together.',
    },
    {
      message:
        /security token .* invalid|signature we calculated does not match|API Key is (not valid|invalid)/i,
      is: 'upstream_auth',
      hint: 'Access key and secret do not belong together, a session token is missing, or the API key is for another region.',
    },
    { code: 'ExpiredTokenException', is: 'upstream_auth' },
    { code: 'UnrecognizedClientException', is: 'upstream_auth' },
    { code: 'AccessDeniedException', is: 'upstream_auth' },
    {
      message: /too many tokens per day/i,
      is: 'upstream_quota',
      hint: 'The account’s daily tokens are used up; ask AWS for a higher quota.',
    },
    {
      code: 'ServiceQuotaExceededException',
      is: 'upstream_quota',
      hint: 'A quota of the account is used up; ask AWS for a higher one.',
    },
    { code: 'ThrottlingException', is: 'upstream_rate_limited' },
    { code: 'ModelNotReadyException', is: 'upstream_unavailable' },
    { code: /^Model(Error|StreamError|Timeout)Exception$/, is: 'upstream_unavailable' },
    { status: 424, is: 'upstream_unavailable' },
    {
      code: 'ResourceNotFoundException',
      is: 'upstream_rejected',
      hint: 'The model or profile does not exist in this region, or has been retired.',
    },
    { code: 'ValidationException', is: 'upstream_rejected' },
  ],
  simulated: false,
};
