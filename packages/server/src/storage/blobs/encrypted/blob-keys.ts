import { readFileSync, type Stats, statSync } from 'node:fs';
import type * as Yaml from 'yaml';
import { esteiraError } from '../../../kernel/errors.ts';
import { loadWhenUsed } from '../../../kernel/load-when-used.ts';

const yaml = loadWhenUsed<typeof Yaml>('yaml');

/** The keys that wrap the data keys of blobs. */
export interface BlobKeys {
  /** The id of the key for what is stored from now on. */
  active(): string;
  /** The 32 bytes of a key; the file is read again when the id is new to this process. */
  find(id: string): Buffer | undefined;
  /** Every id of the file, the active one first. */
  ids(): readonly string[];
  /** Reads the file again. Throws BAD_CONFIG and keeps what it had. */
  reload(): void;
}

interface KeyFile {
  readonly active: string;
  readonly keys: ReadonlyMap<string, Buffer>;
}

/**
 * Reads the key file (YAML or JSON: `active: <id>` and `keys: {<id>: <32 bytes in base64>}`). Throws BAD_CONFIG when it is
 * missing, when others than its owner may read it, or when it is not such a file; never with what is in it.
 */
export function openBlobKeys(path: string): BlobKeys {
  let file = readKeyFile(path);
  let modified = statKeyFile(path).mtimeMs;

  function reload(): void {
    file = readKeyFile(path);
    modified = statKeyFile(path).mtimeMs;
  }

  return {
    active: () => file.active,
    find(id) {
      const known = file.keys.get(id);
      if (known === undefined && statKeyFile(path).mtimeMs !== modified) reload();
      return known ?? file.keys.get(id);
    },
    ids: () => [file.active, ...[...file.keys.keys()].filter((id) => id !== file.active)],
    reload,
  };
}

export const keyIdPattern = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Also for the command that writes the file. */
export function readKeyFile(path: string): KeyFile {
  const stats = statKeyFile(path);
  if (!stats.isFile()) throw badKeyFile(path, 'it is no file');
  if ((stats.mode & 0o077) !== 0) {
    throw badKeyFile(path, `others than its owner may open it: run chmod 600 ${path}`);
  }
  const document = parseKeyFile(path);
  const { active, keys } = document as { active?: unknown; keys?: unknown };
  if (typeof keys !== 'object' || keys === null) throw badKeyFile(path, 'it has no map "keys"');
  const found = new Map<string, Buffer>();
  for (const [id, text] of Object.entries(keys)) {
    if (!keyIdPattern.test(id)) {
      throw badKeyFile(path, 'the id of a key is not of lower-case letters, digits and "-", 63 at most');
    }
    const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : undefined;
    if (bytes === undefined || bytes.length !== 32 || bytes.toString('base64') !== text) {
      throw badKeyFile(path, `the key "${id}" is not 32 bytes in base64`);
    }
    found.set(id, bytes);
  }
  if (typeof active !== 'string' || !found.has(active)) {
    throw badKeyFile(path, '"active" names none of its keys');
  }
  return { active, keys: found };
}

function statKeyFile(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw badKeyFile(path, 'it cannot be read', error);
  }
}

function parseKeyFile(path: string): object {
  let document: unknown;
  try {
    document = yaml().parse(readFileSync(path, 'utf8'), { prettyErrors: false });
  } catch (error) {
    // The parser's words quote the line, which may hold a key.
    throw badKeyFile(
      path,
      error instanceof Error && 'code' in error && error.code === 'EACCES'
        ? 'it cannot be read'
        : 'it is neither YAML nor JSON',
    );
  }
  if (typeof document !== 'object' || document === null) throw badKeyFile(path, 'it is no map');
  return document;
}

function badKeyFile(path: string, problem: string, cause?: unknown): Error {
  return esteiraError('BAD_CONFIG', { problem: `blobKeys: the key file ${path}: ${problem}` }, cause);
}
