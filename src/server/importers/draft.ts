import type { DeploymentSettings } from '../../catalog/index.ts';
import type { DialectName } from '../../protocol/index.ts';
import type { BalanceStrategy } from '../../upstream/index.ts';
import type { ImportedEntry } from './report.ts';

/** What the schema takes as a weight. */
export const weightMax = 1_000_000;

/** An account at a vendor, as the source describes it. Values are plain, a token of a secret, or `${NAME}`. */
export interface Account {
  vendor: string;
  region?: string | undefined;
  baseUrl?: string | undefined;
  parameters?: { [name: string]: string } | undefined;
  dialect?: DialectName | undefined;
  keys: string[];
  aws?: { access_key_id: string; secret_access_key: string; session_token?: string | undefined } | undefined;
  google?: { credentials_file?: string | undefined } | undefined;
  /** What to call the provider. */
  label?: string | undefined;
}

/** One model at one account, under the name that clients of the source call. */
export interface DraftEntry {
  entry: ImportedEntry;
  /** The name that clients call; entries of one name are interchangeable. */
  group: string;
  /** The group is a route by itself and names no model. */
  groupIsRoute?: boolean | undefined;
  /** A name by which others may refer to this one entry. */
  id?: string | undefined;
  account: Account;
  /** The model's name at the vendor. */
  upstream: string;
  /** That name is not the vendor's own: the catalogue's is taken where it has one. */
  translated?: boolean | undefined;
  /** What model it is, where the source says so. */
  base?: string | undefined;
  kind?: DeploymentSettings['kind'];
  price?: DeploymentSettings['price'];
  limits?: DeploymentSettings['limits'];
  weight?: number | undefined;
  /** Lower is tried first. */
  order?: number | undefined;
  contextTokens?: number | undefined;
  outputTokensMax?: number | undefined;
  capabilities?: DeploymentSettings['capabilities'];
}

/** What an importer read: not yet providers, deployments and routes. */
export interface Draft {
  entries: DraftEntry[];
  /** Accounts that serve whatever is asked of them. */
  open: { entry: ImportedEntry; account: Account }[];
  /** Another name for a group. */
  aliases: { name: string; group: string; path: string }[];
  /** Groups that serve where one fails. */
  fallbacks: { group: string; to: string[]; path: string }[];
  balance?: BalanceStrategy | undefined;
  attemptsMax?: number | undefined;
  totalMs?: number | undefined;
  firstByteMs?: number | undefined;
}

export function emptyDraft(): Draft {
  return { entries: [], open: [], aliases: [], fallbacks: [] };
}
