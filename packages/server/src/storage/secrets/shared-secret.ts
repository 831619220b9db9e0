import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { RandomSource } from '../../kernel/random-source.ts';
import { type BlobKeys, openBlobKeys } from '../blobs/encrypted/blob-keys.ts';
import { unwrapKey, wrapKey } from '../blobs/encrypted/wrapped-key.ts';
import type { SqlDatabase, SqlReader } from '../sql/sql-database.ts';

interface SecretTables {
  shared_secrets: { name: string; value: string; key_id: string | null; created_at: number };
}

/** Secrets of 32 bytes that every server on a database has in common. */
export interface SharedSecrets {
  /**
   * The secret of that name; the first server to ask makes it. Where there is a key file it is stored wrapped with the
   * active key, and wrapped anew when another key has become active. Throws BAD_CONFIG when its key is not in the file.
   */
  open(name: string, make: () => Uint8Array): Promise<Buffer>;
}

export function createSharedSecrets(deps: {
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Key file that also encrypts stored content. */
  readonly keyFile: string | undefined;
}): SharedSecrets {
  const { database, clock, random } = deps;
  const keys = deps.keyFile === undefined ? undefined : openBlobKeys(deps.keyFile);

  function seal(name: string, secret: Uint8Array): { value: string; key_id: string | null } {
    const keyId = keys?.active();
    const key = keyId === undefined ? undefined : keys?.find(keyId);
    if (keyId === undefined || key === undefined) {
      return { value: Buffer.from(secret).toString('base64'), key_id: null };
    }
    const wrapped = wrapKey(secret, key, bindingOf(name, keyId), random);
    return { value: wrapped.toString('base64'), key_id: keyId };
  }

  return {
    async open(name, make) {
      let row = await find(database, name);
      if (row === undefined) {
        const sealed = seal(name, make());
        await database.transaction(async (tx) => {
          await tx
            .query<SecretTables>()
            .insertInto('shared_secrets')
            .values({ name, ...sealed, created_at: clock.now() })
            .onConflict((conflict) => conflict.column('name').doNothing())
            .execute();
        });
        // Another server may have been faster.
        row = await find(database, name);
      }
      if (row === undefined) throw new Error(`The shared secret ${name} has disappeared.`);
      const secret = unseal(name, row, keys);
      if (row.key_id === (keys?.active() ?? null)) return secret;
      const { value } = row;
      await database.transaction(async (tx) => {
        await tx
          .query<SecretTables>()
          .updateTable('shared_secrets')
          .set(seal(name, secret))
          .where('name', '=', name)
          .where('value', '=', value)
          .execute();
      });
      return secret;
    },
  };
}

function find(reader: SqlReader, name: string) {
  return reader
    .query<SecretTables>()
    .selectFrom('shared_secrets')
    .select(['value', 'key_id'])
    .where('name', '=', name)
    .executeTakeFirst();
}

function unseal(
  name: string,
  { value, key_id }: { value: string; key_id: string | null },
  keys: BlobKeys | undefined,
): Buffer {
  const bytes = Buffer.from(value, 'base64');
  if (key_id === null) return bytes;
  const key = keys?.find(key_id);
  if (key === undefined) {
    const problem = `blobKeys: the secrets of this installation are encrypted with the key "${key_id}"; name the file that has it`;
    throw esteiraError('BAD_CONFIG', { problem });
  }
  const secret = unwrapKey(bytes, key, bindingOf(name, key_id));
  if (secret === undefined) {
    const problem = `blobKeys: the key "${key_id}" does not open the secret "${name}" of this installation`;
    throw esteiraError('BAD_CONFIG', { problem });
  }
  return secret;
}

/** A wrapped secret opens under its own name only, and never as the key of a blob. */
function bindingOf(name: string, keyId: string) {
  return { keyId, digest: `secret:${name}`, bodyId: Buffer.alloc(0) };
}
