/** What is wrong with bytes that should be a message. */
export class MalformedMessage extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'MalformedMessage';
  }
}

/**
 * Reads the fields of a message in the wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding) where it
 * lies, without copies. Throws `MalformedMessage`.
 */
export interface ProtobufReader {
  /** The number of the next field, or 0 at the end of the message. Its value must be read or skipped before the next. */
  field(): number;
  /** Throws unless the field is of the wire type that the schema says. */
  text(): string;
  hex(): string;
  base64(): string;
  /** An unsigned number of at most 32 bits that matter. */
  uint32(): number;
  bool(): boolean;
  /** A signed integer of 64 bits: a number where it is exact, else its digits. */
  int64(): number | string;
  /** An unsigned integer of 64 fixed bits, in digits. */
  fixed64(): string;
  fixed32(): number;
  double(): number;
  /** Reads the message that the field holds. */
  message<T>(read: () => T): T;
  skip(): void;
  /** Where the message of the field lies; goes on behind it. */
  place(): { readonly from: number; readonly to: number };
  /** Goes on with the message that lies there, as if there were nothing else. */
  moveTo(from: number, to: number): void;
}

const deepest = 100;

/** A reader at the beginning of the bytes. */
export function readProtobuf(bytes: Buffer): ProtobufReader {
  let position = 0;
  let end = bytes.length;
  let wireType = 0;
  let depth = 0;

  function varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      if (position >= end) throw new MalformedMessage('it ends within a number');
      const byte = bytes[position++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw new MalformedMessage('a number has more than 64 bits');
  }

  function expect(type: number): void {
    if (wireType !== type) throw new MalformedMessage('a field is of another type than the schema says');
  }

  /** Where the bytes of the field end. */
  function span(): number {
    expect(2);
    const length = varint();
    const stop = position + length;
    if (stop > end) throw new MalformedMessage('a field is longer than its message');
    return stop;
  }

  function take(count: number): number {
    const start = position;
    position += count;
    if (position > end) throw new MalformedMessage('it ends within a number');
    return start;
  }

  function slice(encoding: 'utf8' | 'hex' | 'base64'): string {
    const stop = span();
    const text = bytes.toString(encoding, position, stop);
    position = stop;
    return text;
  }

  return {
    field() {
      if (position >= end) return 0;
      const tag = varint();
      wireType = tag & 7;
      const number = Math.floor(tag / 8);
      if (number < 1 || number > 536_870_911) throw new MalformedMessage('a field has an impossible number');
      return number;
    },
    text: () => slice('utf8'),
    hex: () => slice('hex'),
    base64: () => slice('base64'),
    uint32() {
      expect(0);
      return varint() % 4_294_967_296;
    },
    bool() {
      expect(0);
      return varint() !== 0;
    },
    int64() {
      expect(0);
      const start = position;
      const value = varint();
      if (value <= Number.MAX_SAFE_INTEGER) return value;
      const exact = exactVarint(bytes, start, position);
      const number = Number(exact);
      return Number.isSafeInteger(number) ? number : exact.toString();
    },
    fixed64() {
      expect(1);
      return bytes.readBigUInt64LE(take(8)).toString();
    },
    fixed32() {
      expect(5);
      return bytes.readUInt32LE(take(4));
    },
    double() {
      expect(1);
      return bytes.readDoubleLE(take(8));
    },
    message(read) {
      const stop = span();
      const outer = end;
      depth++;
      if (depth > deepest) throw new MalformedMessage('messages lie too deep in each other');
      end = stop;
      const value = read();
      if (position !== stop) throw new MalformedMessage('a message was not read to its end');
      end = outer;
      depth--;
      return value;
    },
    skip() {
      if (wireType === 0) varint();
      else if (wireType === 1) take(8);
      else if (wireType === 2) position = span();
      else if (wireType === 5) take(4);
      else throw new MalformedMessage('a field is of a type that there is not');
    },
    place() {
      const to = span();
      const from = position;
      position = to;
      return { from, to };
    },
    moveTo(from, to) {
      position = from;
      end = to;
      depth = 0;
    },
  };
}

function exactVarint(bytes: Buffer, start: number, stop: number): bigint {
  let value = 0n;
  for (let index = stop - 1; index >= start; index--)
    value = (value << 7n) | BigInt((bytes[index] ?? 0) & 127);
  return BigInt.asIntN(64, value);
}
