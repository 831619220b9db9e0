/**
 * The blob port: content addressed by SHA-256. What every engine promises:
 * - `put` streams: the content is hashed on its way to a temporary name and takes its final name only when complete and
 *   synced, so a crash or a full disk leaves nothing half-written (`STORAGE_FULL`).
 * - Content never changes under its digest; putting it twice stores it once.
 * - A directory is a Merkle tree: its digest is that of the canonical list of its entries.
 */
export interface BlobStore {
  /** Stores the bytes. Throws BLOB_DIGEST_MISMATCH when `expected` is given and differs, STORAGE_FULL when there is no room. */
  put(bytes: AsyncIterable<Uint8Array>, options?: { expected?: string }): Promise<StoredBlob>;
  /** Stores a file that was written below `temporaryDirectory`, by renaming it. */
  adopt(temporaryPath: string): Promise<StoredBlob>;
  /** Streams the bytes. Throws BLOB_NOT_FOUND. */
  get(digest: string): AsyncIterable<Uint8Array>;
  stat(digest: string): Promise<StoredBlob | undefined>;
  /** A private local file with the content, for engines that read files; valid until the process ends. Throws BLOB_NOT_FOUND. */
  localFile(digest: string): Promise<string>;
  /** Stores the list of entries (sorted by name, names without separators) and returns the digest of the directory. */
  putDirectory(entries: readonly DirectoryEntry[]): Promise<StoredBlob>;
  getDirectory(digest: string): Promise<readonly DirectoryEntry[]>;
  /** A fresh private directory for files that will be adopted or thrown away. */
  temporaryDirectory(): Promise<string>;
  delete(digest: string): Promise<void>;
}

export interface StoredBlob {
  /** `sha256:<64 hex>` */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory';
  readonly digest: string;
  readonly size: number;
}
