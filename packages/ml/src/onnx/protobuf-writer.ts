import { varint } from '../varint.ts';

/**
 * Protocol Buffers wire format, writing side (protobuf.dev/programming-guides/encoding): a message is a list
 * of fields, each already encoded by one of these functions.
 */
export type Field = Uint8Array;

export function message(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const field of fields) length += field.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const field of fields) {
    bytes.set(field, at);
    at += field.length;
  }
  return bytes;
}

/** An int64 up to 2^53 in size. */
export function integerField(number: number, value: number): Field {
  return Uint8Array.from([...varint(number * 8), ...signedVarint(value)]);
}

export function bytesField(number: number, value: Uint8Array): Field {
  return message([
    Uint8Array.from([...varint(number * 8 + LENGTH_DELIMITED), ...varint(value.length)]),
    value,
  ]);
}

export function textField(number: number, value: string): Field {
  return bytesField(number, new TextEncoder().encode(value));
}

export function floatField(number: number, value: number): Field {
  return message([Uint8Array.from(varint(number * 8 + FIXED32)), littleEndianFloats([value])]);
}

export function packedFloats(number: number, values: ArrayLike<number>): Field {
  return bytesField(number, littleEndianFloats(values));
}

/** int64 values. */
export function packedIntegers(number: number, values: ArrayLike<number>): Field {
  const bytes: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    bytes.push(...signedVarint(value));
  }
  return bytesField(number, Uint8Array.from(bytes));
}

const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Negative numbers are two's complement, always ten bytes. */
function signedVarint(value: number): number[] {
  if (value >= 0) return varint(value);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

function littleEndianFloats(values: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i] as number, true);
  return new Uint8Array(view.buffer);
}
