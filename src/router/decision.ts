import type { Exclusion } from '../catalog/index.ts';
import type { NanoUsd } from '../std/index.ts';
import type { AnswerPlan } from './answer/plan.ts';
import type { AcceptanceTerms } from './answer/terms.ts';
import type { AskSignals, SignalName } from './predictor/signals.ts';

export type { Exclusion };

export type Language = 'en' | 'zh' | 'ja' | 'ko' | 'other';

export type TaskFamily =
  | 'chat'
  | 'lookup'
  | 'extraction'
  | 'rewrite'
  | 'translate'
  | 'summarise'
  | 'maths'
  | 'code'
  | 'agent-step'
  | 'reasoning'
  | 'long-context'
  | 'creative'
  | 'utility';

export type TurnKind = 'main' | 'tool-result' | 'title' | 'compaction' | 'sub-agent';

/** What the request looks like, read once. Counts only: no text, so it may be stored. */
export interface Shape {
  language: Language;
  task: TaskFamily;
  turn: TurnKind;
  /** Characters of the newest user ask, apart from system text, tools and history. */
  askChars: number;
  /** Upper bound of all input tokens, from byte length; no tokenizer on the path. */
  inputTokensBound: number;
  /** Expected input tokens, from characters by script. */
  inputTokensEstimate: number;
  userTurns: number;
  /** Of all roles. Absent in older records. */
  messages?: number | undefined;
  hasImages: boolean;
  hasDocuments: boolean;
  tools: number;
  openToolLoop: boolean;
  wantsJsonSchema: boolean;
  /** The ask wants a word, a letter or a sentence. Absent in older records. */
  wantsShortAnswer?: boolean | undefined;
  wantsReasoning: boolean;
  /** Signed thinking or other state in the history that only its maker accepts. */
  providerBoundState: boolean;
  outputTokensMax: number | undefined;
  /** A stable key of the conversation, a digest; requests of one session share it. */
  sessionKey: string;
  /**
   * A digest of how the conversation begins: under one session header a client's sub-agents and utility calls have conversations of
   * their own. Absent in older records.
   */
  conversationKey?: string | undefined;
}

/** An interval at 95 %. */
export interface Estimate {
  mean: number;
  low: number;
  high: number;
}

export interface CostParts {
  uncachedInputNano: NanoUsd;
  cachedInputNano: NanoUsd;
  /** Part of `uncachedInputNano`: what writing it to the vendor's prompt cache costs beyond reading it. Absent = nothing. */
  cacheWriteNano?: NanoUsd | undefined;
  outputNano: NanoUsd;
  escalationNano: NanoUsd;
  totalNano: NanoUsd;
  expectedOutputTokens: number;
}

/** One feature's part in the estimated loss, against an average ask; all parts add up to the mean before it is bounded. */
export interface Contribution {
  feature: string;
  /** In words, e.g. «asks for a proof». Never quotes the prompt. */
  label: string;
  value: number;
  /** Added to the expected loss, in quality points 0..1: the score is linear, so the parts are exact. */
  effect: number;
}

export interface CandidateEstimate {
  candidate: string;
  model: string;
  /** P(answer is right or acceptable). */
  quality: Estimate;
  /** Expected loss against the reference, in quality points 0..1; negative where the candidate is expected to be better. */
  loss: Estimate;
  /** Rows of evidence behind the estimate for this model, language and task. */
  evidence: number;
  evidenceCell: string;
  /** Undefined when the price is unknown: such a candidate is never preferred for being cheap. */
  cost: CostParts | undefined;
  /**
   * Added to the cost of this call where candidates are compared: the part of filling a cold cache that is worth as much to later
   * calls of the conversation, so never above 0. Absent = 0.
   */
  switchNano?: NanoUsd | undefined;
  contributions: Contribution[];
}

/** What one way of answering is expected to cost and to be worth. */
export interface PlanEstimate {
  plan: AnswerPlan;
  quality: Estimate;
  loss: Estimate;
  /** All calls of the plan, the escalation weighted by its probability. */
  cost: CostParts | undefined;
  /** P(the last member is called); 0 for a single candidate. */
  escalation: number;
}

