import { setTimeout as pause } from 'node:timers/promises';
import type { RandomSource } from '../../../kernel/random-source.ts';
import { isTransient } from './s3-errors.ts';

/** Runs what may fail for a moment up to five times. */
export async function tryAgain<R>(random: RandomSource, work: () => Promise<R>): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 5 || !isTransient(error)) throw error;
      await pauseBefore(random, attempt);
    }
  }
}

/** Half of 100, 200, 400 … ms at least, all of it at most, so that callers that failed together do not come back together. */
export async function pauseBefore(random: RandomSource, attempt: number): Promise<void> {
  const longest = Math.min(5000, 100 * 2 ** (attempt - 1));
  const share = (random.bytes(1)[0] ?? 0) / 255;
  await pause(longest * (0.5 + share / 2));
}
