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
