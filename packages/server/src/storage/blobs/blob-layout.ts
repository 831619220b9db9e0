import type { ByteRange, DeleteOptions, ListedBlob, StoredBlob } from './blob-store.ts';
import type { OpenedObject } from './object-storage.ts';

/** How blobs lie in an object storage: as they are, or sealed. Names are digests; what is no digest is not there. */
export interface BlobLayout {
  /** Writes the bytes, in the form they are stored in, to a new file at `path`, ready to be placed. */
  prepare(path: string, bytes: AsyncIterable<Uint8Array>): Promise<PreparedBlob>;
  /** The same of a file that is there already; `path` may be used for another form of it. */
  prepareFile(source: string, path: string): Promise<PreparedBlob>;
  /** `size` and range are those of the content. */
  open(digest: string, range?: ByteRange): Promise<OpenedObject | undefined>;
  sizeOf(digest: string): Promise<number | undefined>;
  list(): AsyncIterable<ListedBlob>;
  /** As the blob port's `deleteMany`. */
  remove(digests: readonly string[], options?: DeleteOptions): Promise<ReadonlySet<string>>;
  /** Where the content lies as a local file already. */
  localPath(digest: string): Promise<string | undefined>;
  presign(digest: string, options: { seconds: number; fileName?: string }): Promise<string | undefined>;
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface PreparedBlob extends StoredBlob {
  /** Stores it under its digest and takes the file away. */
  place(): Promise<void>;
}