/** One service beside the models that was asked what it thinks of a request, because the router was undecided. */
export interface AskedSignal {
  name: SignalName;
  /** Undefined where nothing was called. */
  deployment: string | undefined;
  /** `late`: its deadline passed. `failed`: it could not be asked. `unclear`: its answer is none that was asked for. */
  outcome: 'answered' | 'late' | 'failed' | 'unclear';
  durationMs: number;
}

export interface AskedSignals {
  asked: AskedSignal[];
  /** What was chosen before they were asked. */
  without: string;
  /** How long the request waited for them. */
  waitedMs: number;
  /** What asking them was expected to cost; part of what the request is predicted to cost. */
  costNano: NanoUsd;
}

export type ReasonCode =
  | 'named-model'
  | 'observe'
  | 'single-candidate'
  | 'cheaper-within-loss'
  | 'checkable-task'
  /** At the given price of quality it saves more than its expected loss is worth. */
  | 'best-value'
  /** As the certified rung of a frozen ladder says, the reference too. */
  | 'certified-rung'
  /** Cheap answers are looked at before one of them is given out. */
  | 'cascade'
  | 'little-evidence'
  | 'loss-too-high'
  | 'reference-cheapest'
  | 'price-unknown'
  | 'tool-loop-lock'
  | 'session-lock'
  /** The reference may not or cannot serve this request: the best of the others does. */
  | 'reference-unavailable'
  /** No candidate can serve this request; the plan is empty and the exclusions say why. */
  | 'no-candidate'
  | 'router-failed';

export interface DecisionTarget {
  kind: 'quality' | 'budget-per-day' | 'usd-per-quality';
  value: number;
}

/**
 * USD per whole answer of quality beyond which nothing changes, because no answer costs as much. A price without end counts as this one: a decision is
 * stored as JSON, which has no infinity.
 */
export const lambdaUsdMax = 1e9;

/** Frozen policies side by side, from careful to liberal, of which evidence says how far one may climb. */
export interface Ladder {
  /** Id of the frozen policy. */
  policy: string;
  /** Expected loss that a saved USD may cost on each rung, rising. Below 0 a candidate must be expected to do better than the reference. */
  allowances: readonly number[];
  /** The certified rung; absent = none, and the ladder only notes what its rungs would do. */
  rung?: number | undefined;
}

/** Whom the rungs of a ladder would call for one request. */
export interface LadderSteps {
  policy: string;
  /** How many there are. */
  rungs: number;
  /** From this rung on, up to the next step. The first begins at rung 0. */
  steps: { rung: number; candidate: string }[];
}

/** The ranking of candidates for one request, with reasons. It can be recomputed from the ledger: same inputs, same decision. */
export interface Decision {
  id: string;
  atMs: number;
  /** Route name, or undefined when the client named a model. */
  route: string | undefined;
  mode: 'observe' | 'assist' | 'certified' | 'named';
  shape: Shape;
  reference: string;
  /** What is called, first to last: the choice, then fallbacks in order. */
  plan: string[];
  /** How the answer comes about, where not simply from `plan[0]`; `plan` then has its members first. Absent in older records. */
  cascade?: (PlanEstimate & { terms: AcceptanceTerms }) | undefined;
  /** Ways of answering that were weighed beside single candidates. Absent in older records. */
  cascades?: PlanEstimate[] | undefined;
  /** What would have been chosen; differs from `plan[0]` only in `observe`. */
  preferred: string;
  candidates: CandidateEstimate[];
  excluded: Exclusion[];
  target: DecisionTarget;
  /** USD per point of quality that this decision traded at, at most `lambdaUsdMax`. */
  lambda: number;
  /** The key was over its cap on upgrades, so quality counted for less. Absent where it was not, and in older records. */
  capped?: { share: number; max: number; lambdaFactor: number } | undefined;
  /** Absent where none was asked, and in older records. */
  signals?: (AskedSignals & { values: AskSignals; changed: boolean }) | undefined;
  /** Absent where no policy of the route is frozen, and in older records. */
  ladder?: LadderSteps | undefined;
  /** Probability with which this choice was made; 1 for a deterministic one. */
  propensity: number;
  reason: ReasonCode;
  explanation: {
    sentence: string;
    runnerUp: string | undefined;
    /** What would have flipped the choice. */
    flip: string | undefined;
  };
  artefact: string;
  quality: 'certified' | 'estimated' | 'uncertified';
}
