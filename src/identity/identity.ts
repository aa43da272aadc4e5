import { randomBytes } from 'node:crypto';
import { GatewayError } from '../protocol/index.ts';
import type { Clock, IdSource } from '../std/index.ts';
import { infoOf, type KeyInfo, type KeyRecord, type Principal, principalOf } from './key.ts';
import type { KeyStore } from './key-store.ts';
import { checkNewKey, type NewKey } from './new-key.ts';
import { presentedKeys, type RequestHeaders } from './presented-key.ts';
import { createSecret, digestOf, visiblePrefix } from './secret.ts';

const reloadRetryMs = 1000;
const presetKeyId = 'key_preset';
const presetCharsMin = 20;

export interface IdentityOptions {
  store: KeyStore;
  clock: Clock;
  ids: IdSource;
  random?: ((bytes: number) => Uint8Array) | undefined;
  /**
   * An admin key that the operator chose. It lives in memory only, under the id `key_preset`, so that giving another
   * one, or none, at the next start is all it takes to withdraw it.
   */
  presetAdminKey?: string | undefined;
}

export interface CreatedKey {
  key: KeyInfo;
  /** Shown once; it cannot be read back. */
  secret: string;
}

export interface IdentityHealth {
  ok: boolean;
  /** Since when changes of the keys could not be read; the keys known before go on working. */
  staleSinceMs: number | undefined;
}

/** Knows who calls. `authenticate` is synchronous: the keys are in memory and follow the store. */
export interface Identity {
  /**
   * Throws `missing_key` when no key is presented and `invalid_key` for any that may not be used. The answer is the same for an
   * unknown, a revoked and an expired key, and so is the work: one digest and one look-up.
   */
  authenticate(headers: RequestHeaders): Principal;
  /** Valid in this process when the promise resolves. Throws `invalid_request`. */
  createKey(input: NewKey): Promise<CreatedKey>;
  /** Refused in this process when the promise resolves. Throws `not_found`, and `invalid_request` for the preset key. */
  revokeKey(id: string): Promise<KeyInfo>;
  /** All stored keys, revoked and expired ones too, oldest first. */
  listKeys(): Promise<KeyInfo[]>;
  /** Whether some admin key works now; the first start makes one when not. */
  hasAdminKey(): boolean;
  health(): IdentityHealth;
  /** Stops following the store. */
  close(): void;
}

/** Loads the keys. Throws an Error when the preset key is too weak to be one, and what the store throws. */
export async function openIdentity(options: IdentityOptions): Promise<Identity> {
  const preset = options.presetAdminKey === undefined ? undefined : presetEntry(options.presetAdminKey);
  const identity = new StoredIdentity(options, preset);
  try {
    await identity.open();
  } catch (error) {
    identity.close();
    throw error;
  }
  return identity;
}

interface Entry {
  principal: Principal;
  expiresAtMs: number;
}

interface PresetEntry extends Entry {
  digest: string;
}

function presetEntry(secret: string): PresetEntry {
  if (secret.length < presetCharsMin || !/^[\x21-\x7e]+$/.test(secret)) {
    throw new Error(
      `The preset admin key must have at least ${presetCharsMin} printable ASCII characters without spaces. A good one is made by: openssl rand -hex 32`,
    );
  }
  const principal = Object.freeze({
    keyId: presetKeyId,
    name: 'preset admin key',
    role: 'admin',
    project: undefined,
    models: undefined,
    limits: Object.freeze({}),
  } as const);
  return { digest: digestOf(secret), principal, expiresAtMs: Number.POSITIVE_INFINITY };
}

class StoredIdentity implements Identity {
  readonly #store: KeyStore;
  readonly #clock: Clock;
  readonly #ids: IdSource;
  readonly #random: (bytes: number) => Uint8Array;
  readonly #preset: PresetEntry | undefined;
  readonly #stopFollowing: () => void;
  /** Keyed by the whole digest: a shortened one would let two secrets share an entry. */
  #entries = new Map<string, Entry>();
  /** Changes made here since the running reload began; its result may be older than they are. */
  #changedHere: KeyRecord[] = [];
  #reloading = false;
  #reloadWanted = false;
  #retryTimer: NodeJS.Timeout | undefined;
  #staleSinceMs: number | undefined;
  #closed = false;

