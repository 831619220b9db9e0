import { join } from 'node:path';
import type { Config } from '@esteira/contracts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { RandomSource } from '../../kernel/random-source.ts';
import type { BlobStore } from './blob-store.ts';
import { openContentAddressedStore } from './content-addressed-store.ts';
import type { BlobKeyAdministration } from './encrypted/key-administration.ts';
import { openFilesystemObjectStorage } from './filesystem/filesystem-object-storage.ts';
import { openLocalCache } from './local-cache.ts';
import type { ObjectStorage } from './object-storage.ts';
import { plainLayout } from './plain-layout.ts';
import type { S3Settings } from './s3/s3-settings.ts';

type BlobConfig = Pick<
  Config,
  'blobsUrl' | 's3Endpoint' | 's3Region' | 's3AccessKey' | 's3SecretKey' | 'blobKeys'
>;

/**
 * Opens the blob store that the configuration names: in the bucket of `blobsUrl`, else in `directory`; encrypted when there
 * is a key file. `directory` is this process's own in any case: what is being written and local copies lie below it, unless
 * `scratch` is given: then `directory` may belong to another process, and is only read. Throws BAD_CONFIG naming the key,
 * BLOBS_UNAVAILABLE.
 */
export async function openBlobStore(options: {
  config: BlobConfig;
  directory: string;
  scratch?: string;
  /** The bucket, in place of that of the configuration. */
  bucket?: S3Settings;
  /** What is called must only read: nothing is written to a bucket, not even to see whether it could be. */
  readOnly?: boolean;
  clock: Clock;
  random: RandomSource;
  logger: Logger;
}): Promise<{ blobs: BlobStore; blobKeys?: BlobKeyAdministration }> {
  const { config, random } = options;
  const directory = options.scratch ?? options.directory;
  const objects = await openObjects(options);
  try {
    const plain = plainLayout(objects);
    const openCache = (keepBetweenRuns: boolean) =>
      openLocalCache({ ...options, directory: join(directory, 'cache'), keepBetweenRuns });
    if (config.blobKeys === undefined) {
      await refuseSealed(objects);
      const cache = objects.localPath === undefined ? { cache: await openCache(true) } : {};
      return { blobs: await openContentAddressedStore({ layout: plain, directory, random, ...cache }) };
    }
    const { openEncryption } = await import('./encrypted/open-encryption.ts');
    const { layout, administrationOf } = openEncryption({ path: config.blobKeys, objects, plain, random });
    const cache = await openCache(false);
    const blobs = await openContentAddressedStore({ layout, directory, cache, random });
    return { blobs, blobKeys: administrationOf(blobs) };
  } catch (error) {
    await objects.close();
    throw error;
  }
}

async function openObjects(options: Parameters<typeof openBlobStore>[0]): Promise<ObjectStorage> {
  const { blobsUrl } = options.config;
  if (options.bucket === undefined && blobsUrl === undefined)
    return await openFilesystemObjectStorage(options);
  const settings = options.bucket ?? (await settingsOf(options.config, blobsUrl ?? ''));
  const { openS3ObjectStorage } = await import('./s3/s3-object-storage.ts');
  return await openS3ObjectStorage({ ...options, settings });
}

async function settingsOf(config: BlobConfig, blobsUrl: string): Promise<S3Settings> {
  const { readS3Settings } = await import('./s3/s3-settings.ts');
  return readS3Settings(blobsUrl, config);
}

/** Without the keys, what is encrypted would look as if it had never been stored. */
async function refuseSealed(objects: ObjectStorage): Promise<void> {
  for await (const _ of objects.list('sealed')) {
    throw esteiraError('BAD_CONFIG', {
      problem: 'blobKeys: the stored content is encrypted; name the file with its keys',
    });
  }
}
