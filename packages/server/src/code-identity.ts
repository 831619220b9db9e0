import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** What this installation runs, recorded with every run and part of every cache key. */
export interface CodeIdentity {
  /** Commit of a git checkout, or what the configuration says; absent when neither is known. */
  readonly codeCommit?: string;
  /** Whether the checkout differs from the commit. */
  readonly dirty?: boolean;
  /** The difference itself, when there is one of at most 4 MiB. */
  readonly diff?: Uint8Array;
  /** Digest over the runtime's version and the lock file: the same digest means the same packages. */
  readonly environmentDigest: string;
}

const largestDiff = 4 * 1024 * 1024;
const execute = promisify(execFile);

/** Reads the identity once, at start. A checkout without git, or no checkout, simply has no commit. */
export async function readCodeIdentity(options: {
  directory: string;
  configuredCommit: string | undefined;
  nodeVersion: string;
}): Promise<CodeIdentity> {
  const environmentDigest = digestEnvironment(options.directory, options.nodeVersion);
  if (options.configuredCommit !== undefined)
    return { codeCommit: options.configuredCommit, dirty: false, environmentDigest };
  const git = async (...args: string[]): Promise<Buffer | undefined> => {
    const words = ['-C', options.directory, ...args];
    try {
      return (await execute('git', words, { encoding: 'buffer', maxBuffer: largestDiff })).stdout;
    } catch {
      return undefined;
    }
  };
  const codeCommit = (await git('rev-parse', 'HEAD'))?.toString().trim();
  if (codeCommit === undefined) return { environmentDigest };
  const diff = await git('diff', 'HEAD', '--no-ext-diff', '--', '.');
  // A difference too large to keep is still a difference.
  if (diff === undefined) return { codeCommit, dirty: true, environmentDigest };
  return { codeCommit, dirty: diff.length > 0, ...(diff.length > 0 ? { diff } : {}), environmentDigest };
}

function digestEnvironment(directory: string, nodeVersion: string): string {
  const hash = createHash('sha256').update(nodeVersion);
  for (let folder = directory; ; folder = dirname(folder)) {
    const lock = join(folder, 'package-lock.json');
    if (existsSync(lock)) hash.update(readFileSync(lock));
    if (existsSync(lock) || folder === dirname(folder)) return `sha256:${hash.digest('hex')}`;
  }
}
