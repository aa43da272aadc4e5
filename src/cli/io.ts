import type { Environment } from '../server/index.ts';

/** How a command talks to the world. Data goes to `out`, progress and errors to `err`, so that `--json` can be piped. */
export interface CommandIo {
  out(text: string): void;
  err(text: string): void;
  /** 0 fine, 1 failed, 2 wrong usage. */
  exitCode(code: 0 | 1 | 2): void;
  env: Environment;
  cwd: string;
}

/** An error whose message is meant for the person at the terminal. */
export class CommandError extends Error {
  readonly code: 1 | 2;

  constructor(message: string, code: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandError';
    this.code = code;
  }
}
