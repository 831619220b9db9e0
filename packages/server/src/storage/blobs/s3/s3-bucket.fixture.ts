import { randomUUID } from 'node:crypto';
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
