import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPlaceBlobs, openPlaceForReading } from './archive-place.ts';
import {
  type ArchiveManifest,
  checkArchive,
  checkBlobs,
  type OnProgress,
  readManifest,
} from './backup/index.ts';
import { loadConfig } from './config.ts';
import type { Environment } from './kernel/environment.ts';

export interface ListedArchive {
  readonly name: string;
  /** Undefined when it cannot be read; `problem` says why. */
  readonly manifest: ArchiveManifest | undefined;
  /** What is wrong with it; undefined when nothing was found. */
  readonly problem: string | undefined;
}

/**
 * The archives of a folder or bucket, the oldest first. With `check`, every byte of them is read and compared. Throws
 * ARCHIVE_NOT_FOUND when it is no place of archives.
 */
export async function listArchives(options: {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  readonly from: string;
  readonly check: boolean;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}): Promise<readonly ListedArchive[]> {
  const { onProgress, signal } = options;
  const config = loadConfig(options);
  const place = await openPlaceForReading(config, options.from);
  const scratch = mkdtempSync(join(tmpdir(), 'esteira-archives-'));
  try {
    const placeBlobs = await openPlaceBlobs(config, options.from, { scratch, readOnly: true });
    const listed: ListedArchive[] = [];
    for (const name of await place.archives()) {
      let manifest: ArchiveManifest | undefined;
      let problem: string | undefined;
      try {
        manifest = await readManifest(place, name);
        const deps = { place, placeBlobs, manifest, onProgress, signal };
        if (options.check) {
          await checkArchive(deps);
          await checkBlobs(deps);
        }
      } catch (error) {
        signal.throwIfAborted();
        problem = error instanceof Error ? error.message : String(error);
      }
      listed.push({ name, manifest, problem });
    }
    await placeBlobs.close();
    return listed;
  } finally {
    await place.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}
