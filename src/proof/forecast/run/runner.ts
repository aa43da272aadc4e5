import type { Candidate } from '../../../catalog/index.ts';
import type { ChatAnswer, ChatRequest } from '../../../protocol/index.ts';

/** An answer that was paid for; `usd` undefined where its price is unknown. */
export interface PaidAnswer {
  answer: ChatAnswer;
  usd: number | undefined;
}

export interface GradeQuestion {
  request: ChatRequest;
  reference: { candidate: Candidate; answer: ChatAnswer };
  other: { candidate: Candidate; answer: ChatAnswer };
}

export interface PaidGrade {
  /** Against the reference, −1 (better) to 1 (worse); undefined where whoever was asked and paid said nothing that can be used. */
  loss: number | undefined;
  usd: number;
  /** Who or what graded. */
  by: string;
}

/** Whoever calls models and grades answers for a forecast. What fails is undefined. */
export interface PairRunner {
  answer(request: ChatRequest, candidate: Candidate, signal: AbortSignal): Promise<PaidAnswer | undefined>;
  grade(question: GradeQuestion, signal: AbortSignal): Promise<PaidGrade | undefined>;
  /** What grading one answer is expected to cost, for requests and answers of so many tokens; 0 where nobody is called. */
  gradeUsd(inputTokens: number, answerTokens: number): number;
}
