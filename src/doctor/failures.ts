import { failureHint, type Provider } from '../providers/index.ts';
import type { TransportFailure, TransportFailureKind } from '../upstream/index.ts';
import type { Asked } from './caller.ts';
import {
  type CheckName,
  fault,
  type Outcome,
  type Problem,
  skipped,
  type Verdict,
  warning,
} from './check.ts';

type Failed = Extract<Asked, { kind: 'failed' }>;

const reached: { [kind in TransportFailureKind]: { problem: Problem; says: string; remedy: string } } = {
  dns: {
    problem: 'dns',
    says: 'its name could not be resolved',
    remedy: 'correct the host in base_url, or the name server of this machine',
  },
  refused: {
    problem: 'refused',
    says: 'it refuses connections',
    remedy: 'start the server, correct host and port in base_url, or open the firewall',
  },
  tls: {
    problem: 'tls',
    says: 'no secure connection could be made',
    remedy:
      'use the host name that its certificate is for, trust its authority with NODE_EXTRA_CA_CERTS, or correct http/https in base_url',
  },
  'connect-timeout': {
    problem: 'timeout',
    says: 'no connection came about in time',
    remedy: 'check the route to it, proxies and firewalls; timeouts.connect_ms is how long is waited',
  },
  'first-byte-timeout': {
    problem: 'timeout',
    says: 'it was reached and said nothing in time',
    remedy: 'check whether it is overloaded; timeouts.first_byte_ms is how long is waited',
  },
  'inter-chunk-timeout': {
    problem: 'timeout',
    says: 'it fell silent in the middle of its answer',
    remedy: 'check whether it is overloaded; timeouts.inter_chunk_ms is how long is waited',
  },
  'total-timeout': {
    problem: 'timeout',
    says: 'its answer took too long',
    remedy: 'check whether it is overloaded; timeouts.total_ms is how long is waited',
  },
  reset: {
    problem: 'connection-lost',
    says: 'it closed the connection without an answer',
    remedy: 'check http/https and the port in base_url, and proxies on the way',
  },
  protocol: {
    problem: 'connection-lost',
    says: 'it does not speak HTTP as we understand it',
    remedy: 'check http/https and the port in base_url',
  },
  'too-large': {
    problem: 'connection-lost',
    says: 'its answer is larger than is allowed',
    remedy: 'check base_url: this is hardly an API for models',
  },
  saturated: {
    problem: 'connection-lost',
    says: 'all connections to it are busy',
    remedy: 'try again',
  },
  aborted: { problem: 'connection-lost', says: 'the call was ended', remedy: 'try again' },
};

/** Why an address was not reached. */
export function unreachable({ kind, detail }: TransportFailure, url: URL): Verdict {
  const { problem, says, remedy } = reached[kind];
  return fault('address', problem, `${url.origin}: ${says} (${detail})`, remedy);
}

/** What a failed check says where it has no better words itself. */
function failed(check: CheckName, { error }: Failed, provider: Provider): Verdict {
  const said = error.detail ?? error.message;
  const hint = error.upstream === undefined ? undefined : failureHint(provider.vendor, error.upstream);
  switch (error.code) {
    case 'upstream_rate_limited':
      return warning(check, 'rate-limited', `not checked, the account’s rate is limited: ${said}`, hint);
    case 'upstream_unavailable':
      return warning(check, 'upstream-failed', `not checked, the provider failed: ${said}`, hint);
    case 'upstream_connect_timeout':
    case 'upstream_first_byte_timeout':
    case 'upstream_inter_chunk_timeout':
    case 'upstream_total_timeout':
      return fault(check, 'timeout', `no answer in time: ${said}`, hint ?? 'check whether it is overloaded');
    case 'upstream_protocol':
    case 'stream_interrupted':
      return fault(
        check,
        'not-this-dialect',
        `what came is no answer of its dialect: ${said}`,
        hint ?? 'check base_url and dialect of the provider',
      );
    default:
      return fault(check, 'request-refused', `refused: ${said}`, hint);
  }
}

/** The line for a call that was not made, undefined where one was. */
function notAsked(check: CheckName, asked: Asked): Verdict | undefined {
  if (asked.kind === 'unaffordable')
    return skipped(check, 'not checked: it might cost more than --max-usd leaves; give more to check it');
  return asked.kind === 'stopped' ? skipped(check, 'not checked: stopped') : undefined;
}

/** The upstream understood the request and does not want it. */
export function isRefusal({ error }: Failed): boolean {
  return error.code === 'upstream_rejected' || error.code === 'invalid_request';
}

/** What is left to say where a check found out nothing about what it asked. */
export function unclear(check: CheckName, asked: Asked, provider: Provider): Outcome {
  const none = notAsked(check, asked);
  if (none !== undefined) return { verdicts: [none], findings: [] };
  return { verdicts: asked.kind === 'failed' ? [failed(check, asked, provider)] : [], findings: [] };
}

/** What the upstream said, for the operator; keys are taken out of it before it gets here. */
export function wordsOf({ error }: Failed): string {
  return error.detail ?? error.message;
}
