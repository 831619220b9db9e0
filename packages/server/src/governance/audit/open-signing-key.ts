import { createPrivateKey, type KeyObject } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { esteiraError } from '../../kernel/errors.ts';
import type { RandomSource } from '../../kernel/random-source.ts';

// RFC 8410, section 7: everything before the 32 bytes of an Ed25519 seed in PKCS #8.
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The Ed25519 key that signs the heads of the audit log, made on first use at `path` (PEM, mode 0600). Keep a copy apart
 * from the data: who holds the key can sign another history. Throws BAD_CONFIG where the file holds no such key.
 */
export async function openSigningKey(path: string, random: RandomSource): Promise<KeyObject> {
  try {
    return readKey(await readFile(path), path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const key = signingKeyOf(random.bytes(32));
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // A key cut short by a crash would never be read again, so it takes its name only when it is on disk.
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(key.export({ format: 'pem', type: 'pkcs8' }));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  return key;
}

/**
 * The key of an installation of several servers: the shared secret of 32 bytes is its seed. The first server to ask gives
 * its own file's key where it has one, as after a move to a shared database, else a new one.
 */
export async function openSharedSigningKey(
  path: string,
  random: RandomSource,
  openSecret: (name: string, make: () => Uint8Array) => Promise<Buffer>,
): Promise<KeyObject> {
  const given = await readFile(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  const make = () => (given === undefined ? random.bytes(32) : seedOfSigningKey(readKey(given, path)));
  return signingKeyOf(await openSecret('audit-signing-key', make));
}

function readKey(pem: Buffer, path: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // What is wrong with it says less than where it is.
  }
  throw esteiraError('BAD_CONFIG', {
    problem: `${path} holds no Ed25519 key; put the copy back that was kept of it`,
  });
}

/** The Ed25519 key of a seed of 32 bytes. */
export function signingKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
}

export function seedOfSigningKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
