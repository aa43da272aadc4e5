import { GatewayError, isObject, type UpstreamSaid } from '../protocol/index.ts';

const mark = '[redacted]';
/** A shorter key is a placeholder of an engine that wants none (`none`, `EMPTY`), and would be found inside ordinary words. */
const keyCharsMin = 8;
/** Upstream texts are cut to a length, which may leave the beginning of a key at their end. */
const cutKeyCharsMin = 6;

/** What looks like somebody's key, ours or not: an upstream behind a proxy may tell the proxy's. */
const bearerToken = /\b(bearer)\s+(?=\S*\d)[\w.~+/=*-]{8,}/gi;
const secretKey = /\bsk[-_][\w*.-]{6,}/g;

/**
 * The same error without keys. Upstreams echo the key they were given, some of them in full, and what they say goes to clients, to the
 * ledger and to logs: every error of an upstream call passes here before it leaves.
 */
export function withoutKeys(error: GatewayError, secrets: readonly string[]): GatewayError {
  const clean = (text: string): string => redact(text, secrets);
  const message = clean(error.message);
  const detail = error.detail === undefined ? undefined : clean(error.detail);
  const upstream = error.upstream === undefined ? undefined : cleanSaid(error.upstream, clean);
  const details = cleanValue(error.details, clean);
  const same =
    message === error.message &&
    detail === error.detail &&
    details === error.details &&
    upstream === error.upstream;
  if (same) return error;
  // The cause and its stack would tell what was taken out.
  return new GatewayError(error.code, message, {
    param: error.param,
    detail,
    status: error.status,
    retryAfterMs: error.retryAfterMs,
    upstream,
    details,
  });
}

function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= keyCharsMin) clean = withoutCutKey(clean.replaceAll(secret, mark), secret);
  }
  return clean.replace(bearerToken, `$1 ${mark}`).replace(secretKey, mark);
}

function withoutCutKey(text: string, apiKey: string): string {
  for (let chars = Math.min(apiKey.length - 1, text.length); chars >= cutKeyCharsMin; chars--) {
    if (text.endsWith(apiKey.slice(0, chars))) return text.slice(0, -chars) + mark;
  }
  return text;
}

type Clean = (text: string) => string;

function cleanSaid(said: UpstreamSaid, clean: Clean): UpstreamSaid {
  return cleanValue(said, clean);
}

/** The value itself where nothing had to change. Depth is bounded by who reads upstream errors. */
function cleanValue<T>(value: T, clean: Clean): T {
  if (typeof value === 'string') return clean(value) as T;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => cleanValue(item, clean));
    return items.some((item, index) => item !== value[index]) ? (items as T) : value;
  }
  if (!isObject(value)) return value;
  let changed = false;
  const entries = Object.entries(value).map(([name, field]): [string, unknown] => {
    const entry: [string, unknown] = [clean(name), cleanValue(field, clean)];
    changed ||= entry[0] !== name || entry[1] !== field;
    return entry;
  });
  return changed ? (Object.fromEntries(entries) as T) : value;
}
