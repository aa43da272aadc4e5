import { type Attribution, attribute, type GradedTwice } from '../drift/attribute.ts';
import { JudgeTest } from '../drift/judge-test.ts';
import type { Pair } from '../pairs/pair.ts';
import { deltaOf } from '../stats/spending.ts';
import { type lossesOf, toBeLabelled } from './labelled.ts';

/** Chance, at most, that a judge that errs as it did is ever said to have changed; the k-th test has 6δ/(π²k²) of it. */
const judgeDelta = 0.05;
/** Pairs that people are asked about after an alarm, the newest. */
const inquiryPairs = 100;
/** With so many of them labelled it is said. */
const inquiryLabels = 50;
const twiceMax = 500;

interface Graded extends GradedTwice {
  pairId: string;
}

interface Inquiry {
  policy: string;
  /** What was graded twice before what is looked at. */
  before: GradedTwice[];
  after: GradedTwice[];
  open: string[];
}

interface WatchState {
  test: unknown;
  changes: number;
  twice: Graded[];
  recent: string[];
  inquiry: Inquiry | undefined;
}

/** What labels tell of a judge: how it errs, whether it still errs as it did, and after an alarm, whether the answers have changed or the judge. */
export class JudgeWatch {
  readonly #random: () => number;
  #test: JudgeTest;
  /** Changes that were noticed. */
  #changes = 0;
  /** The newest last. */
  #twice: Graded[] = [];
  /** The newest pairs that people could be asked about. */
  #recent: string[] = [];
  #inquiry: Inquiry | undefined;

  /** @param random in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
    this.#test = this.#freshTest();
  }

  /** Mean absolute difference between the judge and people, over the newest pairs that both graded; undefined before any. */
  get error(): { mean: number; bias: number; pairs: number } | undefined {
    const n = this.#twice.length;
    if (n === 0) return undefined;
    const sum = (of: (one: GradedTwice) => number) => this.#twice.reduce((all, one) => all + of(one), 0);
    return {
      mean: sum(({ judged, person }) => Math.abs(judged - person)) / n,
      bias: sum(({ judged, person }) => judged - person) / n,
      pairs: n,
    };
  }

  /** Pairs that should be labelled first, to tell who has changed. */
  get open(): readonly string[] {
    return this.#inquiry?.open ?? [];
  }

  paired(pair: Pair): void {
    if (toBeLabelled(pair).length === 0) return;
    this.#recent.push(pair.id);
    if (this.#recent.length > inquiryPairs) this.#recent.shift();
  }

  /** Labels of a pair came. Returns what is now known that was not: that the judge errs otherwise than before, or who has changed. */
  labelled(
    pair: Pair,
    losses: ReturnType<typeof lossesOf>,
  ): { judgeChanged: boolean; cause: (Attribution & { policy: string }) | undefined } {
    const own = pair.answers.flatMap(({ candidate, loss }) => {
      const person = losses.get(candidate);
      return loss === undefined || person === undefined ? [] : [{ judged: loss, person, pairId: pair.id }];
    });
    for (const one of own) this.#test.add(one.judged, one.person);
    this.#twice = [...this.#twice.filter(({ pairId }) => pairId !== pair.id), ...own].slice(-twiceMax);
    const judgeChanged = this.#test.alarmed;
    if (judgeChanged) {
      this.#changes += 1;
      this.#test = this.#freshTest();
    }
    return { judgeChanged, cause: this.#inquire(pair.id, own) };
  }

  /** An alarm was raised: the newest pairs are to be labelled, so that it can be told who has changed. */
  alarmed(policy: string): void {
    const recent = new Set(this.#recent);
    const isRecent = ({ pairId }: Graded) => recent.has(pairId);
    const after = this.#twice.filter(isRecent);
    for (const { pairId } of after) recent.delete(pairId);
    this.#inquiry = {
      policy,
      before: this.#twice.filter((one) => !isRecent(one)),
      after,
      open: [...recent].reverse(),
    };
  }

  state(): WatchState {
    return {
      test: this.#test.state(),
      changes: this.#changes,
      twice: this.#twice,
      recent: this.#recent,
      inquiry: this.#inquiry,
    };
  }

  /** What cannot be read is learned anew. */
  restore(value: unknown): void {
    const { test, changes, twice, recent, inquiry } = (value ?? {}) as Partial<WatchState>;
    if (!Array.isArray(twice) || !Array.isArray(recent)) return;
    this.#changes = changes ?? 0;
    this.#test = this.#freshTest();
    if (!this.#test.restore(test)) this.#test = this.#freshTest();
    this.#twice = twice;
    this.#recent = recent;
    this.#inquiry = inquiry;
  }

  #freshTest(): JudgeTest {
    return new JudgeTest({ delta: deltaOf(judgeDelta, this.#changes + 1), random: this.#random });
  }

  #inquire(pairId: string, own: readonly Graded[]): (Attribution & { policy: string }) | undefined {
    const inquiry = this.#inquiry;
    if (inquiry === undefined || !inquiry.open.includes(pairId)) return undefined;
    inquiry.open = inquiry.open.filter((id) => id !== pairId);
    inquiry.after.push(...own);
    if (inquiry.open.length > 0 && inquiry.after.length < inquiryLabels) return undefined;
    const found = attribute(inquiry.before, inquiry.after);
    this.#inquiry = undefined;
    return { ...found, policy: inquiry.policy };
  }
}
