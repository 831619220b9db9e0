/** Longer arrays have memory of their own: it would be a large part of what is shared, or more than it. */
const mostShared = 256;
const sharedBytes = 8 * 1024;

let memory = new ArrayBuffer(sharedBytes);
let bytesOfMemory = new Uint8Array(memory);
let used = 0;

/**
 * Zeros for `count` numbers that live as long as a request. Short arrays share memory: one of
 * its own costs an allocation outside the heap, and its release, for each request. Whoever keeps the array keeps 8 KiB.
 */
export function roomForFloats(count: number): Float32Array {
  if (count > mostShared) return new Float32Array(count);
  const length = 4 * count;
  if (used + length > sharedBytes) {
    memory = new ArrayBuffer(sharedBytes);
    bytesOfMemory = new Uint8Array(memory);
    used = 0;
  }
  const room = new Float32Array(memory, used, count);
  used += length;
  return room;
}

/** A copy of little-endian bytes, whose number is a multiple of four. */
export function copyFloats(bytes: Uint8Array): Float32Array {
  const room = roomForFloats(bytes.length / 4);
  if (room.buffer === memory) bytesOfMemory.set(bytes, room.byteOffset);
  else new Uint8Array(room.buffer).set(bytes);
  return room;
}
