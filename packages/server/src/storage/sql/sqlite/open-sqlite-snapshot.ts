import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { quoteName, type SqlSnapshot } from '../sql-snapshot.ts';

// A chunk is read without giving way to anything else: some milliseconds.
const chunkRows = 2000;

/**
 * The committed state of a database file, through a read transaction on a connection of its own: a reader of the
 * write-ahead log blocks no writer, in this process or another. While it is open the log cannot be shortened, so it grows
 * with what is written meanwhile.
 */
export async function openSqliteSnapshot(path: string): Promise<SqlSnapshot> {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  database.exec('begin');
  // The transaction takes its place in the log with its first read.
  const names = readNames(database);

  return {
    engine: 'sqlite',
    tables: async () => names,

    async *rows({ name, columns, order }) {
      const statement = database.prepare(
        `select ${columns.map(quoteName).join(', ')} from ${quoteName(name)} order by ${order.map(quoteName).join(', ')}`,
      );
      statement.setReturnArrays(true);
      let chunk: unknown[][] = [];
      for (const row of statement.iterate() as Iterable<unknown>) {
        chunk.push(row as unknown[]);
        if (chunk.length < chunkRows) continue;
        yield chunk;
        chunk = [];
        await nextTurn();
      }
      if (chunk.length > 0) yield chunk;
    },

    async close() {
      database.close();
    },
  };
}

function readNames(database: DatabaseSync): readonly string[] {
  const rows = database
    .prepare(
      "select name from sqlite_schema where type = 'table' and name not like 'sqlite!_%' escape '!' order by name",
    )
    .all();
  return rows.map((row) => String(row.name));
}
