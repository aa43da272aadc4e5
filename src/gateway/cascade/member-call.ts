import type { AttemptRole } from '../../ledger/index.ts';
import { type ChatAnswer, GatewayError } from '../../protocol/index.ts';
import { type AttemptObserver, type Cancellation, tokensOf } from '../../upstream/index.ts';
import { attemptObserver } from '../observer.ts';
import type { Answered, Outcome, Serving, Streaming } from '../serving.ts';
import { type AttemptTrace, endAttempt } from '../trace.ts';
import { HeldAnswer } from './held-answer.ts';

/** Where a member's call stands. */
export type MemberState =
  | { kind: 'calling' }
  /** Its answer is coming, and held. */
  | { kind: 'holding' }
  | { kind: 'whole'; answer: ChatAnswer }
  | { kind: 'failed'; error: GatewayError }
  /** Nobody wants its answer any more, or somebody has it. */
  | { kind: 'over' };

export interface MemberCallOptions {
  serving: Serving;
  candidate: string;
  role: AttemptRole | undefined;
  /** Calls the deployments that stand for the member. */
  call(observer: AttemptObserver<AttemptTrace>, cancellation: Cancellation): Promise<Outcome>;
  /** Its state is another, or more of its answer has come. */
  changed(): void;
  /** A fault of ours. */
  broke(thrown: unknown): void;
}

/** One member of a plan under way. Its answer is either taken or dropped; after either, no further call is begun for it. */
export class MemberCall {
  state: MemberState = { kind: 'calling' };
  /** Attempts made so far. */
  attempts = 0;
  private attempt: AttemptTrace | undefined;
  private outcome: Answered | Streaming | undefined;
  private held: HeldAnswer | undefined;
  private readonly stopListeners: (() => void)[] = [];
  private readonly options: MemberCallOptions;

  constructor(options: MemberCallOptions) {
    this.options = options;
  }

  get candidate(): string {
    return this.options.candidate;
  }

  /** Whether its call may still lead to something. */
  get isRunning(): boolean {
    return this.state.kind === 'calling' || this.state.kind === 'holding';
  }

  /** The beginning of a text that is held. */
  get prefix(): string {
    return this.held?.prefix ?? '';
  }

  start(): void {
    const { call, broke } = this.options;
    call(this.observer(), this.cancellation()).then((outcome) => this.came(outcome), broke);
  }

  /** Its answer, for the client. Only of a member that is whole or holding. */
  take(): { outcome: Outcome; attempt: AttemptTrace } {
    const { outcome, held } = this;
    if (outcome === undefined || this.isOver()) throw new Error('only an answer that came can be taken');
    this.state = { kind: 'over' };
    const taken: Outcome =
      outcome.kind === 'streaming' && held !== undefined
        ? { ...outcome, stream: held, counted: true }
        : outcome;
    return { outcome: taken, attempt: outcome.trace };
  }

  /** Ends whatever runs for it. What came is counted: it was paid for. */
  drop(): void {
    const { state } = this;
    if (state.kind === 'over' || state.kind === 'failed') return;
    this.state = { kind: 'over' };
    for (const stop of this.stopListeners.splice(0)) stop();
    if (this.outcome !== undefined) this.discard(this.outcome, state.kind === 'whole');
    else if (this.attempt !== undefined) this.endAs('aborted');
  }

  /** Gives it up as one that failed, so that the plan goes on without it. */
  fail(error: GatewayError): void {
    this.drop();
    this.state = { kind: 'failed', error };
  }

  private observer(): AttemptObserver<AttemptTrace> {
    const { serving, role } = this.options;
    const observer = attemptObserver(serving.trace, serving.cover, serving.deps, {
      role,
      permit: () => {
        if (this.isOver()) throw new GatewayError('client_closed', 'Nobody waits for this answer any more.');
      },
      began: (attempt) => {
        this.attempt = attempt;
        this.attempts += 1;
      },
    });
    // Its equals run the same model: a bad answer is a reason to ask another one, which the plan names.
    return { ...observer, refuses: () => undefined };
  }

  private cancellation(): Cancellation {
    const isOver = (): boolean => this.isOver();
    const listeners = this.stopListeners;
    return {
      get cancelled() {
        return isOver();
      },
      onCancel(listener) {
        if (isOver()) listener();
        else listeners.push(listener);
      },
    };
  }

  private isOver(): boolean {
    return this.state.kind === 'over' || this.state.kind === 'failed';
  }

  private came(outcome: Outcome): void {
    if (outcome.kind === 'cancelled') return;
    if (outcome.kind === 'failed') {
      if (!this.isOver()) this.change({ kind: 'failed', error: outcome.error });
    } else if (this.isOver()) {
      this.discard(outcome, false);
    } else {
      this.outcome = outcome;
      this.noteFirstContent(outcome);
      this.keep(outcome);
    }
  }

  private keep(outcome: Answered | Streaming): void {
    if (outcome.kind === 'streaming') {
      this.hold(outcome);
    } else {
      this.endAs('answered', outcome.status);
      this.change({ kind: 'whole', answer: outcome.answer });
    }
  }

  private noteFirstContent({ trace, replayed }: Answered | Streaming): void {
    trace.replayed = replayed;
    trace.firstContentMs = this.nowMs() - trace.startedMonotonicMs;
  }

  private hold(outcome: Streaming): void {
    this.held = new HeldAnswer({
      stream: outcome.stream,
      tally: outcome.trace.tally,
      bytesMax: this.options.serving.snapshot.answerBytesMax,
      grew: () => this.options.changed(),
      ended: (error) => this.ended(outcome, error),
    });
    this.state = { kind: 'holding' };
    this.held.hold();
    this.options.changed();
  }

  private ended(outcome: Streaming, error: GatewayError | undefined): void {
    outcome.lease.release(tokensOf(outcome.trace.tally.usage));
    if (this.isOver()) return;
    const answer = error === undefined ? this.held?.answer() : undefined;
    if (answer !== undefined) {
      this.endAs('answered', outcome.status);
      this.change({ kind: 'whole', answer });
      return;
    }
    const why = error ?? new GatewayError('upstream_protocol', 'The answer has no end.');
    outcome.abort();
    outcome.lease.broke(this.nowMs(), why);
    this.endAs('failed', outcome.status, why);
    this.change({ kind: 'failed', error: why });
  }

  private discard(outcome: Answered | Streaming, isWhole: boolean): void {
    if (outcome.kind === 'answered') {
      outcome.trace.tally.seeAnswer(outcome.answer);
      endAttempt(outcome.trace, {
        outcome: 'answered',
        monotonicMs: this.nowMs(),
        status: outcome.status,
      });
      return;
    }
    if (!isWhole) outcome.abort();
    outcome.lease.release(tokensOf(outcome.trace.tally.usage));
    endAttempt(outcome.trace, { outcome: 'aborted', monotonicMs: this.nowMs(), status: outcome.status });
  }

  private endAs(outcome: 'answered' | 'failed' | 'aborted', status?: number, error?: GatewayError): void {
    if (this.attempt === undefined) return;
    endAttempt(this.attempt, { outcome, monotonicMs: this.nowMs(), status, error });
  }

  private change(state: MemberState): void {
    this.state = state;
    this.options.changed();
  }

  private nowMs(): number {
    return this.options.serving.deps.clock.monotonicMs();
  }
}
