/**
 * How an answer comes about. Members are candidate ids. What is said of the answer after it came decides by the same objective as
 * what was said of the prompt before: expected cost + λ × expected loss.
 */
export type AnswerPlan =
  | { kind: 'single'; candidate: string }
  /** `first` answers; where its answer is not good enough, `then` answers. */
  | { kind: 'check'; first: string; then: string }
  /** The first two voters answer at once, a third only where they differ; where no two agree, `then` answers. */
  | { kind: 'vote'; voters: [string, string] | [string, string, string]; then: string };

/** `a`, `a>r`, `a+b>r`, `a+b+c>r`: one spelling for records, headers and tables. */
export function planId(plan: AnswerPlan): string {
  switch (plan.kind) {
    case 'single':
      return plan.candidate;
    case 'check':
      return `${plan.first}>${plan.then}`;
    case 'vote':
      return `${plan.voters.join('+')}>${plan.then}`;
  }
}

/** Who may be called under a plan, first to last. */
export function planMembers(plan: AnswerPlan): string[] {
  switch (plan.kind) {
    case 'single':
      return [plan.candidate];
    case 'check':
      return [plan.first, plan.then];
    case 'vote':
      return [...plan.voters, plan.then];
  }
}
