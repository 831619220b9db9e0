import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BundleRef } from '@esteira/contracts';

/** Files of bundles on the local disk, named by their digest. */
export interface BundleCache {
  /** The bytes of a file, fetched when they are not here yet. Their digest is that of the bytes returned, not of a path. */
  read(bundle: BundleRef, name: string): Promise<Uint8Array>;
  /** Forgets every file that none of the bundles has. */
  keepOnly(bundles: readonly BundleRef[]): void;
}

const unfinished = '.new';

/**
 * Opens the cache below a directory. `fetchFile` is absent where there is no control plane to ask; `elsewhere` is the cache
 * of another process on this machine, which is looked into before.
 */
export function openBundleCache(
  directory: string,
  fetchFile: ((bundle: BundleRef, name: string) => Promise<Uint8Array>) | undefined,
  elsewhere?: string,
): BundleCache {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(directory)) if (name.endsWith(unfinished)) unlinkSync(join(directory, name));
  let writes = 0;
  return {
    async read(bundle, name) {
      const file = bundle.files.find((candidate) => candidate.name === name);
      if (file === undefined)
        throw new Error(`The bundle of ${bundle.model} version ${bundle.version} has no ${name}.`);
      const path = join(directory, file.digest.slice('sha256:'.length));
      const kept = await readFile(path).catch(() => undefined);
      if (kept !== undefined && digestOf(kept) === file.digest) return kept;
      const near = elsewhere && (await readFile(join(elsewhere, basename(path))).catch(() => undefined));
      if (near && digestOf(near) === file.digest) return near;
      if (fetchFile === undefined) throw new Error(`The file ${name} (${file.digest}) is not in the cache.`);
      const bytes = await fetchFile(bundle, name);
      if (digestOf(bytes) !== file.digest)
        throw new Error(`The file ${name} came with the digest ${digestOf(bytes)}, not ${file.digest}.`);
      // Two that fetch the same file, and one that tidies up meanwhile, do not meet.
      writes += 1;
      const partial = `${path}.${writes}${unfinished}`;
      await writeFile(partial, bytes, { mode: 0o600 });
      await rename(partial, path);
      return bytes;
    },
    keepOnly(bundles) {
      const kept = new Set(
        bundles.flatMap((bundle) => bundle.files.map((file) => file.digest.slice('sha256:'.length))),
      );
      for (const name of readdirSync(directory))
        if (!kept.has(name) && !name.endsWith(unfinished)) unlinkSync(join(directory, name));
    },
  };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
