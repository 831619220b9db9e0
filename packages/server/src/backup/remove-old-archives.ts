import type { BlobStore } from '../storage/blobs/blob-store.ts';
import { readManifest, type WritablePlace } from './backup-place.ts';
import { readLineFile } from './line-file.ts';

const freedAtOnce = 500;

/**
 * Removes all but the newest archives of a place, then the blobs that none of those left names. Stops before it removes a
 * blob when an archive cannot be read: what it needs is not known then. Returns the names of what was removed.
 */
export async function removeOldArchives(
  place: WritablePlace,
  blobs: Pick<BlobStore, 'list' | 'deleteMany'>,
  keep: number,
): Promise<readonly string[]> {
  const names = await place.archives();
  const old = names.slice(0, Math.max(0, names.length - Math.max(1, keep)));
  if (old.length === 0) return old;
  const needed = new Set<string>();
  for (const name of names.slice(old.length)) {
    const manifest = await readManifest(place, name);
    for (const { digest } of manifest.files) needed.add(digest);
    const list = manifest.blobs;
    for await (const lines of readLineFile(() => place.read(name, list.file.path), list)) {
      for (const line of lines) needed.add((JSON.parse(line) as [string, number])[0]);
    }
  }
  await place.requireTurn();
  for (const name of old) await place.remove(name);
  let unneeded: string[] = [];
  async function free(): Promise<void> {
    // Whoever has taken over writing may count on any of them.
    await place.requireTurn();
    await blobs.deleteMany(unneeded);
    unneeded = [];
  }
  for await (const { digest } of blobs.list()) {
    if (!needed.has(digest)) unneeded.push(digest);
    if (unneeded.length >= freedAtOnce) await free();
  }
  if (unneeded.length > 0) await free();
  return old;
}
