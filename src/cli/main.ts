import { runCli } from './program.ts';

if (process.channel !== undefined) {
  // Started by the launcher of an older Node: when that one is killed, no gateway may be left behind.
  process.channel.unref();
  process.on('disconnect', () => process.exit(1));
}

await runCli(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  exitCode: (code) => {
    process.exitCode = code;
  },
  env: process.env,
  cwd: process.cwd(),
});
