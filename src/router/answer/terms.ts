/**
 * What was known before the answers came, kept with the decision: enough to judge the answers by the same objective, without the
 * predictor, also when a decision is replayed. Quality in 0..1, money in USD.
 */
export interface AcceptanceTerms {
  /** P(right) of each member of the plan, as predicted from the prompt. */
  quality: { [candidate: string]: number };
  /** Expected cost of calling each member once more for this request. */
  costUsd: { [candidate: string]: number };
  /** USD per whole answer of quality. */
  lambdaUsd: number;
  /** How answers to this request can be compared. */
  comparison: AnswerComparison;
}

/**
 * What makes two answers equal: a choice among given options, a number, JSON, tool calls, code; `text` where only wording could be
 * compared, which says nothing.
 */
export type AnswerComparison = 'choice' | 'number' | 'json' | 'tool-call' | 'code' | 'short-text' | 'text';
