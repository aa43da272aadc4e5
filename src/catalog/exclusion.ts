/** Why a candidate may not or cannot serve a request; kept in the decision and shown to the operator. */
export interface Exclusion {
  candidate: string;
  /** Which stage refused it. */
  stage: 'policy' | 'capability' | 'health' | 'session';
  /** Id of the rule, e.g. `capability.image-input`. */
  rule: string;
  /** In words, with what would make it eligible. */
  why: string;
  /** Other rules of the policy that refuse it too. */
  also?: string[] | undefined;
  /** What the rule looked at; null where it is not known. */
  facts?: { [fact: string]: string | number | boolean | string[] | null } | undefined;
}
