import { isObject } from '../../protocol/index.ts';
import { TasksFileError } from '../training/tasks.ts';

/** A line of `cascades` in a tasks file: cheap models that answer first, and the reference. */
export interface CascadeTask {
  id: string;
  file: string;
  cheap: string[];
  reference: string;
}

/** A line of `pools`: its models, or all complete ones. */
export interface PoolTask {
  id: string;
  file: string;
  models: string[] | undefined;
}

/** Pools that count as mixed traffic beside the cascades, as the note in the tasks file says. */
const mixedPools = new Set(['core-pool', 'mmlupro-pool']);

/** Reads the cascades, and the pools that are part of mixed traffic. Throws TasksFileError. */
export function cascadeTasks(value: unknown): { cascades: CascadeTask[]; pools: PoolTask[] } {
  if (!isObject(value))
    throw new TasksFileError('The tasks file must be a JSON object with `cascades` and `pools`.');
  const list = (name: string) => {
    const items = value[name] ?? [];
    if (!Array.isArray(items)) throw new TasksFileError(`\`${name}\` of the tasks file must be a list.`);
    return items.filter(isObject);
  };
  const cascades = list('cascades').map(({ id, file, cheap, reference }): CascadeTask => {
    const named = Array.isArray(cheap) ? cheap.filter((one) => typeof one === 'string') : [];
    if (
      typeof id !== 'string' ||
      typeof file !== 'string' ||
      typeof reference !== 'string' ||
      named.length < 2
    ) {
      throw new TasksFileError(
        'Each of `cascades` needs `id`, `file`, `reference` and two models or more in `cheap`.',
      );
    }
    return { id, file, cheap: named, reference };
  });
  const pools = list('pools').flatMap(({ id, file, models }): PoolTask[] => {
    if (typeof id !== 'string' || typeof file !== 'string') {
      throw new TasksFileError('Each of `pools` needs `id` and `file`.');
    }
    if (!mixedPools.has(id)) return [];
    const named = Array.isArray(models) ? models.filter((one) => typeof one === 'string') : undefined;
    return [{ id, file, models: named }];
  });
  return { cascades, pools };
}
