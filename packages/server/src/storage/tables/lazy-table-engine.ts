import type { TableEngine } from './table-engine.ts';

/** An engine that is opened by its first statement. */
export interface LazyTableEngine extends TableEngine {
  /** The engine, once something has opened it. */
  opened(): Promise<TableEngine> | undefined;
}

/** Spares a server that is asked nothing of tables the memory and the start of their engine. */
export function createLazyTableEngine(open: () => Promise<TableEngine>): LazyTableEngine {
  let engine: Promise<TableEngine> | undefined;
  let closed = false;

  function get(): Promise<TableEngine> {
    if (closed) return Promise.reject(new Error('The table engine is closed.'));
    engine ??= open().catch((error: unknown) => {
      // What hindered it, a full disk for one, may be over the next time.
      engine = undefined;
      throw error;
    });
    return engine;
  }

  return {
    opened: () => engine,
    query: async (sql, parameters) => (await get()).query(sql, parameters),
    numericColumns: async (sql, parameters) => (await get()).numericColumns(sql, parameters),
    writeParquet: async (select, path, parameters) => (await get()).writeParquet(select, path, parameters),
    async *stream(sql, parameters) {
      yield* (await get()).stream(sql, parameters);
    },
    session: async (body) => (await get()).session(body),
    async close() {
      closed = true;
      await (await engine)?.close();
    },
  };
}
