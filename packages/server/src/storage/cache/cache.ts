/**
 * The cache port: bytes under keys for a while, in front of a source of truth. What every engine promises:
 * - It never throws and never makes anybody wait for an engine that is away: what cannot be read is a miss, what cannot be
 *   written is not kept.
 * - An entry may vanish at any time, and one that was deleted while the engine was away may come back with it. So a key
 *   names content that never changes: whoever caches puts the version of the content into the key (a generation that the
 *   source of truth gives), and an old entry is never asked for again. `deleteMany` frees room and promises nothing else.
 * - Namespaces and keys are any bytes; entries of one namespace are never found in another.
 */
export interface Cache {
  /** Values in the order of the keys; undefined where there is none. */
  getMany(namespace: string, keys: readonly CacheKey[]): Promise<readonly (Uint8Array | undefined)[]>;
  setMany(
    namespace: string,
    entries: readonly CacheEntry[],
    options: { readonly ttlMs: number },
  ): Promise<void>;
  deleteMany(namespace: string, keys: readonly CacheKey[]): Promise<void>;
  /** Other processes find here what this one keeps, so it is worth writing what this one may never read. */
  readonly shared: boolean;
  /** Whether the engine answered last time. */
  available(): boolean;
  close(): Promise<void>;
}

export type CacheKey = string | Uint8Array;

interface CacheEntry {
  readonly key: CacheKey;
  readonly value: Uint8Array;
}
