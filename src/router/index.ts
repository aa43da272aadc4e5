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
export { structuralIds } from './features/structural.ts';
export { type AskReading, type AskVector, readAsk } from './features/vector.ts';
export { type Artefact, ArtefactError, decodeArtefact, encodeArtefact, type Provenance } from './predictor/artefact.ts';
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
export { createPredictor, type PredictedModel, type Prediction, type Predictor } from './predictor/predictor.ts';
export { prepareAsk } from './predictor/score.ts';
