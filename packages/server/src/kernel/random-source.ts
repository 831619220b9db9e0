import { randomBytes } from 'node:crypto';

/** The only source of randomness that must not be guessed: ids, tokens, salts. Seeded randomness lives in `@esteira/ml`. */
export interface RandomSource {
  bytes(count: number): Uint8Array;
}

export const systemRandom: RandomSource = { bytes: (count) => randomBytes(count) };
