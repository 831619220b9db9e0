import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
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
  let wanted: ReadonlySet<string> = new Set();
  let forgetting: Promise<void> = Promise.resolve();

  /** Away from this thread: the room of a large file is not given back in a moment. */
  async function forgetOthers(): Promise<void> {
    for (const name of readdirSync(directory))
      if (!wanted.has(name) && !name.endsWith(unfinished))
        await unlink(join(directory, name)).catch(() => {});
  }

  return {
    async read(bundle, name) {
      const file = bundle.files.find((candidate) => candidate.name === name);
      if (file === undefined)
        throw new Error(`The bundle of ${bundle.model} version ${bundle.version} has no ${name}.`);
      // What is being forgotten may be what is wanted again.
      await forgetting;
      const path = join(directory, file.digest.slice('sha256:'.length));
      const kept = await readFile(path).catch(() => undefined);
      if (kept !== undefined && (await digestOf(kept)) === file.digest) return kept;
      const near = elsewhere && (await readFile(join(elsewhere, basename(path))).catch(() => undefined));
      if (near && (await digestOf(near)) === file.digest) return near;
      if (fetchFile === undefined) throw new Error(`The file ${name} (${file.digest}) is not in the cache.`);
      const bytes = await fetchFile(bundle, name);
      const digest = await digestOf(bytes);
      if (digest !== file.digest)
        throw new Error(`The file ${name} came with the digest ${digest}, not ${file.digest}.`);
      // Two that fetch the same file, and one that tidies up meanwhile, do not meet.
      writes += 1;
      const partial = `${path}.${writes}${unfinished}`;
      await writeFile(partial, bytes, { mode: 0o600 });
      await rename(partial, path);
      return bytes;
    },
    keepOnly(bundles) {
      wanted = new Set(
        bundles.flatMap((bundle) => bundle.files.map((file) => file.digest.slice('sha256:'.length))),
      );
      forgetting = forgetting.then(forgetOthers);
    },
  };
}

const sliceBytes = 2 * 1024 * 1024;

/** Others are answered on this thread while a large file is read through. */
async function digestOf(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    if (start > 0) await turn();
    hash.update(bytes.subarray(start, start + sliceBytes));
  }
  return `sha256:${hash.digest('hex')}`;
}
