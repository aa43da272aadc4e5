import {
  type Evaluation,
  type EvaluationRow,
  type EvaluationSettings,
  evaluateTasks,
  type NamedRows,
} from '../../src/evaluation/index.ts';
import { evaluationTask, type RoutingTask, readFile, type TasksFile } from './tasks.ts';

export interface MeasuredTask {
  task: RoutingTask;
  reference: string;
  evaluation: Evaluation;
}

/** What a worker is asked: plain data, so that it can be sent. */
export interface Assignment {
  data: string;
  /** Tasks that share a file and what is left out, so that each fit serves all of them. */
  tasks: RoutingTask[];
  settings: Pick<EvaluationSettings, 'folds' | 'seed' | 'bootstrap' | 'routers' | 'probes'>;
}

export async function measureTogether(
  { data, tasks, settings }: Assignment,
  { tasks: all, prices }: TasksFile,
  progress: (text: string) => void,
): Promise<MeasuredTask[]> {
  const [{ file: name, leaveOut }] = tasks as [RoutingTask];
  const file = await readFile(data, name, prices.get(name));
  const asked = tasks.map((task) => evaluationTask(task, file.rows));
  // What is measured only is never fitted for another file.
  const train: NamedRows[] = [];
  for (const other of new Set(all.flatMap((task) => (task.use === 'train' ? [task.file] : [])))) {
    if (other !== name) train.push(await readFile(data, other, prices.get(other)));
  }
  // Of a pool with a dozen models each fit would be made a dozen times over.
  const newModels = asked.flatMap(({ candidates }, t) => (tasks[t]!.kind === 'pair' ? candidates : []));
  const evaluations = evaluateTasks([file], asked, {
    ...settings,
    newModels,
    leaveOut,
    train,
    progress: (text) => progress(`${name}: ${text}`),
  });
  return tasks.map((task, t) => ({
    task,
    reference: asked[t]!.reference,
    evaluation: evaluations[t]!,
  }));
}

/** Tasks in the groups that are fitted together. */
export function groupsOf(tasks: RoutingTask[]): RoutingTask[][] {
  const groups = new Map<string, RoutingTask[]>();
  for (const task of tasks) {
    const key = `${task.file} ${task.leaveOut}`;
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  return [...groups.values()];
}

export const rowOf = (
  { evaluation }: MeasuredTask,
  router: string,
  split: EvaluationRow['split'],
): EvaluationRow | undefined => evaluation.rows.find((row) => row.router === router && row.split === split);
