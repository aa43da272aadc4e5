import { spawn } from 'node:child_process';

export interface Launch {
  command: string;
  args: string[];
  /** The whole environment: nothing of ours is inherited. */
  env: { [name: string]: string };
}

export interface Ran {
  code: number | undefined;
  timedOut: boolean;
  seconds: number;
  stdout: string;
  stderr: string;
}

/** Of each stream; what comes after is thrown away. */
const outputCharsMax = 2_000_000;

/** Runs a program in a process group of its own, without input, and ends whatever is left of the group. */
export async function launch({ command, args, env }: Launch, cwd: string, timeoutMs: number): Promise<Ran> {
  const beganMs = performance.now();
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      if (output[name].length < outputCharsMax) output[name] += text;
    });
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    endGroup(child.pid);
  }, timeoutMs);
  const interrupted = (): void => endGroup(child.pid);
  process.once('exit', interrupted);
  const code = await new Promise<number | undefined>((resolve, reject) => {
    child.once('error', reject);
    // The streams of a grandchild that lives on would keep `close` away.
    child.once('exit', (status) => setImmediate(resolve, status ?? undefined));
  }).finally(() => {
    clearTimeout(timer);
    process.off('exit', interrupted);
    endGroup(child.pid);
  });
  return { code, timedOut, seconds: (performance.now() - beganMs) / 1000, ...output };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}
