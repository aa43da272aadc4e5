import { isObject } from '../protocol/index.ts';
import { type Balance, type Provider, serviceUrl } from '../providers/index.ts';
import type { Caller } from './caller.ts';
import { fault, ok, skipped, type Verdict } from './check.ts';

/** What the account has left, where the vendor's API tells it. */
export async function checkBalance(provider: Provider, caller: Caller): Promise<Verdict[]> {
  const { balance, name } = provider.vendor;
  if (balance === undefined) return [];
  const got = await caller.get(provider, serviceUrl(provider, balance, ''));
  if (got.kind === 'stopped') return [];
  if (got.kind !== 'answered' || got.head.status !== 200)
    return [skipped('balance', 'not checked: the provider did not tell the balance')];
  const given = at(got.body, balance.amount);
  if (given === null) return [ok('balance', 'without a limit')];
  const amount = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
  if (typeof amount !== 'number' || !Number.isFinite(amount))
    return [skipped('balance', 'not checked: the provider told the balance in an unknown form')];
  const shown = `${amount}${currencyOf(balance, got.body)}`;
  return [
    amount > 0
      ? ok('balance', `${shown} left`)
      : fault('balance', 'no-balance', `nothing is left: ${shown}`, `top up the account at ${name}`),
  ];
}

function currencyOf({ currency }: Balance, body: unknown): string {
  const name = currency === undefined || typeof currency === 'string' ? currency : at(body, currency);
  return typeof name === 'string' ? ` ${name}` : '';
}

function at(body: unknown, path: readonly (string | number)[]): unknown {
  let value: unknown = body;
  for (const step of path) {
    if (typeof step === 'number') value = Array.isArray(value) ? (value as unknown[])[step] : undefined;
    else value = isObject(value) ? value[step] : undefined;
  }
  return value;
}
