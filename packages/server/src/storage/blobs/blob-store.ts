/**
 * The blob port: content addressed by SHA-256. What every engine promises:
 * - `put` streams: the content is hashed on its way to a temporary name and takes its final name only when complete and
 *   durable, so a crash or a full disk leaves nothing half-written (`STORAGE_FULL`).
 * - Content never changes under its digest; putting it twice stores it once, and counts as storing it anew: `storedAt` is
 *   then at most an hour old, and a `delete` with an older `storedBefore` that runs at the same time leaves it alone. So a
 *   sweep that frees only what nobody names and was stored longer ago than the longest way from `put` to the commit of its
 *   digest (and at least two hours) never frees what was just put.
 * - A whole `get` ends without an error only when its bytes had the digest.
 * - A directory is a Merkle tree: its digest is that of the canonical list of its entries.
 * Every method throws BLOBS_UNAVAILABLE when the engine cannot be reached or refuses.
 */
export interface BlobStore {
  /** Stores the bytes. Throws BLOB_DIGEST_MISMATCH when `expected` is given and differs, STORAGE_FULL when there is no room. */
  put(bytes: AsyncIterable<Uint8Array>, options?: { expected?: string }): Promise<StoredBlob>;
  /** Stores a file that was written below `temporaryDirectory`, and takes it away. */
  adopt(temporaryPath: string): Promise<StoredBlob>;
  /**
   * Streams the bytes, or those from `start` up to, but without, `end`; what lies behind the end of the content is left
   * out. Throws BLOB_NOT_FOUND, BLOB_DAMAGED, BLOB_KEY_MISSING.
   */
  get(digest: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  stat(digest: string): Promise<StoredBlob | undefined>;
  /**
   * A private local file with the content, for engines that read files. It stays for six hours after the last call that
   * named it: ask again for every use, do not keep the path. Throws BLOB_NOT_FOUND.
   */
  localFile(digest: string): Promise<string>;
  /** Stores the list of entries (sorted by name, names without separators) and returns the digest of the directory. */
  putDirectory(entries: readonly DirectoryEntry[]): Promise<StoredBlob>;
  getDirectory(digest: string): Promise<readonly DirectoryEntry[]>;
  /** A fresh private directory for files that will be adopted or thrown away. */
  temporaryDirectory(): Promise<string>;
  /**
   * Frees the content; with `storedBefore` (ms since 1970) only when it was stored before that, last time it was put.
   * False when it was left alone for that reason, or because another process is just freeing it.
   */
  delete(digest: string, options?: DeleteOptions): Promise<boolean>;
  /** The same for many, in as few requests as the engine allows. Returns those that `delete` would say true of. */
  deleteMany(digests: readonly string[], options?: DeleteOptions): Promise<ReadonlySet<string>>;
  /** Everything stored, in no promised order, streamed. What comes or goes meanwhile may be listed or not. */
  list(): AsyncIterable<ListedBlob>;
  /**
   * An address that gives the content to whoever knows it, for `seconds`; undefined where bytes must pass through this
   * process: files, and content that is encrypted at rest.
   */
  presignDownload(
    digest: string,
    options: { seconds: number; fileName?: string },
  ): Promise<string | undefined>;
  /** Throws BLOBS_UNAVAILABLE when the engine cannot be reached. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** `start` included, `end` not; both in bytes. */
export interface ByteRange {
  readonly start?: number;
  readonly end?: number;
}

export interface DeleteOptions {
  /** Milliseconds since 1970. */
  readonly storedBefore?: number;
}

export interface StoredBlob {
  /** `sha256:<64 hex>` */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

export interface ListedBlob extends StoredBlob {
  /** When it was last put, in milliseconds since 1970, by the clock of the engine. */
  readonly storedAt: number;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory';
  readonly digest: string;
  readonly size: number;
}
