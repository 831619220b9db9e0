import type { ByteRange, DeleteOptions } from './blob-store.ts';

/**
 * What a blob engine gives: bytes under names of ASCII letters, digits, `-`, `.` and `/`, which it neither hashes nor reads.
 * An object is written once and never changes; a record is small and may be replaced. Errors of the engine are thrown as
 * BLOBS_UNAVAILABLE or STORAGE_FULL.
 */
export interface ObjectStorage {
  /**
   * Gives the complete local file the name, durably, and takes the file away. `kept` when an object was there already: it
   * stays, and counts as stored anew.
   */
  place(name: string, file: CompleteFile): Promise<'placed' | 'kept'>;
  /** Begins to read; the bytes must then be read or their iterator returned. Undefined when there is none. */
  open(name: string, range?: ByteRange): Promise<OpenedObject | undefined>;
  /** Bytes of the object. */
  sizeOf(name: string): Promise<number | undefined>;
  /** Everything below a folder (`sha256`), without touching what is read. */
  list(folder: string): AsyncIterable<ListedObject>;
  /** As the blob port's `deleteMany`, by names. */
  remove(names: readonly string[], options?: DeleteOptions): Promise<ReadonlySet<string>>;
  writeRecord(name: string, bytes: Uint8Array): Promise<void>;
  removeRecord(name: string): Promise<void>;
  /** Where the engine keeps the object as a local file of its own. */
  localPath?(name: string): Promise<string | undefined>;
  presign?(name: string, options: { seconds: number; fileName?: string }): Promise<string>;
  check(): Promise<void>;
  close(): Promise<void>;
}

/** A file that nobody writes to any longer. */
export interface CompleteFile {
  readonly path: string;
  readonly size: number;
  /** SHA-256 of its bytes. */
  readonly sha256: Uint8Array;
}

export interface OpenedObject {
  /** Bytes of the whole object, whatever range is read. */
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface ListedObject {
  readonly name: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly storedAt: number;
}
