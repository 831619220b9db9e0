import {
  type CompiledQuery,
  type Dialect,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { createKyselyDriver, type StatementRunner } from '../kysely-driver.ts';
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
    createDriver: () => createKyselyDriver(createRunner(connection, admit)),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (database) => new SqliteIntrospector(database),
  };
  return new Kysely<unknown>({ dialect });
}

function createRunner(connection: SqliteConnection, admit: () => Promise<void> | undefined): StatementRunner {
  async function run(query: CompiledQuery) {
    const waiting = admit();
    if (waiting !== undefined) await waiting;
    const { rows, changes } = connection.run(query.sql, query.parameters);
    return { rows, changes: changes === undefined ? undefined : BigInt(changes) };
  }
  return {
    run,
    // A statement left open would hold the snapshot of the shared read connection, and every other reader would see the
    // past; so rows are read at once and only handed out in chunks.
    async *stream(query, chunkSize) {
      const { rows } = await run(query);
      for (let start = 0; start < rows.length; start += chunkSize) yield rows.slice(start, start + chunkSize);
    },
  };
}
