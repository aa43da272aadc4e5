/** One answer with the conversation that led to it, as it is kept so that a later request can go on from it. */
export interface StoredResponse {
  /** The response's id, as the client saw it. */
  id: string;
  /** Who may see it, see `tenantOf`. */
  tenant: string;
  createdAtMs: number;
  /** Id of the provider that keeps it too and can go on from its id; undefined where only this store has it. */
  heldBy: string | undefined;
  /** JSON of the array of all items before the answer: the conversation so far and what was new. */
  input: string;
  /** JSON of the response object. */
  response: string;
}

/**
 * What outlives the process of the Responses API. An implementation passes `test/storage/response-store-conformance.ts`. Calls reject
 * with GatewayError `store_unavailable`.
 */
export interface ResponseStore {
  /** Resolves once it survives the process. A response that is known already is replaced. */
  put(response: StoredResponse): Promise<void>;
  find(tenant: string, id: string): Promise<StoredResponse | undefined>;
  /** The response whose answer holds an item with this id, the later one where several do. */
  findItem(tenant: string, itemId: string): Promise<StoredResponse | undefined>;
  /** Whether a response or an item of an answer with this id is anybody's, or was until it was removed. */
  isKnown(id: string): Promise<boolean>;
  /** Whether there was one. That there was, and nothing else of it, is remembered until it would have been pruned. */
  remove(tenant: string, id: string): Promise<boolean>;
  /** Forgets all that were made before a time, then the oldest of those that take more than `bytesMax` together. Tells how many. */
  prune(beforeMs: number, bytesMax: number): Promise<number>;
}
