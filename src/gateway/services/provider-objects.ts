/** Something that a provider keeps for us, and for whom it was made there. */
export interface ProviderObject {
  kind: 'file' | 'batch';
  /** The provider's id of it. */
  id: string;
  /** Who may see it, see `ownerOf`. */
  owner: string;
  /** Id of the configured provider that keeps it. */
  provider: string;
  createdAtMs: number;
}

/**
 * Which files and batches belong to whom. All keys share one account at a provider, so ids alone would open everybody's. An
 * implementation passes `test/storage/provider-objects-conformance.ts`. Calls reject with GatewayError `store_unavailable`.
 */
export interface ProviderObjects {
  /** Resolves once they survive the process. One that is known already stays as it is. */
  put(objects: readonly ProviderObject[]): Promise<void>;
  find(owner: string, kind: ProviderObject['kind'], id: string): Promise<ProviderObject | undefined>;
  /** Those of the ids that are this owner's at this provider. */
  owned(
    owner: string,
    kind: ProviderObject['kind'],
    provider: string,
    ids: readonly string[],
  ): Promise<string[]>;
  count(owner: string, kind: ProviderObject['kind']): Promise<number>;
  /** Forgets it; one that is not there is no error. */
  remove(owner: string, kind: ProviderObject['kind'], id: string): Promise<void>;
}
