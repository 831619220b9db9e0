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
  /** The same as the nearest number. */
  number(): number;
  uint64(): bigint;
  bool(): boolean;
  double(): number;
  text(): string;
  bytes(): Buffer;
  /** Goes into a message: what is read next are its fields, until `next` has said that it is at the end. */
  message(): ProtoReader;
  /** Each varint of a list, packed into one run or alone; `take` reads it. */
  varints(take: () => void): void;
  /** The little-endian bytes of floats or doubles (4 or 8 bytes each), packed into one run or alone. */
  fixed(size: 4 | 8): Buffer;
  skip(): void;
}

const [varintType, fixed64Type, bytesType, fixed32Type] = [0, 1, 2, 5];
const deepest = 16;

const nothing = Buffer.alloc(0);
const longest = 7;
/** A text of so few octets is looked through here: a call for it takes longer. */
const short = 48;

/**
 * The reader of a message. There is one, which is used again for the next message: a message is read in one go. Throws
 * INVALID_INFERENCE_REQUEST from any call when the bytes are not a message.
 */
export function readProto(message: Buffer): ProtoReader {
  return theReader.open(message);
}

const theReader = createReader();

function createReader(): { open(message: Buffer): ProtoReader } {
  let buffer: Buffer = nothing;
  let at = 0;
  let to = 0;
  let type: number = varintType;
  /** Ends of the messages around the one that is read. */
  const outer: number[] = [];

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

  /** Passes over a run of bytes; returns its start. */
  function run(): number {
    expect(bytesType);
    return take(varint());
  }

  /** From here to its end, what is read is the run. */
  function enter(): void {
    const start = run();
    if (outer.length >= deepest) throw broken();
    outer.push(to);
    to = at;
    at = start;
  }

  function isAscii(start: number, end: number): boolean {
    for (let place = start; place < end; place++) if ((buffer[place] as number) > 127) return false;
    return true;
  }

  const reader: ProtoReader = {
    next() {
      if (at >= to) {
        to = outer.pop() ?? to;
        return 0;
      }
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
    number() {
      expect(varintType);
      const start = at;
      let value = 0;
      let scale = 1;
      for (let length = 0; length < longest; length++) {
        if (at >= to) throw broken();
        const byte = buffer[at++] as number;
        value += (byte & 127) * scale;
        if (byte < 128) return value;
        scale *= 128;
      }
      at = start;
      return Number(BigInt.asIntN(64, longVarint()));
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
      const start = run();
      if (at - start <= short && isAscii(start, at)) return buffer.toString('latin1', start, at);
      if (!isUtf8(buffer.subarray(start, at))) throw invalidRequest('a text of the message is not UTF-8');
      return buffer.toString('utf8', start, at);
    },
    bytes() {
      const start = run();
      return buffer.subarray(start, at);
    },
    message() {
      enter();
      return reader;
    },
    varints(each) {
      if (type !== bytesType) {
        each();
        return;
      }
      enter();
      type = varintType;
      while (at < to) each();
      to = outer.pop() ?? to;
    },
    fixed(size) {
      if (type !== bytesType) expect(size === 4 ? fixed32Type : fixed64Type);
      const start = type === bytesType ? run() : take(size);
      if ((at - start) % size !== 0) throw broken();
      return buffer.subarray(start, at);
    },
    skip() {
      if (type === varintType) varint();
      else if (type === fixed64Type) take(8);
      else if (type === bytesType) run();
      else if (type === fixed32Type) take(4);
      else throw broken();
    },
  };
  return {
    open(message) {
      buffer = message;
      at = 0;
      to = message.length;
      outer.length = 0;
      return reader;
    },
  };
}

function broken() {
  return invalidRequest('the message is not one of protocol buffers');
}
