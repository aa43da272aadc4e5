export { type AcceptanceParameters, type ComparisonParameters, posterior } from './answer/acceptance.ts';
export { type FaultCode, faultTable } from './answer/checks/faults.ts';
export { matchesSchema } from './answer/checks/json-schema.ts';
export { answerFaults } from './answer/checks/list.ts';
export { testPattern } from './answer/checks/safe-pattern.ts';
export { comparisonFor } from './answer/compare/comparison.ts';
export { groupAnswers } from './answer/compare/key.ts';
export type { AnswerEvidence } from './answer/evidence.ts';
export { askingWorth, type PlanExpectation, planExpecter, worthOfAsking } from './answer/expect.ts';
export { type Judgement, type JudgementReason, judgeAnswers } from './answer/judge.ts';
export { acceptanceLikelihood } from './answer/likelihood.ts';
export { type AnswerPlan, planId, planMembers, restorePlan } from './answer/plan.ts';
export { plansFor } from './answer/plans-for.ts';
export { prefixReader } from './answer/prefix.ts';
export type { AcceptanceTerms, AnswerComparison } from './answer/terms.ts';
export { loadShippedPredictor, shippedArtefact } from './artefact/shipped.ts';
export type {
  AskedSignal,
  CandidateEstimate,
  Contribution,
  CostParts,
  Decision,
  DecisionTarget,
  Estimate,
  Exclusion,
  Ladder,
  LadderSteps,
  Language,
  PlanEstimate,
  ReasonCode,
  Shape,
  TaskFamily,
  TurnKind,
} from './decision.ts';
export { type EmbeddingTable, embed, nearness, type Prototypes, rarityStep } from './features/embedding.ts';
export { type AskNumbers, decodeAsk, encodeAsk, numbersOf } from './features/numbers.ts';
export { bucketsMax } from './features/scan.ts';
export { type SessionSource, sessionKeyOf } from './features/session-key.ts';
export { type RequestReading, readRequest } from './features/shape.ts';
export { structuralIds } from './features/structural.ts';
export { type AskVector, readAsk } from './features/vector.ts';
export { type LengthObservation, type LengthQuestion, OutputLengths } from './lengths/output-lengths.ts';
export { lengthLimit, lengthQuestion } from './lengths/question.ts';
export type { LengthsState } from './lengths/state.ts';
export { BudgetPacer, type PacerView } from './pacing/budget-pacer.ts';
export { readPacerMemory } from './pacing/pacer-memory.ts';
export { UpgradeCap } from './pacing/upgrade-cap.ts';
export { abilityFromScores, abilityOf, type PredictedModel } from './predictor/ability.ts';
export {
  type Artefact,
  ArtefactError,
  decodeArtefact,
  encodeArtefact,
  type Provenance,
} from './predictor/artefact.ts';
export { type Guess, gainShare, splitPreset, taskFamilies, thinkingGain } from './predictor/effort.ts';
export { type OwnAsk, type OwnOutcome, OwnOutcomes } from './predictor/own/own-outcomes.ts';
export { type OwnReading, ownKey } from './predictor/own/reading.ts';
export {
  type AbilityScale,
  type BenchmarkMapping,
  type Calibration,
  type CellKey,
  cellKey,
  logistic,
  logit,
  type ModelParameters,
  modelKey,
  type PredictorParameters,
  type Weights,
} from './predictor/parameters.ts';
export { createPredictor, type Predictor } from './predictor/predictor.ts';
export { abilityRank } from './predictor/rank.ts';
export { type AskStandard, lengthDeviation, prepareAsk } from './predictor/score.ts';
export { type AskSignals, projectEmbedding, type SignalName } from './predictor/signals.ts';
export { type DecisionInputs, inputFrom, inputsOf } from './replay/inputs.ts';
export {
  type Difference,
  type OtherTarget,
  type ReplayWith,
  redecide,
  redecideAs,
  replay,
  sharesEmbedding,
} from './replay/replay.ts';
export { decide } from './stages/decide.ts';
export type {
  CandidateFacts,
  DecideInput,
  PricedCandidate,
  SessionState,
  TokenRates,
  WarmPlace,
} from './stages/input.ts';
export { flipAllowance, stepAt } from './stages/ladder.ts';
export { heldTokens, homeAfter, promptCacheOf, type TurnSigns } from './stages/session.ts';
export { isUndecided, type SignalOffer } from './stages/undecided.ts';
