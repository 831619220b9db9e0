import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { SqliteConnection } from './sqlite-connection.ts';

/**
 * Kysely over one connection. `admit` is called before each statement: it throws when the statement may not run, or
 * returns a promise to wait for.
 */
export function kyselyOver(
  connection: SqliteConnection,
  admit: () => Promise<void> | undefined,
): Kysely<unknown> {
  const dialect: Dialect = {
    createDriver: () => createDriver(createKyselyConnection(connection, admit)),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (database) => new SqliteIntrospector(database),
  };
  return new Kysely<unknown>({ dialect });
}

function createKyselyConnection(
  connection: SqliteConnection,
  admit: () => Promise<void> | undefined,
): DatabaseConnection {
  async function execute(
    query: CompiledQuery,
  ): Promise<{ rows: Record<string, unknown>[]; changes: bigint | undefined }> {
    const waiting = admit();
    if (waiting !== undefined) await waiting;
    const { rows, changes } = connection.run(query.sql, query.parameters);
    return { rows, changes: changes === undefined ? undefined : BigInt(changes) };
  }

  return {
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      const { rows, changes } = await execute(query);
      return { rows: rows as R[], ...(changes === undefined ? {} : { numAffectedRows: changes }) };
    },
    // A statement left open would hold the snapshot of the shared read connection, and every other reader would see the
    // past; so rows are read at once and only handed out in chunks.
    async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
      const { rows } = await execute(query);
      for (let start = 0; start < rows.length; start += chunkSize) {
        yield { rows: rows.slice(start, start + chunkSize) as R[] };
      }
    },
  };
}

function createDriver(connection: DatabaseConnection): Driver {
  async function refuseTransaction(): Promise<never> {
    throw new Error('Transactions are begun with SqlDatabase.transaction only.');
  }
  return {
    async init() {},
    async acquireConnection() {
      return connection;
    },
    beginTransaction: refuseTransaction,
    commitTransaction: refuseTransaction,
    rollbackTransaction: refuseTransaction,
    async releaseConnection() {},
    async destroy() {},
  };
}
