import { EsteiraError, esteiraError } from '../../../kernel/errors.ts';
import { errorCode, storageError } from '../storage-error.ts';

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
]);

const fullNames = new Set([
  'EntityTooLarge',
  'InsufficientStorage',
  'QuotaExceeded',
  'StorageFull',
  'XMinioStorageFull',
]);

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

/** The server does not know conditional writes. */
export function isNotImplemented(error: unknown): boolean {
  return statusOf(error) === 501;
}

/** It may go well a moment later. */
export function isTransient(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined && (status >= 500 || status === 429) && status !== 501 && status !== 507)
    return true;
  const code = errorCode(error);
  return transientNames.has(nameOf(error)) || (typeof code === 'string' && transientCodes.has(code));
}

/** What a caller of the port sees: STORAGE_FULL or BLOBS_UNAVAILABLE; errors of the table and of other code as they are. */
export function blobsError(error: unknown): unknown {
  if (error instanceof EsteiraError) return error;
  if (fullNames.has(nameOf(error)) || statusOf(error) === 507) return esteiraError('STORAGE_FULL', {}, error);
  // Errors of files of this machine name a path.
  if (error instanceof Error && 'path' in error) return storageError(error);
  return esteiraError('BLOBS_UNAVAILABLE', { problem: problemOf(error) }, error);
}

/**
 * The error of the first request of a server: BAD_CONFIG with the key to correct where that would help, else
 * BLOBS_UNAVAILABLE.
 */
export function startError(error: unknown, bucket: string): unknown {
  const name = nameOf(error);
  const status = statusOf(error);
  if (name === 'NoSuchBucket') {
    return esteiraError('BAD_CONFIG', { problem: `blobsUrl: there is no bucket "${bucket}"` }, error);
  }
  if (name === 'CredentialsProviderError') {
    return esteiraError('BAD_CONFIG', { problem: 's3AccessKey and s3SecretKey: there are none' }, error);
  }
  if (status === 301 || name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed') {
    return esteiraError('BAD_CONFIG', { problem: 's3Region: the bucket lies in another region' }, error);
  }
  if (status === 401 || status === 403 || /AccessKey|Signature|^XAdmin/.test(name)) {
    const problem = `s3AccessKey and s3SecretKey: the bucket "${bucket}" refuses them`;
    return esteiraError('BAD_CONFIG', { problem }, error);
  }
  if (status === undefined) {
    const problem = `nobody answers at s3Endpoint (${String(errorCode(error) ?? name)})`;
    return esteiraError('BLOBS_UNAVAILABLE', { problem }, error);
  }
  return blobsError(error);
}

function isUnreachable(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOTFOUND' || code === 'ECONNREFUSED' || code === 'EAI_AGAIN' || code === 'EHOSTUNREACH';
}

/** The name and status only: a server's own words may quote what was sent. */
function problemOf(error: unknown): string {
  if (isUnreachable(error)) return 'nobody answers at its address';
  const status = statusOf(error);
  if (nameOf(error) === 'NoSuchBucket') return 'the bucket is gone';
  if (status === 401 || status === 403) return 'it refuses the credentials of this server';
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
