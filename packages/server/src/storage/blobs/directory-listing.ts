import canonicalize from 'canonicalize';
import { esteiraError } from '../../kernel/errors.ts';
import type { DirectoryEntry } from './blob-store.ts';

/**
 * The bytes of a Merkle directory: the canonical JSON (RFC 8785) of its entries, sorted by name in UTF-16 code units, so
 * that equal content has one digest. Throws INVALID_REQUEST for a name that is empty, `.`, `..`, holds a separator or NUL,
 * or occurs twice.
 */
export function encodeDirectory(entries: readonly DirectoryEntry[]): Uint8Array {
  const sorted = entries.map(({ name, kind, digest, size }) => ({ name, kind, digest, size }));
  sorted.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (let index = 0; index < sorted.length; index++) {
    const name = sorted[index]?.name ?? '';
    if (!isEntryName(name)) {
      throw esteiraError('INVALID_REQUEST', {
        problem: `"${name}" cannot be the name of a file in a directory`,
      });
    }
    if (name === sorted[index - 1]?.name) {
      throw esteiraError('INVALID_REQUEST', { problem: `the name "${name}" occurs twice in a directory` });
    }
  }
  return Buffer.from(canonicalize(sorted) ?? '[]');
}

/** The entries; undefined when the bytes are not a directory. */
export function decodeDirectory(bytes: Uint8Array): readonly DirectoryEntry[] | undefined {
  try {
    const entries: unknown = JSON.parse(Buffer.from(bytes).toString());
    return Array.isArray(entries) && entries.every(isEntry) ? entries : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is DirectoryEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<Record<keyof DirectoryEntry, unknown>>;
  return (
    typeof entry.name === 'string' &&
    isEntryName(entry.name) &&
    (entry.kind === 'file' || entry.kind === 'directory') &&
    typeof entry.digest === 'string' &&
    typeof entry.size === 'number'
  );
}

function isEntryName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name) && name.isWellFormed();
}
