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
export type { DecideInput, PricedCandidate, TokenRates } from './stages/input.ts';
