import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Tensor } from '../protocol/tensor.ts';
import type { RuntimeAnswers } from './ask-runtime.ts';

/** Which graph was asked, by its digest, and what. */
interface AskedGraph {
  readonly digest: string;
  readonly rows: readonly Tensor[];
}

/**
 * What the runtime answered for graphs, on the local disk, so that a process that comes back need not ask again. Kept under
 * the digest of the graph, the rows it was asked about, the version of the runtime and the processor; our own evaluator is
 * held against them at every start.
 */
export interface RuntimeArchive {
  find(asked: AskedGraph): Promise<RuntimeAnswers | undefined>;
  /** What cannot be written is asked again at the next start. */
  keep(asked: AskedGraph, answers: RuntimeAnswers): Promise<void>;
}

const most = 64;

/** Opens what is kept in a directory that this server alone may write; several of its processes may share it. */
export function openRuntimeArchive(directory: string): RuntimeArchive {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return {
    async find(asked) {
      const path = join(directory, nameOf(asked));
      try {
        const answers = deserialize(await readFile(path)) as RuntimeAnswers;
        const now = new Date();
        await utimes(path, now, now);
        return answers;
      } catch {
        // Not there, or not whole.
        return undefined;
      }
    },
    async keep(asked, answers) {
      const partial = join(directory, `${randomUUID()}.new`);
      try {
        await writeFile(partial, serialize(answers), { mode: 0o600 });
        await rename(partial, join(directory, nameOf(asked)));
        await forgetOldest(directory);
      } catch {
        await rm(partial, { force: true });
      }
    },
  };
}

function nameOf({ digest, rows }: AskedGraph): string {
  const circumstances = [digest, runtimeVersion(), process.arch, cpus()[0]?.model];
  return createHash('sha256').update(JSON.stringify(circumstances)).update(serialize(rows)).digest('hex');
}

function runtimeVersion(): string {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return version;
}

/** Those that were asked for longest ago, and what a process that ended left unfinished. */
async function forgetOldest(directory: string): Promise<void> {
  const files = [];
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined) files.push({ path, usedAt: found.mtimeMs });
  }
  files.sort((a, b) => b.usedAt - a.usedAt);
  for (const { path } of files.slice(most)) await rm(path, { force: true });
}
