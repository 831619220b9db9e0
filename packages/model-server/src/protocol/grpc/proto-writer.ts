/** Writes one message of protocol buffers. Default values are left out, as proto3 does. */
export interface ProtoWriter {
  integer(field: number, value: number): void;
  bool(field: number, value: boolean): void;
  /** A truth value that is one of several choices, so that `false` says something too. */
  choice(field: number, value: boolean): void;
  double(field: number, value: number): void;
  text(field: number, value: string): void;
  /** Written even when empty: elements of a list and present messages are. */
  bytes(field: number, value: Uint8Array): void;
  message(field: number, write: (inner: ProtoWriter) => void): void;
  /** Signed numbers as one run of varints. */
  packed(field: number, values: ArrayLike<number> | BigInt64Array): void;
  finish(): Buffer;
}

const [varintType, fixed64Type, bytesType] = [0, 1, 2];

/** `head` bytes are left free before the message, for whoever frames it. */
export function createProtoWriter(head = 0): ProtoWriter {
  let buffer = Buffer.allocUnsafe(512);
  let at = head;

  function room(size: number): void {
    if (at + size <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(at + size, 2 * buffer.length));
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

  /** The length stands before what it measures: written behind, then moved when it takes more than one byte. */
  function measured(field: number, write: () => void): void {
    tag(field, bytesType);
    room(1);
    const start = at;
    at += 1;
    write();
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
      if (value === '') return;
      const length = Buffer.byteLength(value);
      tag(field, bytesType);
      varint(length);
      room(length);
      at += buffer.write(value, at, length, 'utf8');
    },
    bytes(field, value) {
      tag(field, bytesType);
      varint(value.length);
      room(value.length);
      buffer.set(value, at);
      at += value.length;
    },
    message: (field, write) => measured(field, () => write(writer)),
    packed(field, values) {
      measured(field, () => {
        for (let i = 0; i < values.length; i++) signed(values[i] ?? 0);
      });
    },
    finish: () => buffer.subarray(0, at),
  };
  return writer;
}

function lengthOfVarint(value: number): number {
  let length = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) length += 1;
  return length;
}
