import { unfinishedRestore } from '../storage/sql/migrator.ts';
import type { SqlDatabase, SqlTransaction } from '../storage/sql/sql-database.ts';

interface ProgressTables {
  migrations: { name: string; applied_at: number };
  restored_tables: { name: string; rows: number };
}

/**
 * The name of the archive that a restore was begun with; undefined when none is under way. Where a restore stands is kept in
 * the database it fills. While it is under way a row among the migrations, of a name no release knows, keeps every server
 * from starting on a half of the data.
 */
export async function findRestore(database: SqlDatabase): Promise<string | undefined> {
  const row = await database
    .query<ProgressTables>()
    .selectFrom('migrations')
    .select('name')
    .where('name', 'like', `${unfinishedRestore}%`)
    .executeTakeFirst();
  return row?.name.slice(unfinishedRestore.length);
}

export async function beginRestore(database: SqlDatabase, archive: string, at: number): Promise<void> {
  await database.transaction(async (tx) => {
    await tx
      .query<ProgressTables>()
      .schema.createTable('restored_tables')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('rows', 'bigint', (column) => column.notNull())
      .execute();
    await tx
      .query<ProgressTables>()
      .insertInto('migrations')
      .values({ name: `${unfinishedRestore}${archive}`, applied_at: at })
      .execute();
  });
}

/** How many rows of each table have been written. */
export async function rowsWritten(database: SqlDatabase): Promise<ReadonlyMap<string, number>> {
  const rows = await database.query<ProgressTables>().selectFrom('restored_tables').selectAll().execute();
  return new Map(rows.map((row) => [row.name, row.rows]));
}

/** In the transaction that writes the rows, so that a restore that is cut short goes on after exactly these. */
export async function noteRowsWritten(tx: SqlTransaction, table: string, rows: number): Promise<void> {
  await tx
    .query<ProgressTables>()
    .insertInto('restored_tables')
    .values({ name: table, rows })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ rows }))
    .execute();
}

/** From here on a server may start. */
export async function endRestore(tx: SqlTransaction): Promise<void> {
  await tx
    .query<ProgressTables>()
    .deleteFrom('migrations')
    .where('name', 'like', `${unfinishedRestore}%`)
    .execute();
  await tx.query<ProgressTables>().schema.dropTable('restored_tables').execute();
}
