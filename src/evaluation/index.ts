export { EvaluationError, type EvaluationOptions, evaluate, type NamedRows } from './evaluate.ts';
export type { Interval } from './metrics/bootstrap.ts';
export type { OutcomeRow, PriceTable } from './outcomes/outcome.ts';
export { type OutcomesFile, OutcomesFileError, readOutcomes } from './outcomes/read.ts';
export type { Evaluation, EvaluationRow } from './result.ts';
export { type PairTask, TasksFileError, trainingTasks } from './training/tasks.ts';
export { TrainingError, type TrainingReport, type TrainingSet, train } from './training/train.ts';
