export { type EvaluationOptions, evaluate, evaluateTasks } from './evaluate.ts';
export type { Interval } from './metrics/bootstrap.ts';
export type { OutcomeRow, PriceTable } from './outcomes/outcome.ts';
export { type OutcomesFile, OutcomesFileError, readOutcomes } from './outcomes/read.ts';
export { costQualitySvg } from './plot/cost-quality.ts';
export { type Evaluation, type EvaluationRow, evaluationJsonSchema } from './result.ts';
export { routerIds } from './routers/list.ts';
export {
  EvaluationError,
  type EvaluationSettings,
  type EvaluationTask,
  type NamedRows,
} from './settings.ts';
export { type PairTask, TasksFileError, trainingTasks } from './training/tasks.ts';
export { TrainingError, type TrainingReport, type TrainingSet, train } from './training/train.ts';
