import type { ErrorCode, UpstreamSaid } from '../protocol/index.ts';
import type { ErrorClass, Vendor } from './vendor.ts';

/** Gives what an upstream said one of our codes: the vendor's rows first, else its status decides. */
export function classifyFailure(vendor: Vendor, said: UpstreamSaid): ErrorCode {
  return matchingRow(vendor, said)?.is ?? codeOfStatus(said.status);
}

/** Whether the vendor's rows know this failure; of others only the status speaks. */
export function knowsFailure(vendor: Vendor, said: UpstreamSaid): boolean {
  return matchingRow(vendor, said) !== undefined;
}

/** What the vendor's rows advise the operator about this failure. */
export function failureHint(vendor: Vendor, said: UpstreamSaid): string | undefined {
  return matchingRow(vendor, said)?.hint;
}

function matchingRow(vendor: Vendor, said: UpstreamSaid): ErrorClass | undefined {
  return vendor.errorClasses.find((row) => matches(row, said));
}

function matches(row: ErrorClass, said: UpstreamSaid): boolean {
  if (row.status !== undefined && row.status !== said.status) return false;
  if (row.code !== undefined && ![said.code, said.type].some((word) => isCode(row.code!, word))) return false;
  return row.message === undefined || row.message.test(said.message ?? '');
}

function isCode(expected: string | RegExp, word: string | undefined): boolean {
  if (word === undefined) return false;
  return typeof expected === 'string' ? expected === word : expected.test(word);
}

function codeOfStatus(status: number): ErrorCode {
  switch (status) {
    case 401:
    case 403:
      return 'upstream_auth';
    case 402:
      return 'upstream_quota';
    case 408:
      return 'upstream_unavailable';
    case 429:
      return 'upstream_rate_limited';
  }
  if (status >= 400 && status < 500) return 'upstream_rejected';
  // Redirects are never followed, so a 3xx is not an answer of this API.
  if (status >= 300 && status < 400) return 'upstream_protocol';
  return 'upstream_unavailable';
}
