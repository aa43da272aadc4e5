/**
 * How an answer comes about. Members are candidate ids. What is said of the answer after it came decides by the same objective as
 * what was said of the prompt before: expected cost + λ × expected loss.
 */
export type AnswerPlan =
  | { kind: 'single'; candidate: string }
  /** `first` answers; where its answer is not good enough, `last` answers. */
  | { kind: 'check'; first: string; last: string }
  /** The first two voters answer at once, a third only where they differ; where no two agree, `last` answers. */
  | { kind: 'vote'; voters: [string, string] | [string, string, string]; last: string };

/** `a`, `a>r`, `a+b>r`, `a+b+c>r`: one spelling for records, headers and tables. */
export function planId(plan: AnswerPlan): string {
  switch (plan.kind) {
    case 'single':
      return plan.candidate;
    case 'check':
      return `${plan.first}>${plan.last}`;
    case 'vote':
      return `${plan.voters.join('+')}>${plan.last}`;
  }
}

/** Who may be called under a plan, first to last. */
export function planMembers(plan: AnswerPlan): string[] {
  switch (plan.kind) {
    case 'single':
      return [plan.candidate];
    case 'check':
      return [plan.first, plan.last];
    case 'vote':
      return [...plan.voters, plan.last];
  }
}

/** A plan as records have it: in older ones the last member is called `then`. */
export function restorePlan(stored: AnswerPlan): AnswerPlan {
  if (stored.kind === 'single' || stored.last !== undefined) return stored;
  const { then: last, ...plan } = stored as Exclude<AnswerPlan, { kind: 'single' }> & { then: string };
  return { ...plan, last };
}
