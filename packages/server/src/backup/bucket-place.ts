import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { esteiraError } from '../kernel/errors.ts';
import { silentLogger } from '../kernel/logger.ts';
import type { RandomSource } from '../kernel/random-source.ts';
import { createS3Client } from '../storage/blobs/s3/s3-client.ts';
import { isRefusedByCondition, mapBucketErrors, startError } from '../storage/blobs/s3/s3-errors.ts';
import { createS3Objects } from '../storage/blobs/s3/s3-objects.ts';
import type { S3Settings } from '../storage/blobs/s3/s3-settings.ts';
import { createS3Upload } from '../storage/blobs/s3/s3-upload.ts';
import { someAtOnce } from '../storage/blobs/some-at-once.ts';
import { manifestText } from './archive-manifest.ts';
import { type BackupPlace, isArchiveName, placeMarker, type WritablePlace } from './backup-place.ts';
import { type BucketTurn, type TurnTiming, takeBucketTurn } from './bucket-turn.ts';

interface BucketOptions {
  readonly settings: S3Settings;
  /** `s3://bucket/prefix`, as people gave it. */
  readonly address: string;
  readonly random: RandomSource;
}

/**
 * Opens a prefix of a bucket to write archives to. The layout is that of a folder, so a copy of either is the other; but an
 * object cannot be renamed, so here an archive is whole when it has a manifest. Files are made in `scratch`, a local folder
 * of this process. Throws BAD_CONFIG naming the key, BACKUP_PLACE_UNAVAILABLE, BACKUP_PLACE_UNFIT when other objects lie
 * there or another process writes it.
 */
export async function openBucketForWriting(
  options: BucketOptions & { readonly scratch: string; readonly timing?: TurnTiming },
): Promise<WritablePlace> {
  const { settings, address, random } = options;
  const { bucket, prefix } = settings;
  const opened = openBucket(options);
  const { client, objects, mapErrors } = opened;
  const upload = createS3Upload({ client, bucket, random, replaces: true });
  let turn: BucketTurn;
  try {
    await claim();
    const key = `${prefix}writing`;
    const { timing } = options;
    turn = await takeBucketTurn({
      client,
      bucket,
      key,
      address,
      random,
      erase: objects.erase,
      ...(timing === undefined ? {} : { timing }),
    });
  } catch (error) {
    client.destroy();
    throw startError(error, bucket, settings.use);
  }

  async function claim(): Promise<void> {
    const { objects: files, folders } = await objects.listFolder(prefix);
    if (!files.includes(placeMarker)) {
      if (files.length + folders.length > 0)
        throw esteiraError('BACKUP_PLACE_UNFIT', { path: address, problem: 'there are other objects in it' });
      await objects.write(`${prefix}${placeMarker}`, Buffer.from('1\n'));
    }
    await objects.head(`${prefix}${placeMarker}`);
    // Nothing has this name: only the right to delete is asked for, without which nothing could be tidied up later.
    await objects.erase([`${prefix}${placeMarker}.not`]);
  }

  async function removeAll(folder: string): Promise<void> {
    const keys: string[] = [];
    for await (const { key } of objects.listKeys(`${prefix}${folder}/`)) keys.push(key);
    // Without its manifest it is listed no more, should the rest be cut short.
    const manifest = keys.filter((key) => key.endsWith('/manifest.json'));
    await objects.erase(manifest);
    await objects.erase(keys.filter((key) => !manifest.includes(key)));
  }

  async function putManifest(key: string, text: string): Promise<void> {
    const Body = Buffer.from(text);
    const ChecksumSHA256 = createHash('sha256').update(Body).digest('base64');
    const request = { Bucket: bucket, Key: key, Body, ContentLength: Body.length, ChecksumSHA256 };
    try {
      await client.send(new PutObjectCommand({ ...request, IfNoneMatch: '*' }));
    } catch (error) {
      if (!isRefusedByCondition(error)) throw error;
      // A request that was tried again meets what it wrote itself.
      const found = await objects.open(key);
      if (found !== undefined && Buffer.concat(await Array.fromAsync(found.bytes)).equals(Body)) return;
      const problem = 'there is an archive of the same name already';
      throw esteiraError('BACKUP_INCOMPLETE', { problem }, error);
    }
  }

  return {
    ...opened.place,
    lost: turn.lost,
    requireTurn: mapErrors(() => turn.require()),

    begin: mapErrors(async () => {
      const { folders } = await objects.listFolder(prefix);
      const whole = await opened.place.archives();
      for (const name of folders.filter(isArchiveName)) {
        if (!whole.includes(name)) await removeAll(name);
      }
    }),

    add: mapErrors(async (archive, file, write) => {
      const path = join(options.scratch, Buffer.from(random.bytes(16)).toString('hex'));
      try {
        const written = await write(path);
        const { size, digest } = written.file;
        const sha256 = Buffer.from(digest.slice('sha256:'.length), 'hex');
        await upload(`${prefix}${archive}/${file}`, { path, size, sha256 });
        return written;
      } finally {
        await rm(path, { force: true });
      }
    }),

    finish: mapErrors(async (manifest) => {
      await turn.require();
      await putManifest(`${prefix}${manifest.name}/manifest.json`, manifestText(manifest));
    }),

    // What cannot be removed now is by the next backup.
    abandon: (name) => removeAll(name).catch(() => undefined),
    remove: mapErrors(removeAll),

    async close() {
      // Where the bucket is away by now, the turn stands until the next backup has seen that nobody renews it.
      await turn.end().catch(() => undefined);
      client.destroy();
    },
  };
}

/** Opens archives below a prefix of a bucket to read; nothing is written. Throws BAD_CONFIG, ARCHIVE_NOT_FOUND, BACKUP_PLACE_UNAVAILABLE. */
export async function openBucketForReading(options: BucketOptions): Promise<BackupPlace> {
  const { settings, address } = options;
  const { client, objects, place } = openBucket(options);
  try {
    const { objects: files } = await objects.listFolder(settings.prefix);
    if (!files.includes(placeMarker)) throw esteiraError('ARCHIVE_NOT_FOUND', { place: address });
    return place;
  } catch (error) {
    client.destroy();
    throw startError(error, settings.bucket, settings.use);
  }
}

function openBucket({ settings, address, random }: BucketOptions) {
  const { bucket, prefix, use } = settings;
  const client = createS3Client(settings, silentLogger);
  const objects = createS3Objects({ client, bucket, random, logger: silentLogger, use });

  const mapErrors = mapBucketErrors(use);

  const place: BackupPlace = {
    address,

    archives: mapErrors(async () => {
      const { folders } = await objects.listFolder(prefix);
      const names = folders.filter(isArchiveName).sort();
      const manifests = await someAtOnce(names, 8, (name) => objects.head(`${prefix}${name}/manifest.json`));
      return names.filter((_, index) => manifests[index] !== undefined);
    }),

    read: mapErrors(async (archive, file) => (await objects.open(`${prefix}${archive}/${file}`))?.bytes),

    async close() {
      client.destroy();
    },
  };
  return { client, objects, place, mapErrors };
}
