import { setTimeout as pause } from 'node:timers/promises';

const patienceMs = 5_000;
const pauseMs = 50;

/** Binds an address; where another process has it, tries for a while: it may be a predecessor that is about to end. */
export async function bindPatiently<T>(bind: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += pauseMs) {
    try {
      return await bind();
    } catch (error) {
      const taken = error instanceof Error && error.message.includes('EADDRINUSE');
      if (!taken || waited >= patienceMs) throw error;
    }
    await pause(pauseMs);
  }
}
