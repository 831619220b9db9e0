import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A file as it was: its path from a folder, bytes, time of change in ms, and digest. */
export type FileRecord = readonly [path: string, bytes: number, changedAt: number, sha256: string];

/** `bundle.json`: what the bundled program is, and every file it was made from. */
export interface Bundle {
  /** The Node it was made for, with the processor. */
  readonly node: string;
  /** From where the record lies to the root of the sources. */
  readonly root: string;
  /** From where the record lies to the bundled files. */
  readonly folder: string;
  /** The folder of the bundle before, from which programs may run. */
  readonly before?: string;
  /** The bundled file that stands for a source, by the source's path from the root. */
  readonly entries: Readonly<Record<string, string>>;
  /** From the root. */
  readonly sources: readonly FileRecord[];
  /** From `folder`. */
  readonly chunks: readonly FileRecord[];
}

export const bundleRecordName = 'bundle.json';
export const nodeOfBundle = `${process.version}-${process.arch}`;

/**
 * The bundle that lies in `place`, if it was made from the sources at `root` as they are now, by this Node; otherwise why it
 * cannot be taken. A file that was copied is looked into, one that was not is known by its size and time.
 */
export function findBundle(place: string, root: string): Bundle | { readonly problem: string } {
  try {
    const bundle = readRecord(place);
    if (bundle === undefined) return { problem: 'there is no bundle' };
    if (bundle.node !== nodeOfBundle) return { problem: `it was made for ${bundle.node}` };
    if (resolve(place, bundle.root) !== resolve(root))
      return { problem: `it was made from ${resolve(place, bundle.root)}` };
    const changed =
      firstChanged(bundle.chunks, join(place, bundle.folder)) ?? firstChanged(bundle.sources, root);
    return changed === undefined ? bundle : { problem: `${changed} has changed` };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** The record of the bundle in `place`, however old. */
export function readRecord(place: string): Bundle | undefined {
  const path = join(place, bundleRecordName);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Bundle) : undefined;
}

/** Throws when there is no such file. */
export function recordFile(folder: string, path: string): FileRecord {
  const full = join(folder, path);
  const { size, mtimeMs } = statSync(full);
  return [path, size, mtimeMs, digestOf(full)];
}

function firstChanged(files: readonly FileRecord[], folder: string): string | undefined {
  for (const [path, bytes, changedAt, sha256] of files) {
    const full = `${folder}/${path}`;
    const found = statSync(full, { throwIfNoEntry: false });
    if (found?.size !== bytes) return path;
    if (found.mtimeMs !== changedAt && digestOf(full) !== sha256) return path;
  }
  return undefined;
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
