import { type ErrorCode, GatewayError, type UpstreamSaid } from '../errors.ts';
import { isObject, type JsonObject } from '../json.ts';

const messageCharsMax = 1000;
const nestingMax = 4;
const detailsCharsMax = 4000;

/**
 * Reads an upstream's error, whatever it looks like: both dialects' shapes, errors in strings, in arrays, nested in `error`
 * or `detail`, vendor envelopes with a status inside, plain text, HTML of a proxy.
 */
export function readUpstreamError(status: number, body: unknown): UpstreamSaid {
  const said: UpstreamSaid = { status };
  read(said, body, 0);
  return said;
}

function read(said: UpstreamSaid, body: unknown, depth: number): void {
  if (depth > nestingMax) return;
  if (typeof body === 'string') readString(said, body, depth);
  else if (Array.isArray(body)) read(said, body[0], depth + 1);
  else if (isObject(body)) readObject(said, body, depth);
}

function readObject(said: UpstreamSaid, body: JsonObject, depth: number): void {
  said.code ??= word(body['code']) ?? word(body['error_code']) ?? word(body['status_code']);
  const type = word(body['type']);
  if (type !== undefined && type !== 'error') said.type ??= type;
  // The innermost message is the vendor's own; the outer one often only says that something failed.
  said.details ??= smallObject(body['details']);
  const nested = body['error'] ?? body['errors'] ?? body['detail'] ?? body['base_resp'] ?? relayed(body);
  if (nested !== undefined && nested !== null) read(said, nested, depth + 1);
  said.message ??=
    clean(body['message']) ?? clean(body['msg']) ?? clean(body['error_msg']) ?? clean(body['status_msg']);
}

/** Aggregators keep the error of the vendor behind them as text. */
function relayed(body: JsonObject): unknown {
  return isObject(body['metadata']) ? body['metadata']['raw'] : undefined;
}

function readString(said: UpstreamSaid, body: string, depth: number): void {
  const trimmed = body.trim();
  const parsed = trimmed.startsWith('{') || trimmed.startsWith('[') ? parseOrNothing(trimmed) : undefined;
  if (parsed !== undefined) read(said, parsed, depth + 1);
  else said.message ??= clean(trimmed.startsWith('<') ? textOfHtml(trimmed) : trimmed);
}

function parseOrNothing(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function textOfHtml(html: string): string {
  const start = html.slice(0, 16 * 1024);
  const title = /<title[^>]*>([^<]*)</i.exec(start)?.[1] ?? /<h1[^>]*>([^<]*)</i.exec(start)?.[1];
  return title ?? start.replace(/<[^>]*>/g, ' ');
}

function smallObject(value: unknown): JsonObject | undefined {
  return isObject(value) && JSON.stringify(value).length <= detailsCharsMax ? value : undefined;
}

function word(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined;
}

function clean(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value
    .slice(0, messageCharsMax * 4)
    .replace(/\s+/g, ' ')
    .trim();
  return text === '' ? undefined : text.slice(0, messageCharsMax);
}

/** Error types that say more than a status, where an error arrives inside a stream that began with 200. */
const codeOfType: { [type: string]: ErrorCode } = {
  invalid_request_error: 'upstream_rejected',
  invalid_prompt: 'upstream_rejected',
  context_length_exceeded: 'upstream_rejected',
  request_too_large: 'upstream_rejected',
  not_found_error: 'upstream_rejected',
  authentication_error: 'upstream_auth',
  permission_error: 'upstream_auth',
  billing_error: 'upstream_quota',
  insufficient_quota: 'upstream_quota',
  rate_limit_error: 'upstream_rate_limited',
  rate_limit_exceeded: 'upstream_rate_limited',
  content_filter: 'content_filtered',
};

const statusOfCode: { readonly [code in ErrorCode]?: number } = {
  upstream_rejected: 400,
  upstream_auth: 401,
  upstream_quota: 402,
  upstream_rate_limited: 429,
  content_filtered: 400,
};

/** The error of a stream or of a 200 answer whose body is an error. */
export function inBandError(body: JsonObject): GatewayError {
  const said = readUpstreamError(200, body);
  const status = Number(said.code);
  if (Number.isInteger(status) && status >= 400 && status <= 599) said.status = status;
  const named = codeOfType[said.type ?? ''] ?? codeOfType[said.code ?? ''];
  // What is classified again, by a vendor's rows, must not take the status of the success around it for the failure's.
  if (named !== undefined && said.status < 400) said.status = statusOfCode[named] ?? said.status;
  const code = named ?? codeOfStatus(said.status);
  return new GatewayError(code, sentence(code, said), {
    upstream: said,
    detail: `the provider reported an error inside its answer: ${said.message ?? 'without a message'}`,
  });
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'upstream_auth';
  if (status === 402) return 'upstream_quota';
  if (status === 429) return 'upstream_rate_limited';
  return status >= 400 && status < 500 && status !== 408 ? 'upstream_rejected' : 'upstream_unavailable';
}

/** Messages about credentials and accounts are the operator's: they may show part of a key. */
function sentence(code: ErrorCode, said: UpstreamSaid): string {
  if (code === 'upstream_auth') return 'The provider refused the credentials of this gateway.';
  if (code === 'upstream_quota') return 'The account at the provider is out of credit.';
  return said.message === undefined
    ? 'The provider reported an error.'
    : `The provider reported an error: ${said.message}`;
}

export function brokenFrame(detail: string): GatewayError {
  return new GatewayError('upstream_protocol', 'The provider sent a stream event that cannot be read.', {
    detail,
  });
}
