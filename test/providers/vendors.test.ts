import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode, UpstreamSaid } from '../../src/protocol/index.ts';
import {
  classifyFailure,
  type ErrorClass,
  failureHint,
  findVendor,
  vendors,
} from '../../src/providers/index.ts';
import { chineseFailures } from './chinese-failures.ts';
import { westernFailures } from './western-failures.ts';

function classified(vendor: string, said: UpstreamSaid): ErrorCode {
  const found = findVendor(vendor);
  assert.ok(found !== undefined, vendor);
  return classifyFailure(found, said);
}

/** One line a row of a vendor's table, in the words the vendor really uses; every row of every table must be reached by one. */
const cases: [string, UpstreamSaid, ErrorCode][] = [
  ...chineseFailures,
  ...westernFailures,
  ['openai', { status: 429, type: 'insufficient_quota', code: 'credit_balance_exhausted' }, 'upstream_quota'],
  [
    'openai',
    { status: 429, type: 'insufficient_quota', code: 'organization_spend_limit_exceeded' },
    'upstream_quota',
  ],
  [
    'openai',
    { status: 429, type: 'insufficient_quota', code: 'project_spend_limit_exceeded' },
    'upstream_quota',
  ],
  [
    'openai',
    { status: 429, type: 'insufficient_quota', code: 'organization_usage_limit_exceeded' },
    'upstream_quota',
  ],
  ['openai', { status: 429, type: 'insufficient_quota' }, 'upstream_quota'],
  ['openai', { status: 429, code: 'billing_not_active' }, 'upstream_quota'],
  ['openai', { status: 400, code: 'billing_hard_limit_reached' }, 'upstream_quota'],
  ['openai', { status: 429, type: 'requests', code: 'rate_limit_exceeded' }, 'upstream_rate_limited'],
  [
    'openai',
    {
      status: 429,
      type: 'tokens',
      code: 'rate_limit_exceeded',
      message: 'Request too large for gpt-4o on tokens per min (TPM)',
    },
    'upstream_rejected',
  ],
  [
    'openai',
    { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' },
    'upstream_rejected',
  ],
  ['openai', { status: 404, type: 'invalid_request_error', code: 'model_not_found' }, 'upstream_rejected'],
  ['openai', { status: 400, code: 'content_policy_violation' }, 'content_filtered'],
  ['openai', { status: 400, code: 'content_filter' }, 'content_filtered'],
  [
    'openai',
    {
      status: 400,
      code: 'invalid_prompt',
      message: 'Your prompt was flagged as potentially violating our usage policy.',
    },
    'content_filtered',
  ],
  ['openai', { status: 401, code: 'account_deactivated' }, 'upstream_auth'],
  ['openai', { status: 403, code: 'unsupported_country_region_territory' }, 'upstream_auth'],
  ['openai', { status: 401, code: 'invalid_api_key' }, 'upstream_auth'],
  ['openai', { status: 503, type: 'server_error' }, 'upstream_unavailable'],
  ['anthropic', { status: 529, type: 'overloaded_error', message: 'Overloaded' }, 'upstream_unavailable'],
  ['anthropic', { status: 200, type: 'overloaded_error', message: 'Overloaded' }, 'upstream_unavailable'],
  ['anthropic', { status: 500, type: 'api_error' }, 'upstream_unavailable'],
  ['anthropic', { status: 504, type: 'timeout_error' }, 'upstream_unavailable'],
  ['anthropic', { status: 401, type: 'authentication_error' }, 'upstream_auth'],
  ['anthropic', { status: 403, type: 'permission_error' }, 'upstream_auth'],
  ['anthropic', { status: 402, type: 'billing_error' }, 'upstream_quota'],
  [
    'anthropic',
    {
      status: 400,
      type: 'invalid_request_error',
      message: 'Your credit balance is too low to access the Anthropic API.',
    },
    'upstream_quota',
  ],
  [
    'anthropic',
    {
      status: 400,
      type: 'invalid_request_error',
      message: 'You have reached your specified API usage limits.',
    },
    'upstream_quota',
  ],
  [
    'anthropic',
    { status: 429, type: 'rate_limit_error', message: 'exceeds the rate limit for your organization' },
    'upstream_rate_limited',
  ],
  [
    'anthropic',
    { status: 400, type: 'invalid_request_error', message: 'Output blocked by content filtering policy' },
    'content_filtered',
  ],
  [
    'anthropic',
    { status: 404, type: 'not_found_error', message: 'model: claude-sonet-4-5' },
    'upstream_rejected',
  ],
  ['anthropic', { status: 413, type: 'request_too_large' }, 'upstream_rejected'],
  [
    'anthropic',
    { status: 400, type: 'invalid_request_error', message: 'max_tokens: required' },
    'upstream_rejected',
  ],
  ['deepseek', { status: 402, message: 'Insufficient Balance' }, 'upstream_quota'],
  ['deepseek', { status: 400, message: 'Insufficient Balance' }, 'upstream_quota'],
  ['deepseek', { status: 422, message: 'Invalid parameters' }, 'upstream_rejected'],
  [
    'deepseek',
    { status: 400, type: 'invalid_request_error', message: 'Content Exists Risk' },
    'content_filtered',
  ],
  ['deepseek', { status: 503 }, 'upstream_unavailable'],
  ['deepseek', { status: 429 }, 'upstream_rate_limited'],
  ['deepseek', { status: 401, type: 'authentication_error' }, 'upstream_auth'],
  ['dashscope', { status: 401, code: 'InvalidApiKey' }, 'upstream_auth'],
  ['dashscope', { status: 401, code: 'invalid_api_key', type: 'invalid_request_error' }, 'upstream_auth'],
  ['dashscope', { status: 400, code: 'DataInspectionFailed' }, 'content_filtered'],
  ['dashscope', { status: 400, code: 'data_inspection_failed' }, 'content_filtered'],
  ['dashscope', { status: 400, code: 'Arrearage' }, 'upstream_quota'],
  ['dashscope', { status: 403, code: 'AllocationQuota.FreeTierOnly' }, 'upstream_quota'],
  ['dashscope', { status: 403, code: 'AccessDenied.Unpurchased' }, 'upstream_auth'],
  ['dashscope', { status: 429, code: 'insufficient_quota' }, 'upstream_rate_limited'],
  ['dashscope', { status: 429, code: 'Throttling' }, 'upstream_rate_limited'],
  ['dashscope', { status: 429, code: 'Throttling.RateQuota' }, 'upstream_rate_limited'],
  ['dashscope', { status: 429, code: 'Throttling.AllocationQuota' }, 'upstream_rate_limited'],
  ['dashscope', { status: 429, code: 'Throttling.BurstRate' }, 'upstream_rate_limited'],
  ['dashscope', { status: 404, code: 'ModelNotFound' }, 'upstream_rejected'],
  ['dashscope', { status: 404, code: 'model_not_found' }, 'upstream_rejected'],
  ['dashscope', { status: 400, code: 'InvalidParameter' }, 'upstream_rejected'],
  ['dashscope', { status: 408, code: 'RequestTimeOut' }, 'upstream_unavailable'],
  ['openai-compatible', { status: 429, code: 'insufficient_quota' }, 'upstream_quota'],
  ['openai-compatible', { status: 400, code: 'context_length_exceeded' }, 'upstream_rejected'],
  ['openai-compatible', { status: 400, code: 'content_filter' }, 'content_filtered'],
  ['openai-compatible', { status: 400, code: 'content_policy_violation' }, 'content_filtered'],
  ['vllm', { status: 500 }, 'upstream_unavailable'],
  ['sandbox', { status: 404, code: 'model_not_found' }, 'upstream_rejected'],
  ['sandbox', { status: 400, code: 'context_length_exceeded' }, 'upstream_rejected'],
];

test('each vendor’s failures get our codes', () => {
  for (const [vendor, said, code] of cases)
    assert.equal(classified(vendor, said), code, `${vendor} ${JSON.stringify(said)}`);
});

test('every row of every vendor’s table decides a case', () => {
  // Engines and Google’s vendors share rows: a case of one of them is enough.
  const decided = new Set<ErrorClass>();
  for (const vendor of vendors) {
    for (const [index, row] of vendor.errorClasses.entries()) {
      const marked = {
        ...vendor,
        errorClasses: vendor.errorClasses.with(index, { ...row, hint: 'this row' }),
      };
      const decides = cases.some(
        ([id, said]) => id === vendor.id && failureHint(marked, said) === 'this row',
      );
      if (decides) decided.add(row);
    }
  }
  for (const { id, errorClasses } of vendors) {
    for (const row of errorClasses) {
      assert.ok(decided.has(row), `${id}: no case reaches the row ${row.code} ${row.message} ${row.status}`);
    }
  }
});

test('without a row the status decides', () => {
  const bare = { ...findVendor('openai-compatible')!, errorClasses: [] };
  const byStatus: [number, ErrorCode][] = [
    [400, 'upstream_rejected'],
    [401, 'upstream_auth'],
    [402, 'upstream_quota'],
    [403, 'upstream_auth'],
    [404, 'upstream_rejected'],
    [408, 'upstream_unavailable'],
    [413, 'upstream_rejected'],
    [422, 'upstream_rejected'],
    [429, 'upstream_rate_limited'],
    [500, 'upstream_unavailable'],
    [529, 'upstream_unavailable'],
    [200, 'upstream_unavailable'],
    [302, 'upstream_protocol'],
  ];
  for (const [status, code] of byStatus)
    assert.equal(classifyFailure(bare, { status }), code, String(status));
});

test('a wrong DashScope key is explained by the region it may belong to', () => {
  assert.match(
    failureHint(findVendor('dashscope')!, { status: 401, code: 'invalid_api_key' }) ?? '',
    /another region/,
  );
});

test('vendors are well formed: ids are unique, addresses have no slash at the end, a default region exists', () => {
  assert.equal(new Set(vendors.map((vendor) => vendor.id)).size, vendors.length);
  for (const vendor of vendors) {
    assert.match(vendor.chatPath, /^\//);
    if (vendor.defaultRegion !== undefined) assert.ok(vendor.regions[vendor.defaultRegion], vendor.id);
    for (const region of Object.values(vendor.regions)) {
      assert.match(region.baseUrl, /^https?:\/\/.*[^/]$/);
      const own = vendor.headquarters === undefined;
      assert.ok(own || region.baseUrl.startsWith('https://'), `${vendor.id} is called in the open`);
    }
  }
});
