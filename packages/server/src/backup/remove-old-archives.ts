import { join } from 'node:path';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import { type BackupPlace, readManifest } from './backup-place.ts';
import { readLineFile } from './line-file.ts';

/**
 * Removes all but the newest archives of a place, then the blobs that none of those left names. Stops before it removes a
 * blob when an archive cannot be read: what it needs is not known then. Returns the names of what was removed.
 */
export async function removeOldArchives(
  place: BackupPlace,
  blobs: Pick<BlobStore, 'list' | 'delete'>,
  keep: number,
): Promise<readonly string[]> {
  const names = await place.archives();
  const old = names.slice(0, Math.max(0, names.length - Math.max(1, keep)));
  if (old.length === 0) return old;
  const needed = new Set<string>();
  for (const name of names.slice(old.length)) {
    const manifest = await readManifest(place, name);
    for (const { digest } of manifest.files) needed.add(digest);
    for await (const lines of readLineFile(
      join(place.path, name, manifest.blobs.file.path),
      manifest.blobs,
    )) {
      for (const line of lines) needed.add((JSON.parse(line) as [string, number])[0]);
    }
  }
  for (const name of old) await place.remove(name);
  for await (const { digest } of blobs.list()) {
    if (!needed.has(digest)) await blobs.delete(digest);
  }
  return old;
}
