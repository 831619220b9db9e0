import { gunzipSync, inflateSync } from 'node:zlib';

/** How bytes are packed, by the name that HTTP and gRPC have for it (RFC 9110, section 8.4.1). */
export type Packing = 'gzip' | 'deflate';

/** The bytes unpacked, or why they cannot be: there are more than `limit` of them, or they are not packed so. */
export function unpackBytes(bytes: Buffer, packing: Packing, limit: number): Buffer | 'larger' | 'broken' {
  try {
    const options = { maxOutputLength: limit };
    return packing === 'gzip' ? gunzipSync(bytes, options) : inflateSync(bytes, options);
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? 'larger' : 'broken';
  }
}
