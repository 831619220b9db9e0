import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { descriptionFile } from '@esteira/contracts';
import { CommandError } from '../command-error.ts';
import { unreadable } from '../files.ts';
import type { DeploySource } from './deploy-source.ts';

/** A file of this machine, under the path that it has in the version. */
export interface LocalFile {
  readonly path: string;
  readonly file: string;
  readonly digest: string;
  /** What is sent in place of the file: the graph without its ZipMap. */
  readonly bytes: Uint8Array | undefined;
}

const mostFiles = 1_000;
const namesInVersion: Readonly<Record<string, string>> = {
  '.py': 'model.py',
  '.json': descriptionFile,
  '.pkl': 'model.pkl',
  '.pickle': 'model.pickle',
  '.joblib': 'model.joblib',
};

/** The files of a model with their digests; those that stand beside it in the version are given by their names there. */
export async function listLocalFiles(
  source: Extract<DeploySource, { kind: 'file' | 'folder' }>,
  beside: Readonly<Record<string, string | undefined>>,
): Promise<readonly LocalFile[]> {
  const files: { path: string; file: string }[] = [];
  if (source.kind === 'file') {
    const path = namesInVersion[extname(source.path).toLowerCase()] ?? 'model.onnx';
    files.push({ path, file: source.path });
  } else {
    for (const entry of await readdir(source.path, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      files.push({ path: file.slice(join(source.path, '/').length).replaceAll('\\', '/'), file });
    }
  }
  for (const [path, file] of Object.entries(beside)) if (file !== undefined) files.push({ path, file });
  if (files.length > mostFiles) {
    throw new CommandError({
      code: 'MODEL_NOT_REGISTRABLE',
      what: `The folder holds ${files.length} files; a model of at most ${mostFiles} is deployed.`,
      todo: 'give the folder of the model alone',
    });
  }
  const digested: LocalFile[] = [];
  for (const entry of files) {
    const bytes =
      source.kind === 'file' && entry.path === 'model.onnx' ? await unzipped(entry.file) : undefined;
    digested.push({ ...entry, bytes, digest: await digestOf(entry.file, bytes) });
  }
  return digested;
}

/** Probabilities in a ZipMap are no tensor; CatBoost writes its classifiers with one always. */
async function unzipped(file: string): Promise<Uint8Array | undefined> {
  const { withoutZipMap } = await import('@esteira/ml');
  try {
    return withoutZipMap(await readFile(file));
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw unreadable(file, error);
    // What is wrong with the graph is told by the server.
    return undefined;
  }
}

async function digestOf(file: string, bytes: Uint8Array | undefined): Promise<string> {
  const hash = createHash('sha256');
  if (bytes !== undefined) return `sha256:${hash.update(bytes).digest('hex')}`;
  try {
    for await (const part of createReadStream(file)) hash.update(part as Buffer);
  } catch (error) {
    throw unreadable(file, error);
  }
  return `sha256:${hash.digest('hex')}`;
}
