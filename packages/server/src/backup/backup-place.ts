import { esteiraError } from '../kernel/errors.ts';
import { type ArchiveManifest, parseManifest } from './archive-manifest.ts';
import type { LineFile } from './line-file.ts';

/**
 * Where archives lie: a folder, or a prefix of a bucket. Every archive is a folder in it, `<name>/manifest.json` and what
 * that names; beside them, in `blobs/`, is the content they share. Whatever is listed is whole.
 */
export interface BackupPlace {
  /** To people: a path, or `s3://bucket/prefix`. */
  readonly address: string;
  /** Names of whole archives, the oldest first. */
  archives(): Promise<readonly string[]>;
  /** The bytes of a file of an archive; undefined when it is not there. */
  read(archive: string, file: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  close(): Promise<void>;
}

/** A place that this process alone writes to, until it is closed. */
export interface WritablePlace extends BackupPlace {
  /** Aborts when another process writes the place by now. */
  readonly lost: AbortSignal;
  /** Throws BACKUP_INCOMPLETE when another process writes the place by now. */
  requireTurn(): Promise<void>;
  /** Begins an archive; what interrupted ones left is removed. */
  begin(name: string): Promise<void>;
  /** Adds a file, which `write` makes under the local path that it is given, to the archive that was begun. */
  add(archive: string, file: string, write: (path: string) => Promise<LineFile>): Promise<LineFile>;
  /** Writes the manifest, as the last file: from then on the archive is listed. */
  finish(manifest: Omit<ArchiveManifest, 'digest'>): Promise<void>;
  /** Takes back an archive that was begun. */
  abandon(name: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Lies in every place of archives, and in nothing else. */
export const placeMarker = 'esteira-archives';

const namePattern = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/;

/** The name of an archive begun at a time (ms): names sort by time. */
export function archiveNameAt(time: number): string {
  return new Date(time).toISOString().replace(/[:.]/g, '-');
}

export function isArchiveName(name: string): boolean {
  return namePattern.test(name);
}

/** The manifest of an archive. Throws ARCHIVE_NOT_FOUND, ARCHIVE_DAMAGED, ARCHIVE_TOO_NEW. */
export async function readManifest(place: BackupPlace, name: string): Promise<ArchiveManifest> {
  const bytes = isArchiveName(name) ? await place.read(name, 'manifest.json') : undefined;
  if (bytes === undefined) throw esteiraError('ARCHIVE_NOT_FOUND', { place: `${place.address}/${name}` });
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return parseManifest(Buffer.concat(parts).toString());
}
