export interface SharedReads {
  /**
   * The answer to what `key` says; `work` resolves with its JSON and is given the key as one text. The parts of the key are
   * everything the answer depends on, who may see it included.
   */
  read(key: readonly unknown[], work: (key: string) => Promise<string>): Promise<Uint8Array>;
}

/**
 * Callers who ask the same at the same time share one answer. It is read after the last of them has asked, so that nobody
 * sees less than what was there when they did: who asks while an answer is read waits for the next.
 */
export function createSharedReads(): SharedReads {
  const waiting = new Map<string, Promise<Uint8Array>>();
  const reading = new Map<string, Promise<unknown>>();

  async function readNext(key: string, work: (key: string) => Promise<string>): Promise<Uint8Array> {
    // The callers of this turn of the event loop go together.
    await new Promise((resolve) => setImmediate(resolve));
    await reading.get(key)?.catch(() => undefined);
    waiting.delete(key);
    const read = work(key);
    reading.set(key, read);
    try {
      return Buffer.from(await read);
    } finally {
      if (reading.get(key) === read) reading.delete(key);
    }
  }

  return {
    read(parts, work) {
      const key = JSON.stringify(parts);
      const shared = waiting.get(key);
      if (shared !== undefined) return shared;
      const next = readNext(key, work);
      waiting.set(key, next);
      return next;
    },
  };
}
