import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Bytes of content in a frame. */
export const frameSize = 1 << 20;
const tagSize = 16;
const sealedFrameSize = frameSize + tagSize;
const magic = Buffer.from('ESTBLOB');
const version = 1;
const bodyIdSize = 16;
const keyIdSize = 64;
/** Magic, version, body id, key id filled up with zeros. */
export const headerSize = magic.length + 1 + bodyIdSize + keyIdSize;

export interface SealedHeader {
  /** Names the data key of these very bytes: the same content sealed twice has two. */
  readonly bodyId: Buffer;
  /** The key that wrapped the data key when the content was stored; it may have been re-wrapped since. */
  readonly keyId: string;
}

export function encodeHeader({ bodyId, keyId }: SealedHeader): Buffer {
  const header = Buffer.alloc(headerSize);
  magic.copy(header);
  header[magic.length] = version;
  bodyId.copy(header, magic.length + 1);
  header.write(keyId, magic.length + 1 + bodyIdSize, 'ascii');
  return header;
}

/** Undefined when the bytes are no header of this version. */
export function decodeHeader(bytes: Buffer): SealedHeader | undefined {
  if (bytes.length !== headerSize || !bytes.subarray(0, magic.length).equals(magic)) return undefined;
  if (bytes[magic.length] !== version) return undefined;
  const bodyId = bytes.subarray(magic.length + 1, magic.length + 1 + bodyIdSize);
  const keyId = bytes.toString('ascii', magic.length + 1 + bodyIdSize).replace(/\0+$/, '');
  return { bodyId: Buffer.from(bodyId), keyId };
}

/** Bytes of the sealed form: the header, and 16 bytes a frame; empty content has one empty frame. */
function sealedSize(size: number): number {
  return headerSize + size + tagSize * Math.max(1, Math.ceil(size / frameSize));
}

/** Bytes of the content; undefined when nothing sealed has this size. */
export function contentSize(sealed: number): number | undefined {
  const body = sealed - headerSize;
  const size = body - tagSize * Math.ceil(body / sealedFrameSize);
  return size >= 0 && sealedSize(size) === sealed ? size : undefined;
}

/** The frames that hold the bytes from `start` up to, but without, `end`, and where they lie in the sealed form. */
export function framesOf(start: number, end: number): { first: number; start: number; end: number } {
  const first = Math.floor(start / frameSize);
  const last = Math.max(first, Math.ceil(end / frameSize) - 1);
  return {
    first,
    start: headerSize + first * sealedFrameSize,
    end: headerSize + (last + 1) * sealedFrameSize,
  };
}

/**
 * Seals the bytes in frames of AES-256-GCM (NIST SP 800-38D). The data key is used for these bytes alone, so the number of
 * the frame is a nonce that never comes twice under it. The header, that number and whether the frame is the last are
 * associated data: frames that were cut off, moved, repeated or taken from elsewhere do not open.
 */
export async function* sealFrames(
  bytes: AsyncIterable<Uint8Array>,
  dataKey: Uint8Array,
  header: Buffer,
): AsyncIterable<Uint8Array> {
  yield header;
  let index = 0;
  for await (const { frame, last } of inFrames(bytes, frameSize)) {
    const cipher = createCipheriv('aes-256-gcm', dataKey, nonceOf(index));
    cipher.setAAD(associatedData(header, index, last));
    const sealed = cipher.update(frame);
    cipher.final();
    yield sealed;
    yield cipher.getAuthTag();
    index++;
  }
}

/** Opens frames from number `first` on, the header not among the bytes. Throws when a frame does not open. */
export async function* openFrames(
  bytes: AsyncIterable<Uint8Array>,
  dataKey: Uint8Array,
  options: { header: Buffer; first: number; frames: number },
): AsyncIterable<Uint8Array> {
  let index = options.first;
  for await (const { frame } of inFrames(bytes, sealedFrameSize)) {
    if (frame.length < tagSize || index >= options.frames)
      throw new Error('The sealed content is cut or too long.');
    const decipher = createDecipheriv('aes-256-gcm', dataKey, nonceOf(index));
    decipher.setAAD(associatedData(options.header, index, index === options.frames - 1));
    decipher.setAuthTag(frame.subarray(frame.length - tagSize));
    const opened = decipher.update(frame.subarray(0, frame.length - tagSize));
    decipher.final();
    yield opened;
    index++;
  }
}

/** Cuts a stream into frames of `length` bytes; the last may be shorter, and there is one even of nothing. */
async function* inFrames(
  bytes: AsyncIterable<Uint8Array>,
  length: number,
): AsyncIterable<{ frame: Buffer; last: boolean }> {
  let frame = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  for await (const chunk of bytes) {
    for (let from = 0; from < chunk.length; ) {
      // A full frame waits for the next byte: only then is it known not to be the last.
      if (filled === length) {
        yield { frame, last: false };
        frame = Buffer.allocUnsafeSlow(length);
        filled = 0;
      }
      const part = chunk.subarray(from, from + length - filled);
      frame.set(part, filled);
      filled += part.length;
      from += part.length;
    }
  }
  yield { frame: frame.subarray(0, filled), last: true };
}

function nonceOf(index: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(index), 4);
  return nonce;
}

function associatedData(header: Buffer, index: number, last: boolean): Buffer {
  const position = Buffer.alloc(9);
  position.writeBigUInt64BE(BigInt(index));
  position[8] = last ? 1 : 0;
  return Buffer.concat([header, position]);
}
