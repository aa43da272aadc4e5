import { isObject } from '../../protocol/index.ts';

/** A pair to measure: a line of `pairs` in a tasks file. */
export interface PairTask {
  id: string;
  file: string;
  /** Only rows of these sources; all when absent. */
  source: string[] | undefined;
  cheap: string;
  reference: string;
}

export interface TrainingTasks {
  /** Files that may be fitted and shipped. */
  files: string[];
  pairs: PairTask[];
}

/** The tasks file cannot be used; the message says what would make it right. */
export class TasksFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TasksFileError';
  }
}

/** Reads what a tasks file marks as «train»; everything else is measured only and never touched here. */
export function trainingTasks(value: unknown): TrainingTasks {
  if (!isObject(value))
    throw new TasksFileError('The tasks file must be a JSON object with `pairs` and `pools`.');
  const entries = (['pairs', 'pools'] as const).flatMap((list) => {
    const items = value[list] ?? [];
    if (!Array.isArray(items)) throw new TasksFileError(`\`${list}\` of the tasks file must be a list.`);
    return items.filter(isObject).map((item) => ({ list, item }));
  });
  const files = new Set<string>();
  const pairs: PairTask[] = [];
  for (const { list, item } of entries) {
    if (item['use'] !== 'train') continue;
    if (typeof item['file'] !== 'string')
      throw new TasksFileError(`An entry of \`${list}\` names no \`file\`.`);
    files.add(item['file']);
    if (list === 'pools') continue;
    const { id, cheap, reference, source } = item;
    if (typeof id !== 'string' || typeof cheap !== 'string' || typeof reference !== 'string') {
      throw new TasksFileError('Each of `pairs` needs `id`, `cheap` and `reference`.');
    }
    const sources = Array.isArray(source) ? source.filter((one) => typeof one === 'string') : undefined;
    pairs.push({ id, file: item['file'], source: sources, cheap, reference });
  }
  if (files.size === 0) throw new TasksFileError('The tasks file marks nothing with `"use": "train"`.');
  return { files: [...files].sort(), pairs };
}
