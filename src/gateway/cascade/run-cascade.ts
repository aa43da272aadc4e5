import type { Candidate } from '../../catalog/index.ts';
import type { AttemptRole } from '../../ledger/index.ts';
import { type ChatAnswer, GatewayError } from '../../protocol/index.ts';
import type { AttemptObserver, Cancellation } from '../../upstream/index.ts';
import { callPlan } from '../call-plan.ts';
import { cancellationOf } from '../execution.ts';
import { attemptObserver } from '../observer.ts';
import type { Outcome, Serving } from '../serving.ts';
import type { AttemptTrace } from '../trace.ts';
import { AttemptShare } from './attempt-share.ts';
import { Bell } from './bell.ts';
import type { CascadePlan } from './cascade-plan.ts';
import { Deadline } from './deadline.ts';
import { Judge } from './judge.ts';
import { MemberCall } from './member-call.ts';

/**
 * Answers a request by a plan in which answers are looked at before one is given out. Ends like any other call: with an answer, whole or
 * as a stream, or with why there is none. All that was called is in the trace, and nothing runs on for it but the answer that is given out.
 */
export async function runCascade(serving: Serving, cascade: CascadePlan): Promise<Outcome> {
  const run = new CascadeRun(serving, cascade);
  try {
    return await run.outcome();
  } finally {
    run.close();
  }
}

/** With less time left a call would only be paid for. */
const callMsMin = 50;

class CascadeRun {
  private readonly calls = new Map<string, MemberCall>();
  private readonly bell = new Bell();
  private readonly judge: Judge;
  private readonly share: AttemptShare;
  private readonly startedMs: number;
  private readonly total: Deadline;
  /** When a stream may be held back no longer; set going by the first content. */
  private readonly hold: Deadline;
  private readonly cancellation: Cancellation;
  private fault: { thrown: unknown } | undefined;
  private readonly serving: Serving;
  private readonly cascade: CascadePlan;

  constructor(serving: Serving, cascade: CascadePlan) {
    const { trace, snapshot, deps } = serving;
    this.serving = serving;
    this.cascade = cascade;
    this.judge = new Judge(cascade, trace, snapshot.predictor.parameters.acceptance);
    this.share = new AttemptShare(snapshot.attemptsMax, cascade.members.length);
    this.startedMs = deps.clock.monotonicMs();
    this.total = new Deadline(() => this.bell.ring());
    this.hold = new Deadline(() => this.bell.ring());
    this.cancellation = cancellationOf(serving);
  }

  async outcome(): Promise<Outcome> {
    const { trace, snapshot } = this.serving;
    trace.cascade = this.judge.record;
    this.total.start(snapshot.timeouts.totalMs);
    this.cancellation.onCancel(() => this.bell.ring());
    for (;;) {
      const outcome = this.next();
      if (outcome !== undefined) return outcome;
      await this.bell.rung();
    }
  }

  close(): void {
    this.total.stop();
    this.hold.stop();
    for (const call of this.calls.values()) call.drop();
  }

  /** What can be done now: an outcome, or undefined where more must come first. */
  private next(): Outcome | Promise<Outcome> | undefined {
    if (this.fault !== undefined) throw this.fault.thrown;
    if (this.cancellation.cancelled) return { kind: 'cancelled' };
    if (this.total.isOver) for (const call of this.running()) call.fail(totalTimeout());
    return this.nextOfStreams() ?? (this.running().length > 0 ? undefined : this.nextOfAnswers());
  }

  /** A stream may be given out before it is whole. */
  private nextOfStreams(): Outcome | undefined {
    const { plan } = this.cascade;
    for (const call of this.running()) {
      if (call.state.kind !== 'holding') continue;
      this.hold.start(this.serving.trace.target?.route?.cascade.holdMs ?? 0);
      // Nobody comes after it, so there is nothing to wait for.
      if (call.candidate === plan.last) return this.give(call, 'last');
      const verdict = this.judge.prefix(call.candidate, call.prefix);
      if (verdict === 'fine' && plan.kind === 'check') return this.give(call, 'fine-so-far');
      if (verdict === 'fault') call.fail(badBeginning());
    }
    return this.hold.isOver ? this.giveBest('hold-over') : undefined;
  }

  /** All that were asked have answered or failed. */
  private nextOfAnswers(): Outcome | Promise<Outcome> | undefined {
    const { verdict } = this.judge.look(this.answers());
    if (verdict.kind === 'accept') {
      const accepted = this.calls.get(verdict.candidate);
      if (accepted?.state.kind === 'whole') return this.give(accepted);
    } else if (this.hasTime()) {
      const asked = verdict.candidates.filter((candidate) => !this.calls.has(candidate));
      this.ask(asked);
      if (asked.length > 0) return undefined;
    }
    return this.giveBest(this.hasTime() ? undefined : 'time-over') ?? this.callOthers();
  }

