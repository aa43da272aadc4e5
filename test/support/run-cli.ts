import { runCli } from '../../src/cli/program.ts';

export interface CliResult {
  code: number;
  out: string;
  err: string;
}

/** One command line in a folder. */
export async function runYumen(
  args: string[],
  cwd: string,
  env: { [name: string]: string } = {},
): Promise<CliResult> {
  const result = { code: 0, out: '', err: '' };
  await runCli(args, {
    out: (text) => {
      result.out += text;
    },
    err: (text) => {
      result.err += text;
    },
    exitCode: (code) => {
      result.code = code;
    },
    env: { YUMEN_PROBE_ENGINES: 'false', ...env },
    cwd,
  });
  return result;
}
