import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import type { BundleRef } from '@esteira/contracts';
import { moveUnlessThere } from './move-unless-there.ts';

/**
 * Lays the files of a bundle out as the folder they were, for models that are read by path. Returns the folder; one that is
 * there already is complete. Files can be read by every user: a model's process is nobody, and the folders above are private.
 * Throws an Error for a name that leads out of the folder.
 */
export async function layOutModel(
  directory: string,
  bundle: BundleRef,
  read: (name: string) => Promise<Uint8Array>,
): Promise<string> {
  const folder = join(directory, folderName(bundle));
  if (existsSync(folder)) return folder;
  // Two pipelines may have the same step.
  const unfinished = `${folder}.${randomUUID()}`;
  try {
    for (const { name } of bundle.files) {
      const path = placeBelow(unfinished, name);
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      await writeFile(path, await read(name), { mode: 0o644 });
    }
    chmodSync(unfinished, 0o755);
    moveUnlessThere(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** Forgets the folders of all other bundles. */
export function keepModelFolders(directory: string, bundles: readonly BundleRef[]): void {
  if (!existsSync(directory)) return;
  const kept = new Set(bundles.map(folderName));
  for (const name of readdirSync(directory)) {
    const [digest = ''] = name.split('.');
    if (!kept.has(digest)) rmSync(join(directory, name), { recursive: true, force: true });
  }
}

function folderName(bundle: BundleRef): string {
  return bundle.digest.slice('sha256:'.length);
}

function placeBelow(folder: string, name: string): string {
  const path = normalize(join(folder, name));
  if (!path.startsWith(folder + sep))
    throw new Error(`The bundle has a file ${name}, which lies outside of it.`);
  return path;
}
