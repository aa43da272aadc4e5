/** Something that a provider keeps for us, and for whom it was made there. */
export interface ProviderObject {
  kind: 'file' | 'batch';
  /** The provider's id of it. */
  id: string;
  /** Who may see it, see `tenantOf`. */
  owner: string;
  /** Id of the configured provider that keeps it. */
  provider: string;
  /** Id of the key whose account has it; undefined where there was none, or it was not noted. */
  credential: string | undefined;
  createdAtMs: number;
}

/**
 * Which files and batches belong to whom. All tenants share the accounts at a provider, so ids alone would open everybody's. An
 * implementation passes `test/storage/provider-objects-conformance.ts`. Calls reject with GatewayError `store_unavailable`.
 */
export interface ProviderObjects {
  /** Resolves once they survive the process. One that is known already stays as it is. */
  put(objects: readonly ProviderObject[]): Promise<void>;
  find(owner: string, kind: ProviderObject['kind'], id: string): Promise<ProviderObject | undefined>;
  /** Those of the ids that are this owner's at this provider, in order. */
  owned(
    owner: string,
    kind: ProviderObject['kind'],
    provider: string,
    ids: readonly string[],
  ): Promise<ProviderObject[]>;
  /** Ids of the keys whose accounts have some of this owner's at this provider; `undefined` among them as in `ProviderObject`. */
  credentials(owner: string, kind: ProviderObject['kind'], provider: string): Promise<(string | undefined)[]>;
  /** The first of the ids that is known, but not as this owner's. */
  ofOthers(owner: string, kind: ProviderObject['kind'], ids: readonly string[]): Promise<string | undefined>;
  count(owner: string, kind: ProviderObject['kind']): Promise<number>;
  /** Forgets it; one that is not there is no error. */
  remove(owner: string, kind: ProviderObject['kind'], id: string): Promise<void>;
}
