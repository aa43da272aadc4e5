/** Measures the groups of tasks that it is sent, one after the other. */
import { parentPort } from 'node:worker_threads';
import { type Assignment, type MeasuredTask, measureTogether } from './measure.ts';
import { readTasks } from './tasks.ts';

export type Report = { kind: 'progress'; text: string } | { kind: 'measured'; measured: MeasuredTask[] };

const port = parentPort;
if (port === null) throw new Error('This file is a worker of bench/routing/main.ts.');
const report = (message: Report) => port.postMessage(message);

port.on('message', async (assignment: Assignment) => {
  const measured = await measureTogether(assignment, readTasks(assignment.data), (text) =>
    report({ kind: 'progress', text }),
  );
  report({ kind: 'measured', measured });
});
