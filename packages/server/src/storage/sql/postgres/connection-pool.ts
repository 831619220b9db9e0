import type { SessionUse } from '../sql-database.ts';
import type { PostgresConnection } from './postgres-connection.ts';

/** A bounded number of sessions, opened when needed, each lent to one user at a time. */
export interface ConnectionPool {
  /** In the order of asking; with `first`, before the others who wait. Throws what opening a session threw. */
  take(first?: boolean): Promise<PostgresConnection>;
  /** Takes a session back. One that was lost is dropped. */
  give(connection: PostgresConnection): void;
  /** How many are lent, how many lie ready, and how many users wait for one. */
  use(): SessionUse;
  /** Closes every session once all are back. */
  close(): Promise<void>;
}

interface Waiter {
  lend(connection: PostgresConnection): void;
  openOwn(): void;
}

export function createConnectionPool(deps: {
  size: number;
  open: () => Promise<PostgresConnection>;
}): ConnectionPool {
  const idle: PostgresConnection[] = [];
  const waiting: Waiter[] = [];
  let lent = 0;
  let allBack: (() => void) | undefined;

  async function openLent(): Promise<PostgresConnection> {
    lent++;
    try {
      return await deps.open();
    } catch (error) {
      placeIsFree();
      throw error;
    }
  }

  function placeIsFree(): void {
    lent--;
    const next = waiting.shift();
    if (next !== undefined) next.openOwn();
    else if (lent === 0) allBack?.();
  }

  function takeIdle(): PostgresConnection | undefined {
    for (;;) {
      // The one used last: its caches are warm, and the others grow old enough to be closed by the server.
      const connection = idle.pop();
      if (connection === undefined || !connection.lost) return connection;
    }
  }

  return {
    async take(first = false) {
      const connection = takeIdle();
      if (connection !== undefined) {
        lent++;
        return connection;
      }
      if (lent < deps.size) return openLent();
      return new Promise((resolve, reject) => {
        const waiter = { lend: resolve, openOwn: () => openLent().then(resolve, reject) };
        if (first) waiting.unshift(waiter);
        else waiting.push(waiter);
      });
    },

    give(connection) {
      if (connection.lost) {
        void connection.close();
        return placeIsFree();
      }
      const next = waiting.shift();
      if (next !== undefined) return next.lend(connection);
      lent--;
      idle.push(connection);
      if (lent === 0) allBack?.();
    },

    use: () => ({ busy: lent, idle: idle.length, waiting: waiting.length }),

    async close() {
      if (lent > 0) {
        await new Promise<void>((resolve) => {
          allBack = resolve;
        });
      }
      await Promise.all(idle.splice(0).map((connection) => connection.close()));
    },
  };
}
