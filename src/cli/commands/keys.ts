import { setTimeout as pause } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { presentKey } from '../../http/index.ts';
import { type Identity, type KeyInfo, openIdentity, type Role } from '../../identity/index.ts';
import { createIdSource, formatUsd, nanoPerUsd, systemClock } from '../../std/index.ts';
import { openSqliteStore } from '../../storage/index.ts';
import type { CommandIo } from '../io.ts';
import { findConfig, findDataFolder } from '../place.ts';

interface CreateOptions {
  name: string;
  role: Role;
  project?: string;
  models?: string[];
  requestsPerMinute?: number;
  concurrentRequests?: number;
  budgetUsdPerDay?: number;
  expires?: Date;
  dataDir?: string;
  json?: boolean;
}

interface PlaceOptions {
  dataDir?: string;
  json?: boolean;
}

const dataDirHelp = 'data folder of the gateway (default: as for serve)';

/** A running gateway looks for changes of the keys four times a second; a command returns when it has surely seen its own. */
const noticedMs = 600;

/** Keys are made in the data folder itself, whether or not a gateway runs. */
export function register(program: Command, io: CommandIo): void {
  const keys = program.command('keys').description('Make, list and revoke keys');
  keys
    .command('create')
    .description('Make a key; its secret is printed once')
    .requiredOption('--name <text>', 'what the key is for')
    .addOption(new Option('--role <role>', 'what it may do').choices(['admin', 'caller']).default('caller'))
    .option('--project <name>', 'project its use is counted under')
    .option(
      '--models <names...>',
      'models and routes it may call, with spaces or commas between; * stands for any characters',
    )
    .option('--requests-per-minute <n>', 'rate limit', positive)
    .option('--concurrent-requests <n>', 'requests that may run at once', positive)
    .option('--budget-usd-per-day <usd>', 'money it may spend per UTC day', positive)
    .option('--expires <date>', 'ISO date from which it no longer works', dateOf)
    .option('--data-dir <folder>', dataDirHelp)
    .option('--json', 'print one JSON document')
    .action((options: CreateOptions) => create(options, io));
  keys
    .command('list')
    .description('List all keys, revoked ones too')
    .option('--data-dir <folder>', dataDirHelp)
    .option('--json', 'print one JSON document')
    .action((options: PlaceOptions) => list(options, io));
  keys
    .command('revoke <id>')
    .description('Revoke a key at once')
    .option('--data-dir <folder>', dataDirHelp)
    .option('--json', 'print one JSON document')
    .action((id: string, options: PlaceOptions) => revoke(id, options, io));
}

function create(options: CreateOptions, io: CommandIo): Promise<void> {
  return withIdentity(options, io, async (identity) => {
    const { budgetUsdPerDay } = options;
    const { key, secret } = await identity.createKey({
      name: options.name,
      role: options.role,
      project: options.project,
      models: options.models
        ?.flatMap((names) => names.split(','))
        .map((name) => name.trim())
        .filter((name) => name !== ''),
      limits: {
        requestsPerMinute: options.requestsPerMinute,
        concurrentRequests: options.concurrentRequests,
        budgetNanoPerDay:
          budgetUsdPerDay === undefined ? undefined : Math.round(budgetUsdPerDay * nanoPerUsd),
      },
      expiresAtMs: options.expires?.getTime(),
    });
    if (options.json === true) io.out(`${JSON.stringify({ ...presentKey(key), secret })}\n`);
    else io.out(`${secret}\n`);
    await pause(noticedMs);
    io.err(`Key ${key.id} (${key.name}) made. The secret is shown once; only its digest is stored.\n`);
  });
}

function list(options: PlaceOptions, io: CommandIo): Promise<void> {
  return withIdentity(options, io, async (identity) => {
    const keys = await identity.listKeys();
    if (options.json === true) {
      io.out(`${JSON.stringify({ data: keys.map(presentKey) })}\n`);
      return;
    }
    for (const key of keys) io.out(`${row(key)}\n`);
    if (keys.length === 0) io.err('There is no key yet: yumen keys create --name NAME\n');
  });
}

function revoke(id: string, options: PlaceOptions, io: CommandIo): Promise<void> {
  return withIdentity(options, io, async (identity) => {
    const key = await identity.revokeKey(id);
    await pause(noticedMs);
    if (options.json === true) io.out(`${JSON.stringify(presentKey(key))}\n`);
    else io.out(`Key ${key.id} (${key.name}) is revoked.\n`);
  });
}

async function withIdentity(
  options: { dataDir?: string },
  io: CommandIo,
  use: (identity: Identity) => Promise<void>,
): Promise<void> {
  const dataFolder = findDataFolder(options, findConfig({}, io), io);
  const store = await openSqliteStore({ dataFolder });
  try {
    const identity = await openIdentity({
      store: store.keys,
      clock: systemClock,
      ids: createIdSource(systemClock),
    });
    try {
      await use(identity);
    } finally {
      identity.close();
    }
  } finally {
    await store.close();
  }
}

function row(key: KeyInfo): string {
  const state = key.revokedAtMs === undefined ? 'active' : 'revoked';
  const budget = key.limits.budgetNanoPerDay;
  const money = budget === undefined ? '' : `  $${formatUsd(budget).replace(/0+$/, '0')}/day`;
  return `${key.id}  ${key.prefix}…  ${key.role.padEnd(6)}  ${state.padEnd(7)}  ${key.name}${money}`;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('give a number above 0.');
  return value;
}

function dateOf(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new InvalidArgumentError('give an ISO date such as 2027-01-31.');
  return date;
}
