import { tokensByCharacters } from './characters.ts';
import { Factor, isPlausible, plausibleMax } from './factor.ts';
import type { TokenCounter } from './token-counter.ts';

/** Completed answers of a deployment that are all learned from, and then one of so many. */
const learnedFully = 32;
const learnedOneIn = 16;
const deploymentsMax = 1000;
/** A few short answers, which are mostly rounding and constant extras, must not move the estimate of a long one. */
const likeTheRuler = { factor: 1, weight: 200 };

export interface OutputObservation {
  deployment: string;
  /** Everything that was generated and seen: text, reasoning, tool arguments. Asked for only when it is needed. */
  text: () => string;
  /** Content events of the stream; 0 when the answer was not streamed. */
  contentEvents: number;
  /** As the upstream reported them. */
  outputTokens: number;
}

export interface InputObservation {
  deployment: string;
  /** Everything that was sent to be read: messages, tools, schemas. Asked for only when it is needed. */
  text: () => string;
  /** As the upstream reported them. */
  inputTokens: number;
}

/**
 * Tells how many tokens an upstream would have reported, where it reported none: after an abort, or because it never does.
 * It learns from the answers whose usage was reported, for each deployment, by two rulers: tokens of the o200k
 * vocabulary, which fits vendors with a tokenizer of their own up to a factor, and content events, which fits engines that
 * send a token an event. The ruler that has varied less is used.
 */
export interface TokenEstimator {
  /** Learns from a completed answer, or passes over it, as over one whose usage cannot be true. Resolves when that is done; nobody needs to wait. Never rejects. */
  observeOutput(observation: OutputObservation): Promise<void>;
  observeInput(observation: InputObservation): Promise<void>;
  /** Whole tokens; 0 only when nothing was generated. Never rejects. */
  estimateOutput(answer: Omit<OutputObservation, 'outputTokens'>): Promise<number>;
  estimateInput(request: Omit<InputObservation, 'inputTokens'>): Promise<number>;
  close(): Promise<void>;
}

export function createTokenEstimator(counter: TokenCounter): TokenEstimator {
  return new LearningEstimator(counter);
}

interface Learned {
  outputsSeen: number;
  inputsSeen: number;
  outputPerToken: Factor;
  outputPerEvent: Factor;
  inputPerToken: Factor;
}

class LearningEstimator implements TokenEstimator {
  readonly #counter: TokenCounter;
  /** In the order of last learning, oldest first. */
  #learned = new Map<string, Learned>();

  constructor(counter: TokenCounter) {
    this.#counter = counter;
  }

  async observeOutput({ deployment, text, contentEvents, outputTokens }: OutputObservation): Promise<void> {
    if (!isPlausible(outputTokens)) return;
    const learned = this.#learnedOf(deployment);
    if (!isLearnedFrom(learned.outputsSeen++)) return;
    learned.outputPerEvent.observe(contentEvents, outputTokens);
    // A guess by characters would teach a factor that is wrong for the counts that follow.
    const tokens = await this.#counter.count(text());
    if (tokens !== undefined) learned.outputPerToken.observe(tokens, outputTokens);
  }

  async observeInput({ deployment, text, inputTokens }: InputObservation): Promise<void> {
    if (!isPlausible(inputTokens)) return;
    const learned = this.#learnedOf(deployment);
    if (!isLearnedFrom(learned.inputsSeen++)) return;
    const tokens = await this.#counter.count(text());
    if (tokens !== undefined) learned.inputPerToken.observe(tokens, inputTokens);
  }

  async estimateOutput(answer: Omit<OutputObservation, 'outputTokens'>): Promise<number> {
    const learned = this.#learned.get(answer.deployment);
    const perEvent = learned?.outputPerEvent;
    const perToken = learned?.outputPerToken;
    if (
      perEvent?.value !== undefined &&
      answer.contentEvents > 0 &&
      perEvent.relativeVariance < (perToken?.relativeVariance ?? Number.POSITIVE_INFINITY)
    ) {
      return wholeTokens(answer.contentEvents * perEvent.value);
    }
    return wholeTokens((await this.#tokensOf(answer.text())) * (perToken?.value ?? 1));
  }

  async estimateInput({ deployment, text }: Omit<InputObservation, 'inputTokens'>): Promise<number> {
    const factor = this.#learned.get(deployment)?.inputPerToken.value ?? 1;
    return wholeTokens((await this.#tokensOf(text())) * factor);
  }

  close(): Promise<void> {
    return this.#counter.close();
  }

  async #tokensOf(text: string): Promise<number> {
    return (await this.#counter.count(text)) ?? tokensByCharacters(text);
  }

  #learnedOf(deployment: string): Learned {
    const learned = this.#learned.get(deployment) ?? {
      outputsSeen: 0,
      inputsSeen: 0,
      outputPerToken: new Factor(likeTheRuler),
      outputPerEvent: new Factor(),
      inputPerToken: new Factor(likeTheRuler),
    };
    this.#learned.delete(deployment);
    this.#learned.set(deployment, learned);
    if (this.#learned.size > deploymentsMax) {
      const [oldest] = this.#learned.keys();
      if (oldest !== undefined) this.#learned.delete(oldest);
    }
    return learned;
  }
}

function isLearnedFrom(seenBefore: number): boolean {
  return seenBefore < learnedFully || seenBefore % learnedOneIn === 0;
}

function wholeTokens(tokens: number): number {
  return tokens > 0 ? Math.max(1, Math.round(Math.min(tokens, plausibleMax))) : 0;
}
