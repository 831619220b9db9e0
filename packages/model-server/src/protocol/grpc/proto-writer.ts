/** Writes one message of protocol buffers. Default values are left out, as proto3 does. */
export interface ProtoWriter {
  integer(field: number, value: number): void;
  bool(field: number, value: boolean): void;
  /** A truth value that is one of several choices, so that `false` says something too. */
  choice(field: number, value: boolean): void;
  double(field: number, value: number): void;
  text(field: number, value: string): void;
  /** A text that is one of several choices, so that it is written even when empty. */
  choiceText(field: number, value: string): void;
  /** Written even when empty: elements of a list and present messages are. */
  bytes(field: number, value: Uint8Array): void;
  message(field: number, write: (inner: ProtoWriter) => void): void;
  /** The same in two halves: what is written between is the message. `end` takes what `begin` gave. */
  begin(field: number): number;
  end(begun: number): void;
  /** Signed numbers as one run of varints. */
  packed(field: number, values: ArrayLike<number> | BigInt64Array): void;
  finish(): Buffer;
}

const [varintType, fixed64Type, bytesType] = [0, 1, 2];

const firstLength = 4 * 1024;
/** Room for more than this was for one large message, and is given back. */
const keptLength = 256 * 1024;

/**
 * A writer with `head` bytes free before the message, for whoever frames it. There is one, which is used again for the next
 * message: a message is written in one go, from here to `finish`.
 */
export function createProtoWriter(head = 0): ProtoWriter {
  return theWriter.open(head);
}

const theWriter = createWriter();

function createWriter(): { open(head: number): ProtoWriter } {
  let buffer = Buffer.allocUnsafeSlow(firstLength);
  let at = 0;

  function room(size: number): void {
    if (at + size <= buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(at + size, 2 * buffer.length));
    buffer.copy(larger, 0, 0, at);
    buffer = larger;
  }

  function varint(value: number): void {
    room(10);
    let rest = value;
    while (rest > 127) {
      buffer[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    buffer[at++] = rest;
  }

  /** In two's complement: a negative number takes ten bytes. */
  function signed(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0) {
      varint(value);
      return;
    }
    room(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      buffer[at++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    buffer[at++] = Number(rest);
  }

  function tag(field: number, type: number): void {
    varint(field * 8 + type);
  }

  function begin(field: number): number {
    tag(field, bytesType);
    room(1);
    at += 1;
    return at - 1;
  }

  /** The length stands before what it measures: written behind, then moved when it takes more than one byte. */
  function end(start: number): void {
    const length = at - start - 1;
    if (length > 127) {
      const more = lengthOfVarint(length) - 1;
      room(more);
      buffer.copyWithin(start + 1 + more, start + 1, at);
      at = start;
      varint(length);
      at += length;
    } else buffer[start] = length;
  }

  function writeText(field: number, value: string): void {
    const begun = begin(field);
    // No code unit of a string takes more than three bytes.
    room(3 * value.length);
    at += buffer.write(value, at);
    end(begun);
  }

  const writer: ProtoWriter = {
    integer(field, value) {
      if (value === 0) return;
      tag(field, varintType);
      signed(value);
    },
    bool(field, value) {
      if (!value) return;
      tag(field, varintType);
      varint(1);
    },
    choice(field, value) {
      tag(field, varintType);
      varint(Number(value));
    },
    double(field, value) {
      tag(field, fixed64Type);
      room(8);
      at = buffer.writeDoubleLE(value, at);
    },
    text(field, value) {
      if (value !== '') writeText(field, value);
    },
    choiceText: writeText,
    bytes(field, value) {
      tag(field, bytesType);
      varint(value.length);
      room(value.length);
      buffer.set(value, at);
      at += value.length;
    },
    message(field, write) {
      const begun = begin(field);
      write(writer);
      end(begun);
    },
    ...{ begin, end },
    packed(field, values) {
      const begun = begin(field);
      for (let i = 0; i < values.length; i++) signed(values[i] ?? 0);
      end(begun);
    },
    finish() {
      const message = Buffer.allocUnsafe(at);
      buffer.copy(message, 0, 0, at);
      if (buffer.length > keptLength) buffer = Buffer.allocUnsafeSlow(firstLength);
      return message;
    },
  };
  return {
    open(head) {
      at = head;
      return writer;
    },
  };
}

function lengthOfVarint(value: number): number {
  let length = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) length += 1;
  return length;
}
