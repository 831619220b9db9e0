import { esteiraError } from '../../../kernel/errors.ts';

/** What a bucket is for, in the words of messages about it: keys of the configuration, and what is away when it is. */
export interface BucketUse {
  readonly url: string;
  readonly endpoint: string;
  readonly region: string;
  readonly keys: string;
  unavailable(problem: string, cause: unknown): Error;
}

export const blobBucket: BucketUse = {
  url: 'blobsUrl',
  endpoint: 's3Endpoint',
  region: 's3Region',
  keys: 's3AccessKey and s3SecretKey',
  unavailable: (problem, cause) => esteiraError('BLOBS_UNAVAILABLE', { problem }, cause),
};
