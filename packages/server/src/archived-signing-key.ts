import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveEngines } from './archive-engines.ts';
import type { ArchiveManifest } from './backup/index.ts';
import { openSharedSigningKey, openSigningKey, seedOfSigningKey, signingKeyOf } from './governance/index.ts';
import { systemClock } from './kernel/clock.ts';
import { esteiraError } from './kernel/errors.ts';
import { systemRandom } from './kernel/random-source.ts';
import { openBlobKeys } from './storage/blobs/encrypted/blob-keys.ts';
import { unwrapKey, wrapKey } from './storage/blobs/encrypted/wrapped-key.ts';
import { createSharedSecrets } from './storage/secrets/shared-secret.ts';
import type { SqlDatabase } from './storage/sql/sql-database.ts';

/** The key that signs an installation's audit log: a file of its folder, or a secret of its servers. */
export async function findSigningKey(
  engines: ArchiveEngines,
  database: SqlDatabase,
  keyFile: string | undefined,
): Promise<KeyObject | undefined> {
  const path = signingKeyPath(engines.dataDirectory);
  if (engines.engine === 'sqlite') {
    return existsSync(path) ? await openSigningKey(path, systemRandom) : undefined;
  }
  const secrets = createSharedSecrets({ database, clock: systemClock, random: systemRandom, keyFile });
  const made = new Error('There is no key yet.');
  const make = (): never => {
    throw made;
  };
  try {
    return signingKeyOf(await secrets.open('audit-signing-key', make));
  } catch (error) {
    if (error !== made) throw error;
    // No server has started on the database since it was filled.
    return existsSync(path) ? await openSigningKey(path, systemRandom) : undefined;
  }
}

/** The key as an archive may hold it: wrapped with the active key of the key file. */
export function sealSigningKey(key: KeyObject, keyFile: string): ArchiveManifest['signingKey'] {
  const keys = openBlobKeys(keyFile);
  const keyId = keys.active();
  const wrapping = keys.find(keyId);
  if (wrapping === undefined) return null;
  const wrapped = wrapKey(seedOfSigningKey(key), wrapping, bindingOf(keyId), systemRandom);
  return { keyId, wrapped: wrapped.toString('base64') };
}

/** Throws SIGNING_KEY_MISSING when the key file does not open it. */
export function unsealSigningKey(
  sealed: NonNullable<ArchiveManifest['signingKey']>,
  keyFile: string,
): KeyObject {
  const wrapping = openBlobKeys(keyFile).find(sealed.keyId);
  const seed =
    wrapping && unwrapKey(Buffer.from(sealed.wrapped, 'base64'), wrapping, bindingOf(sealed.keyId));
  if (seed !== undefined) return signingKeyOf(seed);
  const problem = `the archive has it, wrapped with the key "${sealed.keyId}", which the key file does not hold`;
  throw esteiraError('SIGNING_KEY_MISSING', { problem });
}

/** Writes the key as PEM for its owner alone. */
export async function writeSigningKey(key: KeyObject, path: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await chmod(`${path}.new`, 0o600);
    await file.writeFile(key.export({ format: 'pem', type: 'pkcs8' }));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** Gives the key of a folder to all servers of its database, before one of them makes another. */
export async function shareSigningKey(
  engines: ArchiveEngines,
  database: SqlDatabase,
  keyFile: string | undefined,
): Promise<void> {
  if (engines.engine === 'sqlite') return;
  const secrets = createSharedSecrets({ database, clock: systemClock, random: systemRandom, keyFile });
  await openSharedSigningKey(signingKeyPath(engines.dataDirectory), systemRandom, secrets.open);
}

function signingKeyPath(dataDirectory: string): string {
  return join(dataDirectory, 'audit-signing-key.pem');
}

function bindingOf(keyId: string) {
  return { keyId, digest: 'archive:audit-signing-key', bodyId: Buffer.alloc(0) };
}
