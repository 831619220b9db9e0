import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parse } from 'yaml';
import type { CommandContext } from './command-context.ts';
import { CommandError, usageError } from './command-error.ts';

/** The text of a file; `-` is standard input. */
export async function readText(context: CommandContext, path: string): Promise<string> {
  if (path !== '-') return readFileOr(path, () => readFileSync(path, 'utf8'));
  const parts: Uint8Array[] = [];
  for await (const part of context.input) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString('utf8');
}

/** A map from a YAML or JSON file. What it must hold is checked by the server, which knows the schema. */
export async function readDocument<T>(context: CommandContext, path: string): Promise<T> {
  const text = await readText(context, path);
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw usageError(`${path} is not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw usageError(`${path} does not hold a map of keys.`);
  }
  return document as T;
}

/** The bytes of a file, never held whole; `-` is standard input. */
export async function openBytes(context: CommandContext, path: string): Promise<AsyncIterable<Uint8Array>> {
  if (path === '-') return context.input;
  const stream = createReadStream(path);
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', (error) => reject(unreadable(path, error)));
  });
  return stream;
}

/** The last part of a path, as the name to store a file under. */
export function fileNameOf(path: string): string {
  return path === '-' ? 'upload' : basename(path);
}

/**
 * Saves what arrives under a temporary name and renames it when it is whole, so that a broken download never looks like
 * a file. Returns the bytes written.
 */
export async function saveBytes(bytes: AsyncIterable<Uint8Array>, path: string): Promise<number> {
  const partial = `${path}.partial`;
  let written = 0;
  async function* counted(): AsyncIterable<Uint8Array> {
    for await (const part of bytes) {
      written += part.byteLength;
      yield part;
    }
  }
  try {
    await pipeline(counted, createWriteStream(partial));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return written;
}

function readFileOr<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Tells why a file cannot be read. */
export function unreadable(path: string, error: unknown): CommandError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new CommandError({
    code: 'FILE_UNREADABLE',
    what: `The file ${path} cannot be read: ${reason === 'ENOENT' ? 'it does not exist' : reason}.`,
    todo: 'check the path',
  });
}
