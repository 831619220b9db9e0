import { join, resolve } from 'node:path';
import type { Config } from '@esteira/contracts';
import {
  type BackupPlace,
  openFolderForReading,
  openFolderForWriting,
  type WritablePlace,
} from './backup/index.ts';
import { systemClock } from './kernel/clock.ts';
import { esteiraError } from './kernel/errors.ts';
import { silentLogger } from './kernel/logger.ts';
import { systemRandom } from './kernel/random-source.ts';
import type { BlobStore } from './storage/blobs/blob-store.ts';
import { openBlobStore } from './storage/blobs/open-blob-store.ts';
import type { BucketUse } from './storage/blobs/s3/bucket-use.ts';
import { readS3Settings, type S3Settings } from './storage/blobs/s3/s3-settings.ts';

/** Opens archives in a folder, or in a bucket (`s3://bucket/prefix`). Throws as `openFolderForReading` and `openBucketForReading`. */
export async function openPlaceForReading(config: Config, address: string): Promise<BackupPlace> {
  if (!isBucket(address)) return await openFolderForReading(address);
  const { openBucketForReading } = await import('./backup/bucket-place.ts');
  const settings = archiveSettings(config, address);
  return await openBucketForReading({ settings, address, random: systemRandom });
}

/** Opens a place to write archives to; what goes to a bucket is made in `scratch` first. Throws as `openFolderForWriting` and `openBucketForWriting`. */
export async function openPlaceForWriting(
  config: Config,
  address: string,
  scratch: string,
): Promise<WritablePlace> {
  if (!isBucket(address)) return await openFolderForWriting(address);
  const { openBucketForWriting } = await import('./backup/bucket-place.ts');
  const settings = archiveSettings(config, address);
  return await openBucketForWriting({ settings, address, random: systemRandom, scratch });
}

/**
 * The blobs that the archives of a place share: sealed with the keys of the installation where it has some. `scratch` is a
 * folder of this process. Who only reads leaves the place as it is.
 */
export async function openPlaceBlobs(
  config: Config,
  address: string,
  use: { readonly scratch: string; readonly readOnly: boolean },
): Promise<BlobStore> {
  const { blobKeys, s3Region } = config;
  const inFolder = !isBucket(address);
  // Files are renamed into place, so what is being written must lie beside them.
  const ownScratch = inFolder && !use.readOnly ? {} : { scratch: use.scratch };
  const bucket = inFolder ? {} : { bucket: archiveSettings(config, address, 'blobs/') };
  const { blobs } = await openBlobStore({
    config: { s3Region, blobKeys },
    directory: inFolder ? join(resolve(address), 'blobs') : use.scratch,
    ...ownScratch,
    ...bucket,
    readOnly: use.readOnly,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
  return blobs;
}

function isBucket(address: string): boolean {
  return address.startsWith('s3://');
}

/** What is not set for archives apart is what it is for blobs; the two keys belong together. */
function archiveSettings(config: Config, address: string, below = ''): S3Settings {
  const own = config.backupS3AccessKey !== undefined || config.backupS3SecretKey !== undefined;
  const use: BucketUse = {
    url: address,
    endpoint: config.backupS3Endpoint === undefined ? 's3Endpoint' : 'backupS3Endpoint',
    region: config.backupS3Region === undefined ? 's3Region' : 'backupS3Region',
    keys: own ? 'backupS3AccessKey and backupS3SecretKey' : 's3AccessKey and s3SecretKey',
    unavailable: (problem, cause) =>
      esteiraError('BACKUP_PLACE_UNAVAILABLE', { path: address, problem }, cause),
  };
  const settings = readS3Settings(
    address,
    {
      s3Endpoint: config.backupS3Endpoint ?? config.s3Endpoint,
      s3Region: config.backupS3Region ?? config.s3Region,
      s3AccessKey: own ? config.backupS3AccessKey : config.s3AccessKey,
      s3SecretKey: own ? config.backupS3SecretKey : config.s3SecretKey,
    },
    use,
  );
  return { ...settings, prefix: `${settings.prefix}${below}` };
}