  /** Undefined for a member that failed. */
  private answers(): Map<string, ChatAnswer | undefined> {
    const answers = new Map<string, ChatAnswer | undefined>();
    for (const [candidate, { state }] of this.calls)
      if (state.kind === 'whole') answers.set(candidate, state.answer);
      else if (state.kind === 'failed') answers.set(candidate, undefined);
    return answers;
  }

  /** The best of what is there. What failed a check is given out only when nothing else can come any more. */
  private giveBest(why?: string): Outcome | undefined {
    const running = this.running();
    const [best] = this.judge.rank(this.answers()).filter(({ faulty }) => !faulty || running.length === 0);
    const call =
      best === undefined
        ? running.find(({ state }) => state.kind === 'holding')
        : this.calls.get(best.candidate);
    return call && this.give(call, why);
  }

  private give(call: MemberCall, why?: string): Outcome {
    const { trace, deps } = this.serving;
    const { outcome, attempt } = call.take();
    trace.chosen = { attempt, monotonicMs: deps.clock.monotonicMs() };
    this.judge.accepted(call.candidate, why);
    return outcome;
  }

  private running(): MemberCall[] {
    return [...this.calls.values()].filter((call) => call.isRunning);
  }

  private ask(candidates: string[]): void {
    for (const [index, candidate] of candidates.entries()) {
      const member = this.cascade.members.find(({ id }) => id === candidate);
      if (member === undefined) continue;
      const attemptsMax = this.share.claim(candidates.length - 1 - index);
      this.judge.asked(candidate);
      const call: MemberCall = new MemberCall({
        serving: this.serving,
        candidate,
        role: this.roleOf(candidate),
        call: (observer, cancellation) =>
          this.callMember(member, attemptsMax, observer, cancellation).finally(() =>
            this.share.giveBack(attemptsMax - Math.max(1, call.attempts)),
          ),
        changed: () => this.bell.ring(),
        broke: (thrown) => this.broke(call, thrown),
      });
      this.calls.set(candidate, call);
      call.start();
    }
  }

  private callMember(
    member: Candidate,
    attemptsMax: number,
    observer: AttemptObserver<AttemptTrace>,
    cancellation: Cancellation,
  ): Promise<Outcome> {
    const candidates = [
      member,
      ...this.serving.plan.filter((one) => one.id !== member.id && areEquals(one, member)),
    ];
    const totalMs = this.remainingMs();
    return callPlan(this.serving, { candidates, attemptsMax, totalMs, observer, cancellation });
  }

  /** No member has answered: those after them in the plan, as of any plan. */
  private callOthers(): Outcome | Promise<Outcome> {
    const { plan, trace, cover, deps } = this.serving;
    const { members } = this.cascade;
    const others = plan.filter((one) => !members.some((member) => areEquals(one, member)));
    const attemptsMax = this.share.attemptsMax - trace.attempts.length;
    if (others.length === 0 || attemptsMax <= 0 || !this.hasTime())
      return { kind: 'failed', error: this.lastError() };
    return callPlan(this.serving, {
      candidates: others,
      attemptsMax,
      totalMs: this.remainingMs(),
      observer: attemptObserver(trace, cover, deps),
      cancellation: this.cancellation,
    });
  }

  /** Of the members the one that mattered most: the one whose answer would have been the last word. */
  private lastError(): GatewayError {
    const calls = [...this.calls.values()].toReversed();
    for (const { state } of calls) if (state.kind === 'failed') return state.error;
    return totalTimeout();
  }

  private roleOf(candidate: string): AttemptRole | undefined {
    const { plan } = this.cascade;
    if (candidate === plan.last) return 'escalation';
    return plan.kind === 'vote' ? 'voter' : undefined;
  }

  private broke(call: MemberCall, thrown: unknown): void {
    if (!call.isRunning) return;
    this.fault = { thrown };
    this.bell.ring();
  }

  private hasTime(): boolean {
    return !this.total.isOver && this.remainingMs() >= callMsMin;
  }

  private remainingMs(): number {
    const { deps, snapshot } = this.serving;
    return Math.max(1, this.startedMs + snapshot.timeouts.totalMs - deps.clock.monotonicMs());
  }
}

/** Deployments that serve the same model in the same way stand for one another. */
function areEquals(one: Candidate, other: Candidate): boolean {
  return one.deployment.model.id === other.deployment.model.id && one.effort === other.effort;
}

function totalTimeout(): GatewayError {
  return new GatewayError(
    'upstream_total_timeout',
    'No answer was good enough in the time that a request may take.',
  );
}

function badBeginning(): GatewayError {
  return new GatewayError('upstream_protocol', 'The beginning of the answer did not pass its check.');
}
