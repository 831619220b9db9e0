import { esteiraError } from '../../../kernel/errors.ts';
import { type BucketUse, blobBucket } from './bucket-use.ts';

/** Where the bucket is and who this server is to it. */
export interface S3Settings {
  readonly bucket: string;
  /** Empty, or ending in `/`. */
  readonly prefix: string;
  /** Undefined for AWS itself. */
  readonly endpoint?: string;
  readonly region: string;
  /** Undefined: the credentials that AWS gives the machine or the process. Read for each request: they may be replaced. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** What messages call it; blobs unless given. */
  readonly use?: BucketUse;
}

/** The settings of the bucket `s3://bucket/prefix` in the configuration. Throws BAD_CONFIG naming the key. */
export function readS3Settings(
  url: string,
  config: {
    readonly s3Endpoint?: string | undefined;
    readonly s3Region: string;
    readonly s3AccessKey?: string | undefined;
    readonly s3SecretKey?: string | undefined;
  },
  use: BucketUse = blobBucket,
): S3Settings {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]+)(?:\/([A-Za-z0-9!_.*'()/-]*))?$/.exec(url);
  if (match === null) {
    throw esteiraError('BAD_CONFIG', { problem: `${use.url}: an S3 URL reads s3://bucket/prefix` });
  }
  const parts = (match[2] ?? '').split('/').filter((part) => part !== '');
  if (parts.some((part) => part === '.' || part === '..')) {
    throw esteiraError('BAD_CONFIG', { problem: `${use.url}: the prefix holds "." or ".."` });
  }
  const { s3AccessKey: accessKeyId, s3SecretKey: secretAccessKey } = config;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw esteiraError('BAD_CONFIG', {
      problem: `${use.keys} belong together; only one is set`,
    });
  }
  return {
    bucket: match[1] ?? '',
    prefix: parts.length === 0 ? '' : `${parts.join('/')}/`,
    region: config.s3Region,
    use,
    ...(config.s3Endpoint === undefined ? {} : { endpoint: config.s3Endpoint }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : {
          credentials: {
            get accessKeyId() {
              return config.s3AccessKey ?? accessKeyId;
            },
            get secretAccessKey() {
              return config.s3SecretKey ?? secretAccessKey;
            },
          },
        }),
  };
}
