import { closeSync, fdatasync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** Waits for the disk on behalf of commits, away from the thread that makes them. */
export interface LogFlusher {
  /** Resolves when all that was committed before the call is on the disk. */
  flush(): Promise<void>;
  /** Once no flush is running. */
  close(): void;
}

/**
 * Flushes the write-ahead log of a database, which commits have written without waiting for the disk. A commit is durable
 * once its frames are: the log is read from its beginning after a crash, and SQLite itself waits for the disk before it
 * writes over frames (https://sqlite.org/wal.html#performance_considerations). Calls during one flush share the next.
 */
export function createLogFlusher(
  path: string,
  syncData: (file: number) => Promise<void> = promisify(fdatasync),
): LogFlusher {
  let file: number | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function flushNow(): Promise<void> {
    file ??= openLog(`${path}-wal`);
    await syncData(file);
  }

  function start(): Promise<void> {
    const flushing = flushNow();
    const ended = (): void => {
      if (running === flushing) running = undefined;
    };
    running = flushing;
    flushing.then(ended, ended);
    return flushing;
  }

  async function startAfter(before: Promise<void>): Promise<void> {
    await before.catch(() => undefined);
    next = undefined;
    await start();
  }

  return {
    flush() {
      if (next !== undefined) return next;
      if (running === undefined) return start();
      next = startAfter(running);
      return next;
    },
    close() {
      if (file !== undefined) closeSync(file);
    },
  };
}

/** Its own connections keep the file from being removed or replaced; that it is there at all is an entry of its folder. */
function openLog(path: string): number {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  return openSync(path, 'r+');
}
