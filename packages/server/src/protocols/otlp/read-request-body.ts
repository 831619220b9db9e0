import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import { esteiraError } from '../../kernel/errors.ts';

/** Of a request, before and after it is unpacked: the bound that OpenTelemetry's own collector has. */
const limit = 64 * 1024 * 1024;

const unpack = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  'raw deflate': promisify(inflateRaw),
} as const;

/** The whole body, unpacked. Throws OTLP_TOO_LARGE, OTLP_ENCODING, OTLP_MALFORMED. */
export async function readRequestBody(
  bytes: AsyncIterable<Uint8Array>,
  contentType: string,
  encoding: string,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of bytes) {
    size += part.length;
    if (size > limit) throw esteiraError('OTLP_TOO_LARGE', { limit });
    parts.push(part);
  }
  const body = Buffer.concat(parts);
  if (encoding === '' || encoding === 'identity') return body;
  if (encoding === 'gzip') return unpacked(body, 'gzip');
  if (encoding !== 'deflate') throw esteiraError('OTLP_ENCODING', { contentType, encoding });
  // Some senders leave out the frame of zlib.
  const hasFrame = body.length > 1 && ((body[0] ?? 0) & 15) === 8 && body.readUInt16BE(0) % 31 === 0;
  return unpacked(body, hasFrame ? 'deflate' : 'raw deflate');
}

async function unpacked(body: Buffer, how: keyof typeof unpack): Promise<Buffer> {
  try {
    return await unpack[how](body, { maxOutputLength: limit });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      throw esteiraError('OTLP_TOO_LARGE', { limit }, error);
    throw esteiraError('OTLP_MALFORMED', { problem: 'it cannot be unpacked' }, error);
  }
}
