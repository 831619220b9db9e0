import { EsteiraError } from '../kernel/errors.ts';

/**
 * Work that catches up with what was written, for callers who wait until it has: each call resolves when a run of the work
 * that began after it has ended, and those that come while one goes on share the next. On a full disk what was written stays
 * behind, so that people can still look around.
 */
export function settleTogether(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  async function settleNext(before: Promise<void>): Promise<void> {
    await before.catch(() => undefined);
    next = undefined;
    running = work();
    try {
      await running;
    } catch (error) {
      if (!(error instanceof EsteiraError) || error.code !== 'STORAGE_FULL') throw error;
    }
  }

  return () => {
    next ??= settleNext(running);
    return next;
  };
}
