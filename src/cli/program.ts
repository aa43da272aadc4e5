import { Command, CommanderError } from 'commander';
import { GatewayError } from '../protocol/index.ts';
import { ConfigError, withoutEmpty } from '../server/index.ts';
import * as catalog from './commands/catalog.ts';
import * as decide from './commands/decide.ts';
import * as doctor from './commands/doctor.ts';
import * as evaluate from './commands/eval.ts';
import * as forecast from './commands/forecast.ts';
import * as importing from './commands/import.ts';
import * as keys from './commands/keys.ts';
import * as replay from './commands/replay.ts';
import * as reporting from './commands/report.ts';
import * as serve from './commands/serve.ts';
import * as train from './commands/train.ts';
import * as whatIf from './commands/what-if.ts';
import { CommandError, type CommandIo } from './io.ts';
import { packageVersion } from './version.ts';

/** A new command is one file that exports `register`, and one line here. */
const commands = [
  serve,
  decide,
  keys,
  catalog,
  doctor,
  importing,
  evaluate,
  train,
  forecast,
  replay,
  reporting,
  whatIf,
];

/** Runs one command line. Never rejects: what went wrong is said on `err`, and the exit code is 1 (failed) or 2 (wrong usage). */
export async function runCli(args: string[], given: CommandIo): Promise<void> {
  const io = { ...given, env: withoutEmpty(given.env) };
  const program = new Command('yumen')
    .description(
      'Routes each LLM request between low-cost open models and frontier models, and proves what that saved.',
    )
    .version(packageVersion())
    .showHelpAfterError('Run with --help for the options.')
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .exitOverride();
  for (const command of commands) command.register(program, io);
  for (const command of program.commands) command.exitOverride().copyInheritedSettings(program);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (thrown) {
    report(thrown, io);
  }
}

function report(thrown: unknown, io: CommandIo): void {
  if (thrown instanceof CommanderError) {
    // Help and version are not failures; commander has printed its own message for the rest.
    io.exitCode(thrown.exitCode === 0 ? 0 : 2);
  } else if (thrown instanceof CommandError) {
    io.err(`${thrown.message}\n`);
    io.exitCode(thrown.code);
  } else if (thrown instanceof ConfigError || thrown instanceof GatewayError) {
    io.err(`${thrown.message}\n`);
    if (thrown instanceof GatewayError && thrown.detail !== undefined) io.err(`${thrown.detail}\n`);
    io.exitCode(1);
  } else {
    io.err(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    io.exitCode(1);
  }
}
