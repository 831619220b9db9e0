import { MlInputError } from '../ml-input-error.ts';

/**
 * Protocol Buffers wire format, reading side. Nothing is copied: bytes are views into the message. Every
 * read is checked against the end, so a cut or hostile message ends in ONNX_MALFORMED and not in garbage.
 */
export interface WireField {
  readonly number: number;
  /** Varint fields: the value, exact up to 2^53 (two's complement int64). Fixed-size fields: unused. */
  readonly integer: number;
  /** Length-delimited and fixed-size fields: the payload. Varint fields: empty. */
  readonly bytes: Uint8Array;
  readonly wireType: number;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** @throws MlInputError ONNX_MALFORMED */
export function* readFields(message: Uint8Array): Generator<WireField> {
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const tag = readVarint(message, cursor);
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (number < 1 || number > 536870911) malformed(`field number ${number}`);
    if (wireType === VARINT) {
      yield { number, wireType, integer: readVarint(message, cursor), bytes: NOTHING };
      continue;
    }
    yield {
      number,
      wireType,
      integer: 0,
      bytes: take(message, cursor, payloadLength(message, cursor, wireType)),
    };
  }
}

/** Repeated int64, packed or one by one. */
export function appendIntegers(field: WireField, into: number[]): void {
  if (field.wireType === VARINT) {
    into.push(field.integer);
    return;
  }
  expectWire(field, LENGTH_DELIMITED);
  const cursor = { at: 0 };
  while (cursor.at < field.bytes.length) into.push(readVarint(field.bytes, cursor));
}

/** Repeated float, packed or one by one. */
export function appendFloats(field: WireField, into: number[]): void {
  if (field.wireType !== FIXED32) expectWire(field, LENGTH_DELIMITED);
  if (field.bytes.length % 4 !== 0) malformed('a packed float list of odd length');
  const view = viewOf(field.bytes);
  for (let at = 0; at < field.bytes.length; at += 4) into.push(view.getFloat32(at, true));
}

/** Repeated double, packed or one by one. */
export function appendDoubles(field: WireField, into: number[]): void {
  if (field.wireType !== FIXED64) expectWire(field, LENGTH_DELIMITED);
  if (field.bytes.length % 8 !== 0) malformed('a packed double list of odd length');
  const view = viewOf(field.bytes);
  for (let at = 0; at < field.bytes.length; at += 8) into.push(view.getFloat64(at, true));
}

export function integerOf(field: WireField): number {
  expectWire(field, VARINT);
  return field.integer;
}

export function floatOf(field: WireField): number {
  expectWire(field, FIXED32);
  return viewOf(field.bytes).getFloat32(0, true);
}

export function bytesOf(field: WireField): Uint8Array {
  expectWire(field, LENGTH_DELIMITED);
  return field.bytes;
}

/** Invalid UTF-8 becomes U+FFFD, as names are only compared and shown. */
export function textOf(field: WireField): string {
  return UTF8.decode(bytesOf(field));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function malformed(what: string): never {
  throw new MlInputError('ONNX_MALFORMED', `The file is not a readable ONNX model: ${what}.`);
}

const NOTHING = new Uint8Array(0);
const UTF8 = new TextDecoder();

function expectWire(field: WireField, wireType: number): void {
  if (field.wireType !== wireType) malformed(`field ${field.number} has wire type ${field.wireType}`);
}

function payloadLength(message: Uint8Array, cursor: { at: number }, wireType: number): number {
  if (wireType === LENGTH_DELIMITED) return readVarint(message, cursor);
  if (wireType === FIXED64) return 8;
  if (wireType === FIXED32) return 4;
  return malformed(`wire type ${wireType}`);
}

function take(message: Uint8Array, cursor: { at: number }, length: number): Uint8Array {
  const end = cursor.at + length;
  if (length < 0 || end > message.length) malformed('a field reaches beyond the end');
  const bytes = message.subarray(cursor.at, end);
  cursor.at = end;
  return bytes;
}

function readVarint(bytes: Uint8Array, cursor: { at: number }): number {
  let low = 0; // bits 0 … 27
  let middle = 0; // bits 28 … 55
  let high = 0; // bits 56 … 63
  for (let i = 0; i < 10; i++) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) malformed('a number is cut off');
    const bits = byte & 127;
    if (i < 4) low |= bits << (7 * i);
    else if (i < 8) middle |= bits << (7 * (i - 4));
    else high |= bits << (7 * (i - 8));
    if (byte >= 128) continue;
    if (high < 128) return low + middle * 2 ** 28 + high * 2 ** 56;
    // Bit 63 is set: a negative int64, as a distance below 0 so that small negatives stay exact.
    const below = 2 ** 28 - low + (2 ** 28 - 1 - middle) * 2 ** 28;
    return -below - (255 - (high & 255)) * 2 ** 56;
  }
  return malformed('a number has more than ten bytes');
}
