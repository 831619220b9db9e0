import { longestFloat32Text, writeFloat32 } from './float32-text.ts';

/** Text that grows in bytes which are used again and again: what many requests write leaves nothing to clear away. */
export interface LineBuffer {
  /** Appends a text as UTF-8. */
  text(value: string): void;
  /** Appends the bytes from `start` to before `end`. */
  bytes(source: Uint8Array, start: number, end: number): void;
  /** Appends the numbers from `start` to before `end` as JSON with commas between them; what is not finite is null. */
  floats(source: Float32Array, start: number, end: number): void;
  /** All that was appended, in the memory that what comes later is written to. */
  written(): Buffer;
  /** Forgets all that was appended. */
  clear(): void;
}

const comma = 0x2c;
const firstLength = 64 * 1024;
/** Room that one large batch took is given back. */
const keptLength = 1024 * 1024;

export function createLineBuffer(): LineBuffer {
  let buffer = Buffer.allocUnsafeSlow(firstLength);
  let used = 0;

  function makeRoom(length: number): void {
    if (used + length <= buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.length, used + length));
    buffer.copy(larger, 0, 0, used);
    buffer = larger;
  }

  return {
    text(value) {
      // No code unit of a string takes more than three bytes.
      makeRoom(3 * value.length);
      used += buffer.write(value, used);
    },
    bytes(source, start, end) {
      makeRoom(end - start);
      buffer.set(source.subarray(start, end), used);
      used += end - start;
    },
    floats(source, start, end) {
      makeRoom((end - start) * (longestFloat32Text + 1));
      for (let i = start; i < end; i++) {
        const value = source[i] as number;
        if (i > start) buffer[used++] = comma;
        if (Number.isFinite(value)) used = writeFloat32(buffer, used, value);
        else used += buffer.write('null', used);
      }
    },
    written: () => buffer.subarray(0, used),
    clear() {
      used = 0;
      if (buffer.length > keptLength) buffer = Buffer.allocUnsafeSlow(firstLength);
    },
  };
}
