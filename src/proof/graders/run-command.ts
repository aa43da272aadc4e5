import { spawn } from 'node:child_process';

export interface CommandRun {
  command: readonly string[];
  input: string;
  timeoutMs: number;
}

/** What a program finds its own programs by; nothing of this process's environment is passed on, which may hold keys. */
const searchPath = '/usr/local/bin:/usr/bin:/bin';

/**
 * Whether the program ended with 0, in time; one that did not end is killed with all it started. Undefined where it could not be started, or somebody else ended it: then nothing is known. What it prints is thrown
 * away.
 */
export function runCommand({ command, input, timeoutMs }: CommandRun): Promise<boolean | undefined> {
  const [program, ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program!, args, {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: searchPath, LANG: 'C.UTF-8' },
      cwd: '/',
      detached: true,
    });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child.pid);
    }, timeoutMs);
    child.once('error', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      if (timedOut) resolve(false);
      else resolve(code === null ? undefined : code === 0);
    });
    // A program that does not read its input is no fault.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in this moment.
  }
}
