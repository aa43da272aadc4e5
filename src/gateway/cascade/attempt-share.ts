/**
 * How the attempts of a request are shared among the members of a plan: each is called once whatever the others needed, and what the
 * configuration allows beyond that may be used up by whoever needs to try again.
 */
export class AttemptShare {
  /** For the whole request. */
  readonly attemptsMax: number;
  private spare: number;

  constructor(attemptsMax: number, members: number) {
    this.attemptsMax = Math.max(attemptsMax, members);
    this.spare = this.attemptsMax - members;
  }

  /** How many attempts a member may make; `beside` others claim theirs at the same time. */
  claim(beside: number): number {
    const share = Math.ceil(this.spare / (beside + 1));
    this.spare -= share;
    return 1 + share;
  }

  /** What was claimed and is not needed. */
  giveBack(attempts: number): void {
    this.spare += attempts;
  }
}
