import type { Finding } from '../catalog/index.ts';

/** What is looked at. */
export type CheckName =
  | 'configuration'
  | 'route'
  | 'key'
  | 'price'
  | 'address'
  | 'balance'
  | 'models'
  | 'answer'
  | 'usage'
  | 'clock'
  | 'rate-limits'
  | 'stream'
  | 'thinking'
  | 'system'
  | 'tools'
  | 'json-schema'
  | 'image'
  | 'context';

/** What can be wrong, by name. */
export type Problem =
  | 'configuration-invalid'
  | 'key-of-another-vendor'
  | 'effort-unknown'
  | 'effort-not-switchable'
  | 'route-lacks-capability'
  | 'price-unknown'
  | 'price-ended'
  | 'dns'
  | 'refused'
  | 'tls'
  | 'timeout'
  | 'connection-lost'
  | 'wrong-path'
  | 'wrong-key'
  | 'key-of-another-region'
  | 'no-balance'
  | 'unknown-model'
  | 'request-refused'
  | 'rate-limited'
  | 'upstream-failed'
  | 'not-this-dialect'
  | 'no-text'
  | 'no-usage'
  | 'no-stream-usage'
  | 'not-streamed'
  | 'no-terminal-event'
  | 'thinking-not-switchable'
  | 'thinks-unasked'
  | 'thinking-absent'
  | 'system-refused'
  | 'system-ignored'
  | 'tools-refused'
  | 'tools-as-text'
  | 'tools-not-called'
  | 'tool-arguments-invalid'
  | 'tool-result-refused'
  | 'tool-result-ignored'
  | 'tools-one-at-a-time'
  | 'json-schema-refused'
  | 'json-schema-ignored'
  | 'image-refused'
  | 'image-not-seen'
  | 'context-smaller'
  | 'context-truncated'
  | 'clock-skew';

interface About {
  /** Absent where it is about the configuration as a whole. */
  provider?: string | undefined;
  deployment?: string | undefined;
  check: CheckName;
  /** What was found, in words: no key, no prompt of a user. */
  says: string;
}

/** One line of the report. */
export type CheckResult =
  | (About & { status: 'ok' | 'skipped' })
  /** `remedy`: what would make it right. */
  | (About & { status: 'warning' | 'fault'; problem: Problem; remedy: string | undefined });

/** A line before it is known whom it is about. */
export type Verdict =
  | { check: CheckName; status: 'ok' | 'skipped'; says: string }
  | {
      check: CheckName;
      status: 'warning' | 'fault';
      problem: Problem;
      says: string;
      remedy: string | undefined;
    };

/** What a check of a deployment leaves behind: lines for the operator, and what routing should know. */
export interface Outcome {
  verdicts: Verdict[];
  findings: Pick<Finding, 'capability' | 'value' | 'evidence'>[];
}

export function ok(check: CheckName, says: string): Verdict {
  return { check, status: 'ok', says };
}

export function skipped(check: CheckName, says: string): Verdict {
  return { check, status: 'skipped', says };
}

export function fault(check: CheckName, problem: Problem, says: string, remedy?: string): Verdict {
  return { check, status: 'fault', problem, says, remedy };
}

export function warning(check: CheckName, problem: Problem, says: string, remedy?: string): Verdict {
  return { check, status: 'warning', problem, says, remedy };
}

export function outcome(verdict: Verdict, ...findings: Outcome['findings']): Outcome {
  return { verdicts: [verdict], findings };
}
