import { randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { silentLogger } from '../../../kernel/logger.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import { createS3Client } from './s3-client.ts';
import { createS3Objects } from './s3-objects.ts';
import type { S3Settings } from './s3-settings.ts';

/** A prefix of its own in the bucket that the environment names; undefined, after a loud line, when it names none. */
export function s3TestSettings(): S3Settings | undefined {
  const {
    ESTEIRA_TEST_S3_ENDPOINT: endpoint,
    ESTEIRA_TEST_S3_REGION: region,
    ESTEIRA_TEST_S3_ACCESS_KEY: accessKeyId,
    ESTEIRA_TEST_S3_SECRET_KEY: secretAccessKey,
    ESTEIRA_TEST_S3_BUCKET: bucket,
  } = process.env;
  if (!endpoint || !region || !accessKeyId || !secretAccessKey || !bucket) {
    process.on('exit', () => console.log('NOT RUN: object storage, for ESTEIRA_TEST_S3_* are not set'));
    return undefined;
  }
  return {
    endpoint,
    region,
    bucket,
    prefix: `test-${randomUUID()}/`,
    credentials: { accessKeyId, secretAccessKey },
  };
}

/** What lies below the prefix, past all that the product makes of it; names are those below the prefix. */
export function openTestBucket(settings: S3Settings) {
  const { bucket, prefix } = settings;
  const client = createS3Client(settings, silentLogger);
  const objects = createS3Objects({ client, bucket, random: systemRandom, logger: silentLogger });

  async function names(begin = ''): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of objects.listKeys(prefix + begin)) found.push(key.slice(prefix.length));
    return found;
  }

  return {
    names,
    async read(name: string): Promise<Buffer> {
      const found = await objects.open(prefix + name);
      if (found === undefined) throw new Error(`there is no object ${name}`);
      return Buffer.concat(await Array.fromAsync(found.bytes));
    },
    async write(name: string, bytes: Uint8Array | string): Promise<void> {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: prefix + name, Body: bytes }));
    },
    async erase(begin = ''): Promise<void> {
      await objects.erase((await names(begin)).map((name) => prefix + name));
    },
    close: () => client.destroy(),
  };
}

/** Keys of the configuration for blobs in the bucket. */
export function s3Flags(settings: S3Settings) {
  return {
    s3Endpoint: settings.endpoint,
    s3Region: settings.region,
    s3AccessKey: settings.credentials?.accessKeyId,
    s3SecretKey: settings.credentials?.secretAccessKey,
  };
}
