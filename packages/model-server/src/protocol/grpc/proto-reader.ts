import { isUtf8 } from 'node:buffer';
import { invalidRequest } from '../../inference-error.ts';

/** Reads the fields of one message of protocol buffers (protobuf.dev/programming-guides/encoding) from its bytes. */
export interface ProtoReader {
  /** Number of the next field; 0 at the end. Its value must then be read, or skipped. */
  next(): number;
  /** A varint as a whole number; exact below 2^53. */
  integer(): number;
  /** A varint as 64 bits with sign. */
  int64(): bigint;
  uint64(): bigint;
  bool(): boolean;
  double(): number;
  text(): string;
  bytes(): Buffer;
  message(): ProtoReader;
  /** Each varint of a list, packed into one run or alone; `take` reads it from what it is given. */
  varints(take: (inner: ProtoReader) => void): void;
  /** The little-endian bytes of floats or doubles (4 or 8 bytes each), packed into one run or alone. */
  fixed(size: 4 | 8): Buffer;
  more(): boolean;
  skip(): void;
}

const [varintType, fixed64Type, bytesType, fixed32Type] = [0, 1, 2, 5];
const deepest = 16;

/** Throws INVALID_INFERENCE_REQUEST from any call when the bytes are not a message. */
export function readProto(buffer: Buffer, from = 0, to = buffer.length, depth = 0): ProtoReader {
  if (depth > deepest) throw broken();
  let at = from;
  let type: number = varintType;

  function varint(): number {
    let value = 0;
    let scale = 1;
    for (let length = 0; length < 10; length++) {
      if (at >= to) throw broken();
      const byte = buffer[at] ?? 0;
      at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw broken();
  }

  function longVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= to) throw broken();
      const byte = buffer[at] ?? 0;
      at += 1;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw broken();
  }

  function expect(wanted: number): void {
    if (type !== wanted) throw broken();
  }

  function take(size: number): number {
    if (size > to - at) throw broken();
    at += size;
    return at - size;
  }

  function run(): [start: number, end: number] {
    expect(bytesType);
    const start = take(varint());
    return [start, at];
  }

  const reader: ProtoReader = {
    next() {
      if (at >= to) return 0;
      const tag = varint();
      type = tag % 8;
      const field = Math.floor(tag / 8);
      if (field === 0 || field >= 2 ** 29) throw broken();
      return field;
    },
    integer() {
      expect(varintType);
      return varint();
    },
    int64() {
      expect(varintType);
      return BigInt.asIntN(64, longVarint());
    },
    uint64() {
      expect(varintType);
      return BigInt.asUintN(64, longVarint());
    },
    bool() {
      expect(varintType);
      return longVarint() !== 0n;
    },
    double() {
      expect(fixed64Type);
      return buffer.readDoubleLE(take(8));
    },
    text() {
      const [start, end] = run();
      if (!isUtf8(buffer.subarray(start, end))) throw invalidRequest('a text of the message is not UTF-8');
      return buffer.toString('utf8', start, end);
    },
    bytes() {
      const [start, end] = run();
      return buffer.subarray(start, end);
    },
    message() {
      const [start, end] = run();
      return readProto(buffer, start, end, depth + 1);
    },
    varints(each) {
      if (type !== bytesType) {
        each(reader);
        return;
      }
      const [start, end] = run();
      const inner = readProto(buffer, start, end, depth + 1);
      while (inner.more()) each(inner);
    },
    fixed(size) {
      if (type !== bytesType) expect(size === 4 ? fixed32Type : fixed64Type);
      const [start, end] = type === bytesType ? run() : [take(size), at];
      if ((end - start) % size !== 0) throw broken();
      return buffer.subarray(start, end);
    },
    more: () => at < to,
    skip() {
      if (type === varintType) varint();
      else if (type === fixed64Type) take(8);
      else if (type === bytesType) run();
      else if (type === fixed32Type) take(4);
      else throw broken();
    },
  };
  return reader;
}

function broken() {
  return invalidRequest('the message is not one of protocol buffers');
}
