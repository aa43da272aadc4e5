import type { NanoUsd } from '../std/index.ts';

/** `admin` may use the admin API and every model; `caller` may only send requests. */
export type Role = 'admin' | 'caller';

/** What a key may use; an absent field is unlimited. */
export interface KeyLimits {
  requestsPerMinute?: number | undefined;
  concurrentRequests?: number | undefined;
  /** Spending per UTC day. */
  budgetNanoPerDay?: NanoUsd | undefined;
}

/** A key as it is stored. The secret itself exists only in the answer that made it. */
export interface KeyRecord {
  /** `key_…`, time-ordered. */
  id: string;
  /** SHA-256 of the secret, 64 hex digits. */
  digest: string;
  /** The first characters of the secret, so that people can tell keys apart. */
  prefix: string;
  name: string;
  role: Role;
  project: string | undefined;
  /** Names or globs (`*` stands for any characters) of the models the key may call; undefined = all. */
  models: string[] | undefined;
  limits: KeyLimits;
  createdAtMs: number;
  expiresAtMs: number | undefined;
  revokedAtMs: number | undefined;
}

/** A key as it may be shown. */
export type KeyInfo = Omit<KeyRecord, 'digest'>;

/** Who calls. */
export interface Principal {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
  readonly project: string | undefined;
  readonly models: readonly string[] | undefined;
  readonly limits: Readonly<KeyLimits>;
}

export function principalOf(key: KeyInfo): Principal {
  return Object.freeze({
    keyId: key.id,
    name: key.name,
    role: key.role,
    project: key.project,
    models: key.models === undefined ? undefined : Object.freeze([...key.models]),
    limits: Object.freeze({ ...key.limits }),
  });
}

export function infoOf(key: KeyRecord): KeyInfo {
  const { digest: _, ...info } = key;
  return info;
}
