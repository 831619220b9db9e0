import { inferenceError, invalidRequest } from '../../inference-error.ts';
import { unpackBytes } from '../unpack-bytes.ts';

/** What bodies may be packed with, as `Accept-Encoding` tells it. */
export const acceptedCodings = 'gzip, deflate';

/**
 * A body as it was before `Content-Encoding` was applied, of at most `limit` bytes. Throws INFERENCE_CONTENT_ENCODING for a
 * coding that is not understood, INFERENCE_BODY_TOO_LARGE, INVALID_INFERENCE_REQUEST.
 */
export function decodeBody(body: Buffer, codings: string | undefined, limit: number): Buffer {
  const coding = (codings ?? '').trim().toLowerCase();
  if (coding === '' || coding === 'identity') return body;
  const packing = coding === 'x-gzip' ? 'gzip' : coding;
  if (packing !== 'gzip' && packing !== 'deflate')
    throw inferenceError('INFERENCE_CONTENT_ENCODING', { encoding: coding, accepted: acceptedCodings });
  const unpacked = unpackBytes(body, packing, limit);
  if (unpacked === 'larger') throw inferenceError('INFERENCE_BODY_TOO_LARGE', { limit });
  if (unpacked === 'broken') throw invalidRequest(`the body is not ${packing}, as its Content-Encoding says`);
  return unpacked;
}
