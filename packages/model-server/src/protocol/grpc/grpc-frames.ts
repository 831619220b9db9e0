import { type Packing, unpackBytes } from '../unpack-bytes.ts';
import { GrpcError, grpcStatus } from './grpc-status.ts';

/** Before each message: one byte that tells whether it is compressed, four for its length. */
export const prefixBytes = 5;

export type Encoding = 'identity' | Packing;

/** What is understood, as the header tells it. */
export const acceptedEncodings = 'identity,gzip,deflate';

/** Throws GrpcError UNIMPLEMENTED for an encoding that is not understood. */
export function parseEncoding(header: string | string[] | undefined): Encoding {
  if (header === undefined || header === 'identity') return 'identity';
  if (header === 'gzip' || header === 'deflate') return header;
  throw new GrpcError(
    grpcStatus.unimplemented,
    `grpc-encoding ${String(header)} is not one of ${acceptedEncodings}`,
  );
}

/** The one message of a unary call. Throws GrpcError. */
export function readFrame(body: Buffer, encoding: Encoding, limit: number): Buffer {
  if (body.length < prefixBytes) throw new GrpcError(grpcStatus.invalidArgument, 'the call has no message');
  const length = body.readUInt32BE(1);
  if (length > limit) throw tooLarge(limit);
  if (body.length !== prefixBytes + length)
    throw new GrpcError(grpcStatus.invalidArgument, 'the call does not have exactly one whole message');
  const message = body.subarray(prefixBytes);
  if (body[0] === 0) return message;
  if (body[0] !== 1 || encoding === 'identity')
    throw new GrpcError(grpcStatus.internal, 'the message is compressed, but no encoding was named');
  return unpack(message, encoding, limit);
}

/** Fills in the prefix of an uncompressed message that was written with free bytes before it. */
export function frame(message: Buffer): Buffer {
  message[0] = 0;
  message.writeUInt32BE(message.length - prefixBytes, 1);
  return message;
}

function unpack(message: Buffer, packing: Packing, limit: number): Buffer {
  const unpacked = unpackBytes(message, packing, limit);
  if (unpacked === 'larger') throw tooLarge(limit);
  if (unpacked === 'broken')
    throw new GrpcError(grpcStatus.invalidArgument, 'the message cannot be decompressed');
  return unpacked;
}

export function tooLarge(limit: number): GrpcError {
  return new GrpcError(grpcStatus.resourceExhausted, `the message is larger than ${limit} bytes`);
}
