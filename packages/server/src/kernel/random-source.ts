import { randomFillSync } from 'node:crypto';

/** The only source of randomness that must not be guessed: ids, tokens, salts. Seeded randomness lives in `@esteira/ml`. */
export interface RandomSource {
  bytes(count: number): Uint8Array;
}

const poolSize = 4096;

export const systemRandom: RandomSource = createSystemRandom();

/** The system is asked for many bytes at once, each of which is given out once: a call costs more than the bytes. */
function createSystemRandom(): RandomSource {
  const pool = Buffer.alloc(poolSize);
  let given = poolSize;
  return {
    bytes(count) {
      const bytes = new Uint8Array(count);
      if (count > poolSize / 4) return randomFillSync(bytes);
      if (given + count > poolSize) {
        randomFillSync(pool);
        given = 0;
      }
      bytes.set(pool.subarray(given, given + count));
      // What was a secret of somebody does not stay behind.
      pool.fill(0, given, given + count);
      given += count;
      return bytes;
    },
  };
}
