import type { RandomSource } from '../../../kernel/random-source.ts';
import type { BlobLayout } from '../blob-layout.ts';
import type { BlobStore } from '../blob-store.ts';
import type { ObjectStorage } from '../object-storage.ts';
import { openBlobKeys } from './blob-keys.ts';
import { encryptedLayout } from './encrypted-layout.ts';
import { type BlobKeyAdministration, createKeyAdministration } from './key-administration.ts';
import { createKeyRecords } from './key-records.ts';

/** Encryption at rest over any object storage, with the keys of a file. Throws BAD_CONFIG. */
export function openEncryption(options: {
  path: string;
  objects: ObjectStorage;
  plain: BlobLayout;
  random: RandomSource;
}) {
  const keys = openBlobKeys(options.path);
  const records = createKeyRecords({ ...options, keys });
  return {
    layout: encryptedLayout({ ...options, keys, records }),
    administrationOf: ({ put }: BlobStore): BlobKeyAdministration =>
      createKeyAdministration({ ...options, keys, records, put }),
  };
}