  constructor(options: IdentityOptions, preset: PresetEntry | undefined) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#random = options.random ?? randomBytes;
    this.#preset = preset;
    this.#stopFollowing = options.store.onChange(() => void this.#reload());
  }

  /** The first load; unlike the later ones its failure is the caller's. */
  async open(): Promise<void> {
    this.#reloading = true;
    await this.#load();
    this.#reloading = false;
    if (this.#reloadWanted) void this.#reload();
  }

  async #load(): Promise<void> {
    this.#changedHere = [];
    const keys = await this.#store.list();
    const entries = new Map<string, Entry>();
    for (const key of [...keys, ...this.#changedHere]) put(entries, key);
    if (this.#preset !== undefined) entries.set(this.#preset.digest, this.#preset);
    this.#entries = entries;
  }

  authenticate(headers: RequestHeaders): Principal {
    const presented = presentedKeys(headers);
    const [secret] = presented;
    if (secret === undefined) {
      throw new GatewayError(
        'missing_key',
        'This endpoint needs a key: send it as `Authorization: Bearer …`, `x-api-key` or `x-goog-api-key`.',
      );
    }
    const entry = this.#entries.get(digestOf(secret));
    if (presented.length > 1 || entry === undefined || this.#clock.nowMs() >= entry.expiresAtMs) {
      throw new GatewayError(
        'invalid_key',
        'The key is not valid: use one that exists and is not revoked or expired.',
        {
          detail: presented.length > 1 ? 'The headers present different keys.' : undefined,
        },
      );
    }
    return entry.principal;
  }

  async createKey(input: NewKey): Promise<CreatedKey> {
    const nowMs = this.#clock.nowMs();
    checkNewKey(input, nowMs);
    const secret = createSecret(this.#random);
    const key: KeyRecord = {
      id: this.#ids('key'),
      digest: digestOf(secret),
      prefix: visiblePrefix(secret),
      name: input.name,
      role: input.role,
      project: input.project,
      models: input.models,
      limits: input.limits ?? {},
      createdAtMs: nowMs,
      expiresAtMs: input.expiresAtMs,
      revokedAtMs: undefined,
    };
    await this.#store.insert(key);
    this.#apply(key);
    return { key: infoOf(key), secret };
  }

  async revokeKey(id: string): Promise<KeyInfo> {
    if (id === presetKeyId) {
      throw new GatewayError(
        'invalid_request',
        'The preset admin key is not stored: change or unset the setting that gives it, and restart.',
      );
    }
    const key = await this.#store.revoke(id, this.#clock.nowMs());
    if (key === undefined) throw new GatewayError('not_found', 'There is no key with this id.');
    this.#apply(key);
    return infoOf(key);
  }

  async listKeys(): Promise<KeyInfo[]> {
    const keys = await this.#store.list();
    return keys.map(infoOf);
  }

  hasAdminKey(): boolean {
    const nowMs = this.#clock.nowMs();
    for (const { principal, expiresAtMs } of this.#entries.values()) {
      if (principal.role === 'admin' && nowMs < expiresAtMs) return true;
    }
    return false;
  }

  health(): IdentityHealth {
    return { ok: this.#staleSinceMs === undefined, staleSinceMs: this.#staleSinceMs };
  }

  close(): void {
    this.#closed = true;
    this.#stopFollowing();
    clearTimeout(this.#retryTimer);
  }

  #apply(key: KeyRecord): void {
    this.#changedHere.push(key);
    put(this.#entries, key);
  }

  /** At most one reload runs and at most one more waits, however many changes are announced. */
  async #reload(): Promise<void> {
    this.#reloadWanted = true;
    if (this.#reloading) return;
    this.#reloading = true;
    while (this.#reloadWanted && !this.#closed) {
      this.#reloadWanted = false;
      try {
        await this.#load();
        this.#staleSinceMs = undefined;
      } catch {
        // An unreachable store must not turn valid keys into refused ones: the known keys stay and the reload is tried again.
        this.#staleSinceMs ??= this.#clock.nowMs();
        this.#retryLater();
      }
    }
    this.#reloading = false;
  }

  #retryLater(): void {
    if (this.#closed) return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => void this.#reload(), reloadRetryMs);
    this.#retryTimer.unref();
  }
}

function put(entries: Map<string, Entry>, key: KeyRecord): void {
  if (key.revokedAtMs !== undefined) {
    entries.delete(key.digest);
    return;
  }
  entries.set(key.digest, {
    principal: principalOf(key),
    expiresAtMs: key.expiresAtMs ?? Number.POSITIVE_INFINITY,
  });
}
