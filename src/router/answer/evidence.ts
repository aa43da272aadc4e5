import type { AnswerComparison } from './terms.ts';

/** What is known after some members of a plan have answered. */
export interface AnswerEvidence {
  comparison: AnswerComparison;
  /** In the order of the plan; members not asked yet have `group` undefined and no faults. */
  members: MemberEvidence[];
}

export interface MemberEvidence {
  candidate: string;
  /** P(right) as predicted from the prompt. */
  prior: number;
  /** Members with the same number gave the same answer; undefined where it was not asked, did not answer, or cannot be compared. */
  group: number | undefined;
  /** Codes of the checks its answer failed; a faulty answer is never given out while another member is left. */
  faults: readonly string[];
}
