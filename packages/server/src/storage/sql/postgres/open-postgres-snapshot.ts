import { esteiraError } from '../../../kernel/errors.ts';
import { quoteName, type SqlSnapshot } from '../sql-snapshot.ts';
import { openPostgresConnection } from './postgres-connection.ts';
import { connectionProblem, isConnectionLost, toPortError } from './postgres-errors.ts';
import { createStatementNames } from './statement-names.ts';

const chunkRows = 2000;

/**
 * The committed state of a database, through one REPEATABLE READ transaction on a session of its own, which takes no lock
 * that a writer waits for. While it is open the server keeps old versions of rows that are changed meanwhile. Throws
 * DATABASE_UNAVAILABLE.
 */
export async function openPostgresSnapshot(url: string): Promise<SqlSnapshot> {
  const connection = await openPostgresConnection(url, createStatementNames()).catch((error: unknown) => {
    throw isConnectionLost(error)
      ? esteiraError('DATABASE_UNAVAILABLE', { problem: connectionProblem(error) }, error)
      : toPortError(error);
  });
  try {
    await connection.runAll('begin isolation level repeatable read read only');
    // The first statement fixes what the transaction sees.
    const { rows } = await connection.runAll(
      "select table_name as name from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE'",
    );
    const names = rows.map((row) => String(row.name)).sort();

    return {
      engine: 'postgres',
      tables: async () => names,

      async *rows({ name, columns, order }) {
        const list = columns.map(quoteName).join(', ');
        try {
          await connection.runAll(
            `declare chunks no scroll cursor for select ${list} from ${quoteName(name)} order by ${order.map(quoteName).join(', ')}`,
          );
          try {
            for (;;) {
              const fetched = await connection.runAll(`fetch ${chunkRows} from chunks`);
              if (fetched.rows.length > 0)
                yield fetched.rows.map((row) => columns.map((column) => row[column]));
              if (fetched.rows.length < chunkRows) return;
            }
          } finally {
            if (!connection.lost) await connection.runAll('close chunks');
          }
        } catch (error) {
          throw toPortError(error);
        }
      },

      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw toPortError(error);
  }
}
