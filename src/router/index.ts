export { type AcceptanceParameters, type ComparisonParameters, posterior } from './answer/acceptance.ts';
export { type FaultCode, faultTable } from './answer/checks/faults.ts';
export { answerFaults } from './answer/checks/list.ts';
export { comparisonFor } from './answer/compare/comparison.ts';
export type { AnswerEvidence } from './answer/evidence.ts';
export { askingWorth, expectingPlan, type PlanExpectation, worthOfAsking } from './answer/expect.ts';
export { type Judgement, type JudgementReason, judgeAnswers } from './answer/judge.ts';
export { acceptanceLikelihood } from './answer/likelihood.ts';
export { type AnswerPlan, planId, planMembers } from './answer/plan.ts';
export { plansFor } from './answer/plans-for.ts';
export { prefixReader } from './answer/prefix.ts';
export type { AcceptanceTerms, AnswerComparison } from './answer/terms.ts';
export type { Posterior } from './answer/worth.ts';
export { loadShippedPredictor } from './artefact/shipped.ts';
export type {
  CandidateEstimate,
  Contribution,
  CostParts,
  Decision,
  DecisionTarget,
  Estimate,
  Exclusion,
  Language,
  PlanEstimate,
  ReasonCode,
  Shape,
  TaskFamily,
  TurnKind,
} from './decision.ts';
export { bucketsMax } from './features/scan.ts';
export type { SessionSource } from './features/session-key.ts';
export { type RequestReading, readRequest } from './features/shape.ts';
export { structuralIds } from './features/structural.ts';
export { type AskVector, readAsk } from './features/vector.ts';
export { type LengthObservation, OutputLengths } from './lengths/output-lengths.ts';
export { lengthLimit, lengthQuestion } from './lengths/question.ts';
export type { LengthsState } from './lengths/state.ts';
export { BudgetPacer, type PacerView } from './pacing/budget-pacer.ts';
export { readPacerMemory } from './pacing/pacer-memory.ts';
export { UpgradeCap } from './pacing/upgrade-cap.ts';
export { abilityOf } from './predictor/ability.ts';
export {
  type Artefact,
  ArtefactError,
  decodeArtefact,
  encodeArtefact,
  type Provenance,
} from './predictor/artefact.ts';
export {
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
export { createPredictor, type PredictedModel, type Predictor } from './predictor/predictor.ts';
export { abilityRank } from './predictor/rank.ts';
export { ngramEntryWeight, prepareAsk } from './predictor/score.ts';
export { decide } from './stages/decide.ts';
export type { DecideInput, PricedCandidate, SessionState, TokenRates, WarmPlace } from './stages/input.ts';
export { heldTokens, promptCacheOf } from './stages/session.ts';
