import { Worker } from 'node:worker_threads';
import type { Assignment, MeasuredTask } from './measure.ts';
import type { Report } from './worker.ts';

/** Each holds all outcomes in memory. */
const workersMax = 2;

/** Measures the assignments in order on a few threads; `done` hears of each as it is finished. */
export async function measureAll(
  assignments: readonly Assignment[],
  done: (measured: MeasuredTask[]) => void,
): Promise<void> {
  const waiting = [...assignments];
  const lanes = Array.from({ length: Math.min(workersMax, waiting.length) }, async () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        done(await measureOn(worker, next));
      }
    } finally {
      await worker.terminate();
    }
  });
  await Promise.all(lanes);
}

function measureOn(worker: Worker, assignment: Assignment): Promise<MeasuredTask[]> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      worker.off('message', heard);
      worker.off('error', failed);
      settle();
    };
    const failed = (error: unknown) => end(() => reject(error));
    const heard = (report: Report) => {
      if (report.kind === 'progress') process.stderr.write(`${report.text}\n`);
      else end(() => resolve(report.measured));
    };
    worker.on('message', heard);
    worker.on('error', failed);
    worker.postMessage(assignment);
  });
}
