import type { Account, DraftEntry } from './draft.ts';

/** An entry, and the model it turned out to be. */
export interface Placed {
  draft: DraftEntry;
  model: string;
  inCatalogue: boolean;
  /** Entries that say the same call once more, perhaps under another name. */
  also: DraftEntry[];
}

/** Entries that one provider serves: one account, and no model twice. */
export interface ProviderDraft {
  account: Account;
  /** The accounts that were merged, each with its own credential; one where none were. */
  accounts: { account: Account; weight?: number | undefined; limits?: DraftEntry['limits'] }[];
  placed: Placed[];
}

/** Sorts entries into as few providers as say the same. */
export function providersOf(placed: Placed[]): ProviderDraft[] {
  const slots = new Map<string, { account: Account; placed: Map<string, Placed> }>();
  for (const one of placed) {
    for (let number = 0; ; number += 1) {
      const key = JSON.stringify([addressKey(one.draft.account), credentialKey(one.draft.account), number]);
      const slot = slots.get(key) ?? { account: one.draft.account, placed: new Map<string, Placed>() };
      slots.set(key, slot);
      const before = slot.placed.get(one.model.toLowerCase());
      if (before === undefined) {
        slot.placed.set(one.model.toLowerCase(), one);
        break;
      }
      // The same call twice is one deployment; the same model under another name needs a provider of its own.
      if (before.draft.upstream === one.draft.upstream) {
        before.also.push(one.draft);
        break;
      }
    }
  }
  return merged(
    [...slots.values()].map((slot) => ({ account: slot.account, placed: [...slot.placed.values()] })),
  );
}

/** Accounts that differ in the key only and serve the same become one provider with several keys. */
function merged(slots: { account: Account; placed: Placed[] }[]): ProviderDraft[] {
  const providers: ProviderDraft[] = [];
  const bySignature = new Map<string, ProviderDraft>();
  for (const { account, placed } of slots) {
    const signature = signatureOf(account, placed);
    const known = signature === undefined ? undefined : bySignature.get(signature);
    const { weight, limits } = placed[0]?.draft ?? {};
    const own = { account, weight, limits };
    if (known === undefined) {
      const provider = { account, accounts: [own], placed };
      providers.push(provider);
      if (signature !== undefined) bySignature.set(signature, provider);
    } else {
      known.accounts.push(own);
      known.placed.push(...placed);
    }
  }
  return providers;
}

/** What accounts must have in common to be one provider; undefined where a merge would lose something. */
function signatureOf(account: Account, placed: Placed[]): string | undefined {
  if (account.keys.length !== 1) return undefined;
  const alone = placed.length === 1;
  const rows = placed.map(({ draft, model, also }) => {
    const {
      upstream,
      weight,
      limits,
      order,
      price,
      kind,
      contextTokens,
      outputTokensMax,
      capabilities,
      group,
    } = draft;
    const groups = [group, ...also.map((each) => each.group)];
    const shared = [
      model,
      upstream,
      groups,
      order,
      price,
      kind,
      contextTokens,
      outputTokensMax,
      capabilities,
    ];
    // Of a single model, the limits become those of the key.
    return JSON.stringify(alone ? shared : [...shared, weight, limits]);
  });
  if (!alone && placed.some(({ draft }) => draft.weight !== undefined || draft.limits !== undefined))
    return undefined;
  return JSON.stringify([addressKey(account), rows.sort()]);
}

/** Whether two accounts are one: the same address with the same credentials. */
export function sameAccount(one: Account, other: Account): boolean {
  return addressKey(one) === addressKey(other) && credentialKey(one) === credentialKey(other);
}

function addressKey({ vendor, region, baseUrl, parameters, dialect }: Account): string {
  return JSON.stringify([vendor, region, baseUrl, Object.entries(parameters ?? {}).sort(), dialect]);
}

function credentialKey({ keys, aws, google }: Account): string {
  return JSON.stringify([keys, aws, google]);
}
