import { EsteiraError, esteiraError } from '../../../kernel/errors.ts';
import { errorCode, storageError } from '../storage-error.ts';
import { type BucketUse, blobBucket } from './bucket-use.ts';

const transientCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

const transientNames = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'InternalError',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'OperationAborted',
  'ConditionalRequestConflict',
  'TimeoutError',
  'Throttling',
  'ThrottlingException',
  'BadDigest',
  // What versitygw says when another request removes the folder that it is just about to write into.
  'ExistingObjectIsDirectory',
]);

const fullNames = new Set([
  'EntityTooLarge',
  'InsufficientStorage',
  'QuotaExceeded',
  'StorageFull',
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
]);

/** What a server must be allowed for a request, by the names that policies of buckets use. */
const rights: Readonly<Record<string, string>> = {
  ListObjectsV2: 'list objects (s3:ListBucket)',
  HeadObject: 'read objects (s3:GetObject)',
  GetObject: 'read objects (s3:GetObject)',
  PutObject: 'write objects (s3:PutObject)',
  CreateMultipartUpload: 'write objects (s3:PutObject)',
  UploadPart: 'write objects (s3:PutObject)',
  CompleteMultipartUpload: 'write objects (s3:PutObject)',
  DeleteObject: 'delete objects (s3:DeleteObject)',
  DeleteObjects: 'delete objects (s3:DeleteObject)',
};
const requestOf = new WeakMap<Error, string>();

/** Remembers what was asked when it failed: a refusal alone does not say what it refuses. */
export function noteRequest(error: unknown, request: string | undefined): void {
  if (error instanceof Error && request !== undefined) requestOf.set(error, request.replace(/Command$/, ''));
}

/** There is no such object. A missing bucket is no missing object. */
export function isMissing(error: unknown): boolean {
  const name = nameOf(error);
  if (name === 'NoSuchKey' || name === 'NotFound') return true;
  return statusOf(error) === 404 && name !== 'NoSuchBucket' && !/^XAdmin/.test(name);
}

/** A condition of the request did not hold: there is such an object already, or another than the one asked for. */
export function isRefusedByCondition(error: unknown): boolean {
  return statusOf(error) === 412;
}

export function isOutOfRange(error: unknown): boolean {
  return statusOf(error) === 416;
}

/** The server does not know conditional writes, or deletions of many objects at once. */
export function isNotImplemented(error: unknown): boolean {
  const status = statusOf(error);
  return status === 501 || status === 405 || nameOf(error) === 'MissingContentMD5';
}

/** It may go well a moment later. */
export function isTransient(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined && (status >= 500 || status === 429) && status !== 501 && status !== 507)
    return true;
  const code = errorCode(error);
  return transientNames.has(nameOf(error)) || (typeof code === 'string' && transientCodes.has(code));
}

/**
 * What a caller sees: STORAGE_FULL, or that the bucket is unavailable (BLOBS_UNAVAILABLE for blobs); errors of the table and
 * of other code as they are.
 */
export function bucketError(error: unknown, use: BucketUse = blobBucket): unknown {
  if (error instanceof EsteiraError) return error;
  if (isFull(error)) return esteiraError('STORAGE_FULL', {}, error);
  // Errors of files of this machine name a path.
  if (error instanceof Error && 'path' in error) return storageError(error);
  return use.unavailable(problemOf(error), error);
}

/**
 * The error of the first requests of a server: BAD_CONFIG with the key to correct where that would help, else as
 * `bucketError`.
 */
export function startError(error: unknown, bucket: string, use: BucketUse = blobBucket): unknown {
  if (error instanceof EsteiraError) return error;
  const name = nameOf(error);
  const status = statusOf(error);
  if (isFull(error)) return bucketError(error, use);
  if (name === 'NoSuchBucket') {
    return esteiraError('BAD_CONFIG', { problem: `${use.url}: there is no bucket "${bucket}"` }, error);
  }
  if (name === 'CredentialsProviderError') {
    return esteiraError('BAD_CONFIG', { problem: `${use.keys}: there are none` }, error);
  }
  if (status === 301 || name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed') {
    return esteiraError('BAD_CONFIG', { problem: `${use.region}: the bucket lies in another region` }, error);
  }
  if (isRefusal(error)) {
    const right = refusedRight(error);
    const problem = right === undefined ? 'refuses them' : `does not let them ${right}`;
    return esteiraError('BAD_CONFIG', { problem: `${use.keys}: the bucket "${bucket}" ${problem}` }, error);
  }
  if (status === undefined) {
    const problem = `nobody answers at ${use.endpoint} (${String(errorCode(error) ?? name)})`;
    return use.unavailable(problem, error);
  }
  return bucketError(error, use);
}

function isFull(error: unknown): boolean {
  return fullNames.has(nameOf(error)) || statusOf(error) === 507;
}

function isUnreachable(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOTFOUND' || code === 'ECONNREFUSED' || code === 'EAI_AGAIN' || code === 'EHOSTUNREACH';
}

function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  return status === 401 || status === 403 || saysWho(error);
}

/** The keys themselves are not taken, whatever was asked. */
function saysWho(error: unknown): boolean {
  return /AccessKey|Signature|^XAdmin/.test(nameOf(error));
}

/** What the bucket does not let this server do; undefined when it does not know the server at all. */
function refusedRight(error: unknown): string | undefined {
  if (saysWho(error) || statusOf(error) !== 403 || !(error instanceof Error)) return undefined;
  return rights[requestOf.get(error) ?? ''];
}

/** The name and status only: a server's own words may quote what was sent. */
function problemOf(error: unknown): string {
  if (isUnreachable(error)) return 'nobody answers at its address';
  const status = statusOf(error);
  if (nameOf(error) === 'NoSuchBucket') return 'the bucket is gone';
  if (isRefusal(error)) {
    const right = refusedRight(error);
    return right === undefined
      ? 'it refuses the credentials of this server'
      : `it does not let this server ${right}`;
  }
  return status === undefined ? 'the connection broke' : `it answered ${status} (${nameOf(error)})`;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

/** Wraps work on a bucket, so that what goes wrong is told as an entry of the error table. */
export function mapBucketErrors(use: BucketUse | undefined) {
  return <A extends unknown[], R>(work: (...input: A) => Promise<R>): ((...input: A) => Promise<R>) =>
    async (...input) => {
      try {
        return await work(...input);
      } catch (error) {
        throw bucketError(error, use);
      }
    };
}
