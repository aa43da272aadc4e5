import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  fingerprintOf,
  makeReport,
  type Period,
  periodOf,
  type ReportData,
  type ReportLanguage,
  renderReport,
  reportText,
  savingsCsv,
  savingsGroups,
  signReport,
  verifyReport,
} from '../../proof/index.ts';
import { systemClock } from '../../std/index.ts';
import { openSqliteStore, reportSigningKey } from '../../storage/index.ts';
import { CommandError, type CommandIo } from '../io.ts';
import { findConfig, findDataFolder } from '../place.ts';
import { packageVersion } from '../version.ts';

interface ReportOptions {
  month?: string;
  from?: number;
  to?: number;
  html?: string;
  csv?: boolean;
  json?: boolean;
  by: (typeof savingsGroups)[number];
  lang: ReportLanguage;
  verify?: string;
  publicKey?: string;
  config?: string;
  dataDir?: string;
}

/** Read from the data folder itself, whether or not a gateway runs. */
export function register(program: Command, io: CommandIo): void {
  program
    .command('report')
    .description(
      'What was spent and saved in a month, net, and at which quality; as a signed page, CSV or JSON',
    )
    .option('--month <yyyy-mm>', 'a month (UTC), e.g. 2026-11; default: the present one', monthOf)
    .option('--from <date>', 'from this ISO date on (UTC)', dateOf)
    .option('--to <date>', 'until before this ISO date (UTC); default: now', dateOf)
    .option('--html <file>', 'write the report as one signed page that needs nothing else')
    .addOption(new Option('--lang <language>', 'of the page').choices(['en', 'zh']).default('en'))
    .option('--csv', 'print one line of figures for each group')
    .addOption(new Option('--by <group>', 'what --csv groups by').choices(savingsGroups).default('route'))
    .option('--json', 'print one JSON document, signed')
    .option('--verify <file>', 'check a page instead: who signed it, and that it shows what was signed')
    .option('--public-key <file>', 'the key, in PEM, that has to have signed the page')
    .option('--config <file>', 'configuration (default: YUMEN_CONFIG, else yumen.yaml if it is there)')
    .option('--data-dir <folder>', 'data folder of the gateway (default: as for serve)')
    .action((options: ReportOptions) =>
      options.verify === undefined ? report(options, io) : verify(options.verify, options, io),
    );
}

async function report(options: ReportOptions, io: CommandIo): Promise<void> {
  if (options.csv === true && options.json === true)
    throw new CommandError('Give --csv or --json, not both: each is a document of its own.', 2);
  const period = chosenPeriod(options);
  const dataFolder = findDataFolder(options, findConfig(options, io), io);
  if (!existsSync(dataFolder))
    throw new CommandError(`There is no data folder ${dataFolder}: check --data-dir or YUMEN_DATA_DIR.`);
  const data = await reportOf(period, dataFolder);
  if (options.html !== undefined || options.json === true) {
    const { privateKey, publicKeyPath } = reportSigningKey(dataFolder);
    const signed = signReport(data, privateKey);
    if (options.html !== undefined) {
      writeFileSync(resolve(io.cwd, options.html), renderReport(signed, options.lang));
      io.err(
        `${options.html}: signed by ${fingerprintOf(signed.publicKey)}; its public key: ${publicKeyPath}\n`,
      );
    }
    if (options.json === true) io.out(`${JSON.stringify(signed)}\n`);
  }
  if (options.csv === true) io.out(savingsCsv(data.by[options.by], options.by));
  if (options.html === undefined && options.json !== true && options.csv !== true) io.out(reportText(data));
}

async function reportOf(period: Period, dataFolder: string): Promise<ReportData> {
  const store = await openSqliteStore({ dataFolder });
  try {
    return await makeReport(
      period,
      { atMs: systemClock.nowMs(), version: packageVersion() },
      { savings: store.savings, proof: store.proof },
    );
  } finally {
    await store.close();
  }
}

function chosenPeriod({ month, from, to }: ReportOptions): Period {
  const nowMs = systemClock.nowMs();
  if (from === undefined && to === undefined)
    return periodOf(month ?? new Date(nowMs).toISOString().slice(0, 7));
  if (month !== undefined) throw new CommandError('Give --month, or --from and --to, not both.', 2);
  const period = { fromMs: from ?? 0, toMs: to ?? nowMs + 1 };
  if (from === undefined || period.fromMs >= period.toMs)
    throw new CommandError('Give --from a date before --to, e.g. --from 2026-11-01 --to 2026-12-01.', 2);
  return period;
}

async function verify(file: string, { publicKey, json }: ReportOptions, io: CommandIo): Promise<void> {
  const trusted = publicKey === undefined ? undefined : fileText(publicKey, io);
  const { kind, ...found } = verifyReport(fileText(file, io), trusted);
  const report = 'report' in found ? found.report : undefined;
  const signedBy = report === undefined || kind === 'forged' ? null : fingerprintOf(report.publicKey);
  const made = report?.data.version;
  const verdicts = {
    none: `${file} is no report of Yumen.`,
    forged:
      trusted === undefined
        ? 'Its data are not those that were signed.'
        : 'Its data are not as this key signed them: they were changed, or another key has signed them.',
    'page-differs': `Its data are as they were signed by ${signedBy}, but the page is not what this version makes of them. It was made by version ${made}, this is ${packageVersion()}: if they are the same, the page was changed.`,
    genuine: `The page is as it was made, signed by ${signedBy}.${trusted === undefined ? ' Whether that is your installation, only its public key tells: --public-key FILE.' : ''}`,
  };
  if (json === true)
    io.out(
      `${JSON.stringify({ result: kind, signed_by: signedBy, trusted: trusted !== undefined, made_by: made ?? null })}\n`,
    );
  else io.out(`${verdicts[kind]}\n`);
  if (kind !== 'genuine') io.exitCode(1);
}

function fileText(file: string, io: CommandIo): string {
  try {
    return readFileSync(resolve(io.cwd, file), 'utf8');
  } catch (cause) {
    throw new CommandError(`The file ${file} cannot be read: ${(cause as NodeJS.ErrnoException).code}.`, 2, {
      cause,
    });
  }
}

function monthOf(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text))
    throw new InvalidArgumentError('give a year and a month, e.g. 2026-11.');
  return text;
}

function dateOf(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('give an ISO date, e.g. 2026-11-01.');
  return at;
}
