import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** A few connections of one instance; who finds none free waits for its turn. */
interface ConnectionPool {
  take(): Promise<DuckDBConnection>;
  giveBack(connection: DuckDBConnection): void;
  use<R>(work: (connection: DuckDBConnection) => Promise<R>): Promise<R>;
  /** Waits for the connections that are out. */
  close(): Promise<void>;
}

// The threads of the instance do the work whatever the number of connections; more would only share out the memory.
const maxConnections = 4;

export function createConnectionPool(instance: DuckDBInstance): ConnectionPool {
  const free: DuckDBConnection[] = [];
  const waiting: ((connection: DuckDBConnection) => void)[] = [];
  let count = 0;
  let closed = false;

  async function take(): Promise<DuckDBConnection> {
    if (closed) throw new Error('The table engine is closed.');
    return next();
  }

  async function next(): Promise<DuckDBConnection> {
    const connection = free.pop();
    if (connection !== undefined) return connection;
    if (count >= maxConnections) return new Promise((resolve) => waiting.push(resolve));
    count++;
    return instance.connect();
  }

  function giveBack(connection: DuckDBConnection): void {
    const resume = waiting.shift();
    if (resume === undefined) free.push(connection);
    else resume(connection);
  }

  return {
    take,
    giveBack,
    async use(work) {
      const connection = await take();
      try {
        return await work(connection);
      } finally {
        giveBack(connection);
      }
    },
    async close() {
      closed = true;
      for (; count > 0; count--) (await next()).closeSync();
    },
  };
}
