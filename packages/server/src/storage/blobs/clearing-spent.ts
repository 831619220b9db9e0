/** Sooner, and chunks that are still on their way would be taken for old; later, and the engine begins by itself. */
const bytesBetween = 8 * 2 ** 20;
let passed = 0;

/**
 * Passes chunks on and has the engine clear away those that are spent, every 8 MiB over all streams. Chunks lie outside of
 * its heap, where it looks late and then goes through everything, tens of milliseconds for as many mebibytes; what is young
 * takes half of one. Does nothing in a process that was started without `--expose-gc`.
 */
export async function* clearingSpent(
  bytes: AsyncIterable<Uint8Array>,
  collect = globalThis.gc,
): AsyncIterable<Uint8Array> {
  for await (const chunk of bytes) {
    passed += chunk.length;
    if (passed >= bytesBetween) {
      passed = 0;
      collect?.({ type: 'minor' });
    }
    yield chunk;
  }
}
